//! What the benches share: the messages that they time (of [`protocol`](../protocol/index.html)), and nodes to time them on
//! (those of [`machines`](../machines/index.html)).
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
