//! What the benches share: how they measure, the messages that they time, nodes to time them on.
//!
//! | bench | subject |
//! | --- | --- |
//! | `decode`, `encode` | a line of each workload to a typed request, and a reply to a line, next to plain serde |
//! | `step` | one request to each machine, bytes in and bytes out |
//! | `node` | as many requests as a pipe holds, split into lines, with one buffer for all replies |
//! | `merge` | a delta of another replica into this one: few or many updates into few or many, or nothing new |
//! | `gossip` | making a delta, and a round of 25 nodes from the first value to silence |
//! | `processes` | the programs that ship, on pipes, next to a plain loop around serde_json (`bin/plain.rs`) and `cat` |
//!
//! `just bench` times all of it; `cargo test` runs each once. Whatever is timed is checked first: a wrong answer is not a
//! fast one. Times are those of one computer and one moment. `bin/instructions.rs` counts instructions instead.

pub mod cluster;
pub mod requests;

use std::time::Duration;

use criterion::Criterion;

/// How all benches measure: not for long, as there are many.
pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(40)
        .without_plots()
        .configure_from_args()
}
