//! From a run of processes that failed to a smaller one that fails in the same way (`--shrink`).
//!
//! Runs of processes take real time, so this is a search with a budget: of the runs next to the present one, the first that
//! fails in the same way takes its place. Nothing about processes can be repeated exactly, so a run that does not fail says
//! little, and one that does says all.

use super::say;
use super::trial::{Job, Ran};
use super::verdict::Exit;
use super::words::counted;
use super::{console::defused, replay};
use bench::options::Options;
use bench::run::Record;
use std::io;
use std::time::{Duration, Instant};
use worlds::scenario;
use worlds::sweep;

/// So many of the last events of the smallest run are shown.
const TRACE_SHOWN: usize = 16;
/// What a run takes beyond its own time: starting, stopping, judging.
const OVERHEAD: Duration = Duration::from_millis(500);

/// Looks for a smaller run that fails as this one did, if that was asked for, and tells what it found.
pub(super) fn shrink(job: &Job, options: &Options, failed: Ran) -> io::Result<()> {
    let Some(budget) = job.shrinks_for else { return Ok(()) };
    let Some(kind) = Kind::of(&failed) else {
        say("\nThere is nothing to shrink: what was missed are limits, which are about this very load.");
        return Ok(());
    };
    let mut job = job.clone();
    job.challenge = None;
    let job = &job;
    say(&format!(
        "\nLooking for a smaller run that fails in the same way, for {:.0} s …",
        budget.as_secs_f64()
    ));
    let end = Instant::now() + budget;
    let (mut smallest, mut ran, mut runs) = (options.clone(), failed, 0);
    'search: loop {
        for candidate in candidates(&smallest) {
            if Instant::now() + takes(&candidate) > end {
                continue;
            }
            runs += 1;
            let Ok(tried) = job.run(&candidate, command(job, &candidate), true)? else { break 'search };
            if tried.exit == Exit::Interrupted {
                break 'search;
            }
            if Kind::of(&tried).as_ref() == Some(&kind) {
                say(&format!("  {}: fails as well", difference(&smallest, &candidate)));
                (smallest, ran) = (candidate, tried);
                continue 'search;
            }
        }
        break;
    }
    tell(job, &smallest, &ran, runs);
    Ok(())
}

/// What kind of thing is wrong: two runs with the same fail in the same way.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Finding(&'static str),
    Crash,
}

impl Kind {
    fn of(ran: &Ran) -> Option<Kind> {
        if ran.exit == Exit::Crashed {
            return Some(Kind::Crash);
        }
        ran.told.as_ref()?.findings.first().map(|found| Kind::Finding(found.kind))
    }
}

/// The runs next to this one, those that are over soonest first: within a budget, they leave time for more.
fn candidates(options: &Options) -> Vec<Options> {
    let mut candidates = sweep::smaller(options);
    candidates.sort_by_key(takes);
    candidates
}

/// About how long a run takes.
fn takes(options: &Options) -> Duration {
    use bench::options::Workload::{Broadcast, GCounter, GSet, Kafka, PnCounter};
    let recovers = matches!(options.workload, Broadcast | GSet | GCounter | PnCounter | Kafka);
    options.time_limit + OVERHEAD + if recovers { options.recovery } else { Duration::ZERO }
}

/// The command that asks for a run with these options.
fn command(job: &Job, options: &Options) -> String {
    let words = scenario::words(options).into_iter();
    replay::of_test(&words.map(Into::into).collect::<Vec<_>>(), [])
        + &format!(" --bin {}", replay::quoted(&job.binary.path.to_string_lossy()))
        + &replay::of_program(&job.binary)
}

fn difference(from: &Options, to: &Options) -> String {
    let mut words = Vec::new();
    if from.nodes.len() != to.nodes.len() {
        words.push(counted(to.nodes.len(), "node"));
    }
    if from.time_limit != to.time_limit {
        words.push(format!("{} s", to.time_limit.as_secs()));
    }
    if from.rate != to.rate {
        words.push(format!("{} operations a second", to.rate));
    }
    if from.nemesis != to.nemesis || from.hazards != to.hazards {
        words.push("fewer faults".to_owned());
    }
    if from.latency != to.latency {
        words.push("less latency".to_owned());
    }
    words.join(", ")
}

fn tell(job: &Job, smallest: &Options, ran: &Ran, runs: usize) {
    let messages = ran.record.as_ref().map(Record::messages).unwrap_or_default();
    if let Some(record) = &ran.record {
        say(&format!("\n{}", defused(sweep::trace(record, TRACE_SHOWN).trim_end().to_owned())));
    }
    say(&format!(
        "\nThe smallest run found, in {}, has {}: {}\n  {}\n  report          {}",
        counted(runs, "run"),
        counted(messages, "message"),
        ran.failure.as_deref().unwrap_or_default(),
        command(job, smallest),
        ran.report.display()
    ));
}
