//! The checkers on histories that are long, and on those that Maelstrom itself wrote.

mod hard_registers;
mod large_histories;
mod recorded;

use edn::Value;
use judge::{History, Kind, Op, Process};

/// Adds what a client did, a millisecond after what came before.
fn push(history: &mut History, process: usize, kind: Kind, f: &'static str, value: Value) {
    let time_ns = history.ops.len() as u64 * 1_000_000;
    history.push(Op {
        index: 0,
        time_ns,
        kind,
        process: Process::Client(process as u64),
        f,
        value,
        is_final: false,
        error: None,
        exception: None,
        extra: Vec::new(),
    });
}
