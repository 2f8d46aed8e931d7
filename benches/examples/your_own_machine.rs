//! A machine of your own, in one file: judged by the workbench in virtual time, and a node for anyone's workbench.
//!
//! ```sh
//! cargo build --release --example your_own_machine
//! target/release/examples/your_own_machine sim --node-count 3 --rate 100 --time-limit 10 --swarm --seeds 100
//! target/release/workbench challenge 2 --bin target/release/examples/your_own_machine
//! ```
//!
//! The first finds what is wrong with it, and the smallest run that shows it, message by message; the second does so with
//! processes. Without words the program is a node, on stdin and stdout.

use judge::Workload;
use machines::{Cluster, Context, Input, Machine, Start, Time};
use protocol::{Json, Nothing, unique_ids};
use std::ffi::OsString;
use std::process::ExitCode;

/// Hands out the time as an id. That is unique, until two nodes are asked in the same millisecond.
#[derive(Clone, Debug)]
struct Clock;

impl Machine for Clock {
    type Config = ();
    type Request<'a> = unique_ids::Request;
    type Peer<'a> = Nothing;
    type Call = Nothing;

    fn default_config() {}

    fn new(_: &(), _: &Cluster, _: Start, _: Time) -> Self {
        Clock
    }

    fn step(&mut self, context: &mut Context<'_, Nothing>, input: Input<'_, Self>) {
        if let Input::Request(ticket, unique_ids::Request::Generate {}) = input {
            let id = (context.now.as_nanos() / 1_000_000).to_string();
            context.reply(ticket, &unique_ids::Reply::GenerateOk { id: Json::trusted(&id) });
        }
    }
}

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if words.is_empty() {
        return driver::run::<Clock>("your_own_machine", "A node that hands out the time.");
    }
    workbench::main_of::<Clock>("your_own_machine", &[Workload::UniqueIds], words).into()
}
