//! What the tests of this crate share.

use crate::options::{Options, Workload};
use edn::Value;
use judge::{Kind, Op, Process};
use std::time::Duration;

/// The options of a short run: five nodes, as many threads, 100 operations a second for five seconds.
pub(crate) fn options(workload: Workload, seed: u64) -> Options {
    Options {
        time_limit: Duration::from_secs(5),
        rate: 100.0,
        consistency_models: Vec::new(),
        seed,
        ..Options::new(workload, 5)
    }
}

/// An invocation, outside of any history.
pub(crate) fn invocation(f: &'static str, value: Value) -> Op {
    Op {
        index: 0,
        time_ns: 0,
        kind: Kind::Invoke,
        process: Process::Client(0),
        f,
        value,
        is_final: false,
        error: None,
        exception: None,
        extra: Vec::new(),
    }
}
