//! Tests of the bench that need nodes, and so a world for them to live in.

mod faults;
mod kafka;
mod misbehaving;
mod run;
mod workload;
