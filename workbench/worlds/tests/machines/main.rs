//! The machines that ship, in virtual time: what each promises, under whatever a network and a nemesis can do.
//!
//! One program, since each that is linked by itself costs as much as a hundred tests.

mod challenges;
mod counter;
mod durable;
mod engine;
mod log;
mod simulated;
mod tables;
mod txn;
