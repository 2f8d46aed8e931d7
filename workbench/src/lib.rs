//! Judges programs that speak Maelstrom's protocol: starts them as nodes, plays their clients, their network, its faults
//! and the services they may call, and tells from the history of what happened whether they kept their promises.
//!
//! It is Maelstrom done again from a description of what it does: the same command line, timing, workloads, verdicts, file
//! formats and exit statuses, without a JVM. "§" in these docs is a section of that description, which is kept apart from
//! this repository. Where we differ, the module says so and why, and the README has the list.
//!
//! # One run, two worlds
//!
//! A whole test is one state machine, [`run::Run`]. It knows no threads, clocks, files or processes: it is told what nodes
//! wrote and what time it is, and says which lines to deliver and when to wake it next. Two worlds own one:
//!
//! * [`world::simulated`]: virtual time. Nodes are machines of the crate [`machines`] in this process, codec included, and
//!   time jumps to the next event. The same seed gives the same history and the same journal, byte for byte.
//! * [`world::processes`]: wall time. Nodes are child processes on pipes, in any language.
//!
//! Both leave a [`run::Record`]; [`check::analyze`] sees its history and its counts of messages, nothing else, and so
//! cannot tell which world it came from.
//!
//! ```
//! use machines::Broadcast;
//! use std::time::Duration;
//! use workbench::check::{NetStats, Validity, analyze};
//! use workbench::options::{Fault, Options, Workload};
//! use workbench::world::{simulated, spawn};
//!
//! // Challenge 3c: five nodes, 20 s at 10 operations a second, partitions.
//! let mut options = Options::new(Workload::Broadcast, 5);
//! options.time_limit = Duration::from_secs(20);
//! options.rate = 10.0;
//! options.nemesis = vec![Fault::Partition];
//! options.seed = 2;
//!
//! let record = simulated::run(options, spawn::<Broadcast>(Default::default()));
//! assert!(record.journal.statistics.cut > 100, "the partitions cost messages");
//! let messages = NetStats::from(&record.journal.statistics);
//! assert_eq!(analyze(&record.options, &record.history, &messages).valid, Validity::True);
//! ```
//!
//! # Where is what
//!
//! | to know or change | see |
//! | --- | --- |
//! | which operation comes when, on which thread | [`generator`] |
//! | what a workload asks and what it makes of answers | [`workload`], one module each |
//! | when a message arrives, and whether | [`network`] |
//! | which links are cut, which nodes die or stand still | [`nemesis`] |
//! | what the services answer | [`service`] |
//! | how all this becomes a test, from `init` to the last read | [`run`] |
//! | what happened, as data | [`history`] |
//! | whether that was right | [`check`], one module for each workload |
//! | the files of a run | [`store`], [`edn`] |
//! | what is like Maelstrom and what is not | [`differences`] |
//! | what people look at: the page of a run, its diagram and plots | [`report`] |
//! | commands, flags, the summary, exit statuses | [`cli`], [`options`] |
//! | the challenges' flags and what is wanted of their figures | [`challenges`] |
//! | whether a run was cheap and quick enough | [`thresholds`] |
//! | what a round's length and a cluster's size cost | [`frontier`], [`scaling`] |
//! | a run of one of our machines, as a line of text | [`scenario`] |
//! | runs by the thousand | [`sweep`] |
//! | the store in a browser | [`serve`] |
//! | a cluster for tests that say themselves what happens when | [`world::cluster`] |

pub mod challenges;
pub mod check;
pub mod cli;
mod differences;
pub mod edn;
pub mod frontier;
pub mod generator;
pub mod history;
pub mod nemesis;
pub mod network;
pub mod options;
pub mod report;
pub mod run;
pub mod scaling;
pub mod scenario;
pub mod serve;
pub mod service;
pub mod store;
pub mod sweep;
#[cfg(test)]
mod testing;
pub mod thresholds;
pub mod workload;
pub mod world;
