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

/// How many seeds a test tries: as many as it usually takes, times `SEED_FACTOR` where the environment has one.
pub(crate) fn seeds(usual: u64) -> u64 {
    let factor = std::env::var("SEED_FACTOR").ok().and_then(|factor| factor.parse().ok());
    usual * factor.unwrap_or(1)
}
