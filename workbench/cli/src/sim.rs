//! `workbench sim`: runs this project's own machines under a workload, in virtual time, and judges them: once, or in a
//! sweep over many seeds.
//!
//! The same seed gives the same history, log and verdict, byte for byte. Times in the log are virtual: seconds since the run
//! began.

use super::arguments::OutputArguments;
use super::clock::WallClock;
use super::console::Console;
use super::job::Job;
use super::junit::{self, Case, CaseOutcome};
use super::simulate::run_into;
use super::told::Concluded;
use super::verdict::Exit;
use super::{STORE, give_up, refuse, say, sweep};
use std::ffi::OsString;
use std::io;
use std::path::Path;
use store::Store;
use worlds::scenario::{Foreign, Scenario};

/// Carries out the command.
pub(super) fn command(words: &[OsString]) -> Exit {
    command_of(words, None)
}

/// The same for a machine that is not ours, if there is one.
pub(super) fn command_of(words: &[OsString], foreign: Option<Foreign>) -> Exit {
    let job = match Job::parse(words, foreign) {
        Ok(job) => job,
        Err(reason) => return refuse(reason),
    };
    let done = match job.seeds {
        None => run(&job.first(), &job.output),
        Some(seeds) => sweep::run(&job, seeds),
    };
    done.unwrap_or_else(|error| give_up(&error))
}

fn run(scenario: &Scenario, output: &OutputArguments) -> io::Result<Exit> {
    let clock = WallClock::new();
    let name = scenario.options.workload.name();
    let store = Store::create(Path::new(STORE), name, clock.now())?;
    let mut console = Console::open(&store.path("jepsen.log"), false, clock)?;
    if output.quiet {
        console.be_quiet();
    }
    let Concluded { exit, told, record, .. } = run_into(&store, scenario, output.results, &mut console)?;
    super::conclude::link_latest(&store, &mut console);
    let because = told.as_ref().map(|told| told.because.clone()).unwrap_or_default();
    if output.quiet {
        say(&format!("{name}: {}: {because} {}", exit.name(), store.path("report.html").display()));
    }
    if let Some(path) = &output.junit {
        let seconds = record.map_or(0.0, |record| record.duration.as_secs_f64());
        let outcome = match exit {
            Exit::Valid => CaseOutcome::Passed,
            Exit::Crashed => CaseOutcome::Broken(because),
            _ => CaseOutcome::Failed(because),
        };
        junit::write(path, &[Case { name: name.to_owned(), seconds, outcome, told }])?;
    }
    Ok(exit)
}
