//! Where bytes meet the world: one thread that feeds a [`machines::Node`] what comes in on stdin and lets it speak on
//! stdout.
//!
//! Everything that a node *does* is in [`machines`]; this crate decides only when. It is the sole place that knows a
//! clock, a random seed, files and a command line.
//!
//! | module | what it is |
//! | --- | --- |
//! | `arguments` | the command line: a machine's own options, `--help`, `--version` |
//! | `lines` | bytes to lines, without copies and without holding a line that is too long (sans-IO) |
//! | `outgoing` | what is still to be written, and when there is too much of it (sans-IO) |
//! | `standard_streams` | stdin, stdout and stderr as what they are: pipes, files, terminals |
//! | `memory` | what a node must not forget, on a disk (`--data`) |
//! | `folder` | a node's folder, and the system calls on it |
//! | `event_loop` | one `mio::Poll` over stdin, stdout and the node's next deadline |
//!
//! A node's `main` is one call of [`run`]; the programs are in `src/bin`. They run under Maelstrom, and under the
//! [`workbench`](../workbench/index.html), which starts them, plays their network and judges what they do.
//!
//! # What a node stands on
//!
//! All that is linked into the programs and not from this repository; a test (`driver/tests/architecture.rs`) holds the list
//! to what cargo says.
//!
//! | crates | for what |
//! | --- | --- |
//! | `serde`, `serde_core`, `serde_json`, `itoa`, `zmij` | JSON |
//! | `smallvec`, `hashbrown`, `foldhash` | short lists in place, lookups |
//! | `memchr` | newlines |
//! | `crc32fast`, `cfg-if` | checksums of journals |
//! | `mio`, `libc`, `log` | the event loop |
//! | `rustix`, `bitflags`, `linux-raw-sys` | what streams are, and whether they would block |
//! | `lexopt` | the command line |

mod arguments;
mod event_loop;
mod folder;
mod lines;
mod memory;
mod outgoing;
mod standard_streams;

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use machines::{Machine, Node};

pub use arguments::{Arguments, parse_duration};
use arguments::{Command, Program};
use event_loop::{EventLoop, Failure};
use memory::Memory;
use standard_streams::{Diagnostics, say};

/// What a node's `main` does: reads the command line, then serves until the end of its input.
///
/// Exit status: 0 at the end of input and when nobody reads the output any more, 1 if a stream fails, 2 if the command
/// line is wrong, 3 if what is in the data directory is not this node's to go on with (damaged, another's, in use), 4 if the
/// disk fails. All failures are told in one line on stderr.
pub fn run<M: Machine<Config: Arguments>>(name: &'static str, about: &'static str) -> ExitCode {
    let program = Program { name, about };
    match program.command(M::default_config(), lexopt::Parser::from_env()) {
        Ok(Command::Serve(config, data)) => match serve::<M>(&program, config, data) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => program.fail(failure.status(), &failure),
        },
        Ok(Command::Say(text)) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(error) => program.fail(2, &error),
    }
}

fn serve<M: Machine>(program: &Program, config: M::Config, data: Option<PathBuf>) -> Result<(), Failure> {
    let start = Instant::now();
    let node = match &data {
        Some(_) => Node::<M>::with_journal(config, seed()?, memory::SLACK),
        None => Node::new(config, seed()?),
    };
    let mut diagnostics = Diagnostics::new(program.name);
    if standard_streams::is_interactive() {
        diagnostics.say(INVITATION);
    }
    match EventLoop::new(node, data.map(Memory::new), diagnostics, start)?.run() {
        // Whoever wanted to hear this node is gone: its work is done.
        Err(Failure::Stream(error))
            if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) =>
        {
            Ok(())
        }
        outcome => outcome,
    }
}

/// New at every start: nodes that are started again must not hand out what they handed out before.
fn seed() -> io::Result<u64> {
    let mut bytes = [0; 8];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

/// For somebody who starts a node by hand and wonders why nothing happens.
const INVITATION: &str = concat!(
    "one JSON message a line, please, and Ctrl-D at the end. To begin with:\n",
    r#"{"src":"c1","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}"#
);
