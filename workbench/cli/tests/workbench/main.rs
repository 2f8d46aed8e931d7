//! The workbench as its users meet it: as a command, and as words that ask for runs by the thousand.
//!
//! One program, since each that is linked by itself costs as much as a hundred tests.

mod corpus;
mod determinism;
mod regressions;
mod shell;
mod swarm;
mod zoo;
