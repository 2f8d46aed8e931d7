//! The workbench as its users meet it: as a command, and as words that ask for runs by the thousand.
//!
//! One program, since each that is linked by itself costs as much as a hundred tests.

mod corpus;
mod determinism;
mod regressions;
mod shell;
mod swarm;
mod zoo;

/// How many seeds a test tries: as many as it usually takes, times `SEED_FACTOR` where the environment has one.
fn seeds(usual: u64) -> u64 {
    let factor = std::env::var("SEED_FACTOR").ok().and_then(|factor| factor.parse().ok());
    usual * factor.unwrap_or(1)
}
