//! The worlds in which nodes live, and whose time it is that passes.
//!
//! * [`simulated`]: virtual time; nodes are [`Program`]s in this process, and time jumps to the next event.
//! * [`processes`]: wall time; nodes are child processes on pipes.
//! * [`cluster`]: the same without a workload, for tests that want to say themselves what happens when.

pub mod cluster;
mod fleet;
mod in_service;
pub mod processes;
mod program;
mod quirks;
pub mod simulated;

pub use cluster::{Answer, Cluster, Request};
pub use in_service::in_service;
pub use program::{Program, Spawn, spawn};
