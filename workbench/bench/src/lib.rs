//! A whole test as one state machine: options in, what to tell the nodes out, and in the end a record of what happened.
//!
//! [`run::Run`] knows no threads, clocks, files or processes. Whoever owns one tells it what nodes wrote and what time it is,
//! delivers the lines that it hands out, and wakes it at its deadline. Whatever it draws at random follows from the seed in
//! its [`options`]. So the same code plays Maelstrom in virtual time and in wall time.
//!
//! It stands on [`judge`] (histories, workloads by name) and [`machines`] (time as a number). It must never know what runs
//! on the nodes, what time it really is, or where records are kept.
//!
//! ```
//! use bench::options::{Options, Workload};
//! use bench::run::{Effect, Run};
//!
//! let mut run = Run::new(Options::new(Workload::Echo, 1));
//! let now = run.deadline().expect("a node is to be told its name");
//! run.on_wake(now);
//! let Some(Effect::Deliver { node: 0, line }) = run.poll_effect() else { panic!() };
//! assert!(String::from_utf8_lossy(&line).contains("\"type\":\"init\""));
//! ```
//!
//! | to know or change | see |
//! | --- | --- |
//! | what a run can be asked to do | [`options`] |
//! | which operation comes when, on which thread | [`generator`] |
//! | what a workload asks and what it makes of answers | [`workload`], one module each |
//! | when a message arrives, and whether | [`network`] |
//! | which links are cut, which nodes die or stand still | [`nemesis`] |
//! | what the services answer | [`service`] |
//! | how all this becomes a test, from `init` to the last read | [`run`] |

pub mod generator;
pub mod nemesis;
pub mod network;
pub mod options;
pub mod run;
pub mod script;
pub mod service;
#[cfg(test)]
mod testing;
pub mod workload;
