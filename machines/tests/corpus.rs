//! Replays the fuzzers' corpora (`fuzz/`), each input of each target, without a fuzzer.

use std::fs;
use std::path::Path;

use machines::{Broadcast, Counter, CounterKv, Echo, GSet, Log, Txn, UniqueIds};

#[path = "../../fuzz/src/decode.rs"]
pub mod decode;
#[path = "../../fuzz/src/life.rs"]
pub mod life;

/// Gives each input of the target's corpus to what the target does with it.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut inputs = 0;
    for entry in fs::read_dir(folder).expect("a folder for each target") {
        let path = entry.expect("a folder that can be listed").path();
        println!("{}", path.display());
        check(&fs::read(path).expect("an input that can be read"));
        inputs += 1;
    }
    assert!(inputs > 0, "an empty corpus tests nothing");
}

#[test]
fn every_line_ever_found_is_decoded_as_the_oracle_decodes_it() {
    replay("decode", decode::decode);
}

#[test]
fn an_echo_node_survives_every_life_ever_found() {
    replay("node_echo", life::live::<Echo>);
}

#[test]
fn a_unique_ids_node_survives_every_life_ever_found() {
    replay("node_unique_ids", life::live::<UniqueIds>);
}

#[test]
fn a_broadcast_node_survives_every_life_ever_found() {
    replay("node_broadcast", life::live::<Broadcast>);
}

#[test]
fn a_set_node_survives_every_life_ever_found() {
    replay("node_g_set", life::live::<GSet>);
}

#[test]
fn a_counter_node_survives_every_life_ever_found() {
    replay("node_counter", life::live::<Counter>);
}

#[test]
fn a_counter_kv_node_survives_every_life_ever_found() {
    replay("node_counter_kv", life::live::<CounterKv>);
}

#[test]
fn a_log_node_survives_every_life_ever_found() {
    replay("node_log", life::live::<Log>);
}

#[test]
fn a_transaction_node_survives_every_life_ever_found() {
    replay("node_txn", life::live::<Txn>);
}
