//! `workbench test`: judges a program's processes, in wall time, once or several times, or hunts for a run that fails (§2).

use super::hunt;
use super::junit::{self, Case, CaseOutcome};
use super::trial::{Job, Ran};
use super::verdict::Exit;
use super::{complain, give_up, refuse, say};
use bench::options::Options;
use std::ffi::OsString;
use std::io;

/// Carries out the command.
pub(super) fn command(words: &[OsString]) -> Exit {
    match Job::parse(words) {
        Ok(job) => carry_out(&job).unwrap_or_else(|error| give_up(&error)),
        Err(reason) => refuse(reason),
    }
}

/// All runs that were asked for, up to the first that is no good.
fn carry_out(job: &Job) -> io::Result<Exit> {
    let mut cases = Vec::new();
    let exit = run_all(job, &mut cases)?;
    if let Some(path) = &job.output.junit {
        junit::write(path, &cases)?;
    }
    Ok(exit)
}

/// The same, and each as a case.
pub(super) fn run_all(job: &Job, cases: &mut Vec<Case>) -> io::Result<Exit> {
    let mut exit = Exit::Valid;
    for repetition in 0..job.seeds.unwrap_or(job.count) {
        // Each repetition is another test; the first is the one that the seed names.
        let options = Options { seed: job.options.seed.wrapping_add(repetition), ..job.options.clone() };
        let is_quiet = job.output.quiet || job.seeds.is_some();
        let ran = match job.run(&options, job.replay(options.seed), is_quiet)? {
            Ok(ran) => ran,
            Err(why) => {
                complain(&why);
                cases.push(Case {
                    name: job.name(),
                    seconds: 0.0,
                    outcome: CaseOutcome::Broken(why),
                    told: None,
                });
                return Ok(Exit::Crashed);
            }
        };
        exit = ran.exit;
        cases.push(job.case(&ran));
        tell(job, &options, &ran);
        if exit != Exit::Valid {
            hunt::shrink(job, &options, ran)?;
            break;
        }
    }
    Ok(exit)
}

/// What is said of a run besides what it said itjob.
fn tell(job: &Job, options: &Options, ran: &Ran) {
    match (&ran.failure, job.seeds) {
        (failure, Some(_)) => {
            say(&format!("seed {}: {}", options.seed, failure.as_deref().unwrap_or(ran.exit.name())));
            if failure.is_some() && !job.output.quiet {
                say(&ran.summary);
            }
        }
        (failure, None) if job.output.quiet => {
            let outcome = match (&job.challenge, failure) {
                (Some(_), None) => "PASSED".to_owned(),
                (Some(_), Some(why)) => format!("NOT passed: {why}"),
                (None, _) => {
                    let because =
                        ran.told.as_ref().map(|told| format!(": {}", told.because)).unwrap_or_default();
                    format!("{}{because}", ran.exit.name())
                }
            };
            let doubt = ran.told.as_ref().and_then(|told| told.doubt.as_ref());
            let doubt = doubt.map(|doubt| format!(" … but {doubt}.")).unwrap_or_default();
            say(&format!("{}: {outcome}{doubt} {}", job.name(), ran.report.display()));
        }
        _ => {}
    }
}
