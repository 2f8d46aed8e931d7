//! The protocol of each machine, in the wire's own words: scripts in `traces`, each with the whole exchange that follows.
//! They are meant to be read; every message, moment and number in them comes from the code that ships.
//!
//! The form is that of etcd/raft's `testdata`: commands, then `----`, then what came of them, up to an empty line. Lines
//! that begin with `#` are comments. `just golden` writes everything below the `----` anew; the difference to what was
//! there is then the reviewer's to judge. Without that, a difference fails this test and is shown.
//!
//! | command | effect |
//! | --- | --- |
//! | `cluster log n0 n1 latency=100ms round=400ms` | these nodes, none started yet, run this machine |
//! | `start`, `start n1` | starts and initialises all nodes, or one: each in a life of its own, numbered 1, 2, 3, … |
//! | `c1 -> n1 {"type":"read"}` | a client, or a service, says this; it arrives at once, as clients have no latency |
//! | `wait 400ms` | lets time pass |
//! | `settle` | lets time pass until nothing is on its way and no node has anything left to do |
//! | `cut n0 n1`, `mend n0 n1` | the link loses whatever is sent, both ways; or works again |
//! | `lose n1 -> n0`, `repeat …`, `hold …` | the message on its way, or else the next, is lost, arrives twice, or waits … |
//! | `release n1 -> n0` | … until now |
//! | `restart n1` | kills the node and starts it again with nothing but a new life, and its journal, if it has one |
//!
//! With `journal_slack=2000` nodes keep journals, which may always grow by so many bytes before they are written anew.
//!
//! Below the `----`, `120 ms n1 -> n0 #3 {…}` is a message as it is sent, and `220 ms n0 gets #3` its arrival. All nodes'
//! clocks agree with the script's, though none of them knows that.
#![allow(clippy::unwrap_used, reason = "this is a test, helpers and all")]

mod script;
mod world;

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;

#[test]
fn every_exchange_is_as_it_is_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/traces");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "this test could not fail");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let told = script::retell(&text).unwrap_or_else(|wrong| panic!("{}, {wrong}", file.display()));
        expect_file![file].assert_eq(&told);
    }
}
