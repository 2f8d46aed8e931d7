//! The worlds in which nodes live, and whose time it is that passes; and what one does with a world that costs nothing: runs
//! by the thousand.
//!
//! * [`simulated`]: virtual time. Nodes are [`Program`]s in this process, codec included, and time jumps to the next event.
//!   The same seed gives the same history and the same journal, byte for byte.
//! * [`processes`]: wall time. Nodes are child processes on pipes, in any language.
//! * [`cluster`]: the former without a workload, for tests that want to say themselves what happens when.
//!
//! It stands on [`bench`](mod@bench), whose [`Run`](bench::run::Run) both worlds own. It must never know how runs are kept, shown or
//! asked for.
//!
//! ```
//! use bench::options::{Fault, Options, Workload};
//! use judge::Validity;
//! use machines::Broadcast;
//! use std::time::Duration;
//! use worlds::{simulated, spawn};
//!
//! // Challenge 3c: five nodes, 20 s at 10 operations a second, partitions.
//! let mut options = Options::new(Workload::Broadcast, 5);
//! options.time_limit = Duration::from_secs(20);
//! options.rate = 10.0;
//! options.nemesis = vec![Fault::Partition];
//! options.seed = 2;
//!
//! let record = simulated::run(options, spawn::<Broadcast>(Default::default()));
//! assert!(record.journal.statistics.cut > 0, "the partitions cost messages");
//! assert_eq!(record.judge().valid, Validity::True);
//! ```
//!
//! | to know or change | see |
//! | --- | --- |
//! | how a simulation or a process becomes a node | [`program`](Program), [`processes`] |
//! | one of our machines and how it is set, as a line of text | [`scenario`] |
//! | what a crash leaves on a disk | `disk` |
//! | runs by the thousand, what faults a swarm draws, how failures shrink | [`sweep`] |
//! | what nodes thought, at any moment of a run | [`replay`] |
//! | how long a verdict may take | [`patience`] |
//! | when a run that fails could no longer be saved | [`too_late`] |
//! | what a round's length and a cluster's size cost | [`frontier`], [`scaling`] |

pub mod cluster;
mod disk;
pub mod files;
mod fleet;
pub mod frontier;
mod in_service;
pub mod patience;
pub mod processes;
mod program;
mod quirks;
pub mod replay;
pub mod scaling;
pub mod scenario;
pub mod simulated;
pub mod sweep;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod too_late;

pub use cluster::{Answer, Cluster, Request};
pub use disk::Step;
pub use in_service::in_service;
pub use program::{Program, Spawn, spawn, spawn_durable};
