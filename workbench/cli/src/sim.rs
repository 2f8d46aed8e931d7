//! `workbench sim`: runs this project's own machines under a workload, in virtual time, and judges them: once, or in a
//! sweep over many seeds.
//!
//! The same seed gives the same history, log and verdict, byte for byte. Times in the log are virtual: they begin at
//! midnight, 1 January 1970.

use super::clock::WallClock;
use super::console::Console;
use super::job::Job;
use super::simulate::run_into;
use super::verdict::Exit;
use super::{STORE, give_up, refuse, sweep};
use std::ffi::OsString;
use std::io;
use std::path::Path;
use store::Store;
use worlds::scenario::Scenario;

/// Carries out the command.
pub(super) fn command(words: &[OsString]) -> Exit {
    let job = match Job::parse(words) {
        Ok(job) => job,
        Err(reason) => return refuse(reason),
    };
    let done = match job.seeds {
        None => run(&job.first()),
        Some(seeds) => sweep::run(&job, seeds),
    };
    done.unwrap_or_else(|error| give_up(&error))
}

fn run(scenario: &Scenario) -> io::Result<Exit> {
    let clock = WallClock::new();
    let store = Store::create(Path::new(STORE), scenario.options.workload.name(), clock.now())?;
    let mut console = Console::open(&store.path("jepsen.log"), false, clock)?;
    let exit = run_into(&store, scenario, &mut console)?;
    store.link_latest()?;
    Ok(exit)
}
