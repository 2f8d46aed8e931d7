//! What nodes say to what they are told, line by line: each machine's own rules, what all have in common, and what liars and
//! fuzzers have come up with.

mod allocations;
mod alone;
mod amplification;
mod calls;
mod corpus;
mod counter_kv;
mod data;
mod depth;
mod echo;
mod hearsay;
mod journal;
mod long_deltas;
mod made_up_lives;
mod malice;
mod node;
mod support;
mod unique_ids;

// What the fuzzers do with their inputs; `liar` is also a world to lie in.
#[path = "../../../fuzz/src/decode.rs"]
pub mod decode;
#[path = "../../../fuzz/src/liar.rs"]
pub mod liar;
#[path = "../../../fuzz/src/life.rs"]
pub mod life;
#[path = "../../../fuzz/src/memory.rs"]
pub mod memory;
#[path = "../../../fuzz/src/replay.rs"]
pub mod replay;
#[path = "../../../fuzz/src/structured.rs"]
pub mod structured;
#[path = "../../../fuzz/src/usurper.rs"]
pub mod usurper;
