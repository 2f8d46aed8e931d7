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
//! | `mio`, `libc`, `log` | the event loop |
//! | `rustix`, `bitflags`, `linux-raw-sys` | what streams are, and whether they would block |
//! | `lexopt` | the command line |

mod arguments;
mod event_loop;
mod lines;
mod outgoing;
mod standard_streams;

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::process::ExitCode;
use std::time::Instant;

use machines::{Machine, Node};

pub use arguments::{Arguments, parse_duration};
use arguments::{Command, Program};
use event_loop::EventLoop;
use standard_streams::{Diagnostics, say};

/// What a node's `main` does: reads the command line, then serves until the end of its input.
///
/// Exit status: 0 at the end of input and when nobody reads the output any more, 1 if a stream fails, 2 if the command
/// line is wrong. Both failures are told in one line on stderr.
pub fn run<M: Machine<Config: Arguments>>(name: &'static str, about: &'static str) -> ExitCode {
    let program = Program { name, about };
    match program.command(M::default_config(), lexopt::Parser::from_env()) {
        Ok(Command::Serve(config)) => {
            serve::<M>(&program, config).map_or_else(|error| program.fail(1, &error), |()| ExitCode::SUCCESS)
        }
        Ok(Command::Say(text)) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(error) => program.fail(2, &error),
    }
}

fn serve<M: Machine>(program: &Program, config: M::Config) -> io::Result<()> {
    let start = Instant::now();
    let node = Node::<M>::new(config, seed()?);
    let mut diagnostics = Diagnostics::new(program.name);
    if standard_streams::is_interactive() {
        diagnostics.say(INVITATION);
    }
    match EventLoop::new(node, diagnostics, start)?.run() {
        // Whoever wanted to hear this node is gone: its work is done.
        Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => Ok(()),
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
