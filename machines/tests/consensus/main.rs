//! Consensus in a small world of its own, with faults of every kind, where a test can look inside of every node.
#![allow(clippy::unwrap_used, reason = "this is a test, helpers and all")]

mod cost;
mod faults;
#[path = "../exhaustive/fingerprint.rs"]
mod fingerprint;
mod invariants;
mod load;
mod orders;
mod search;
mod trouble;
mod world;
