//! From a run that fails to a smaller one that fails in the same way.
//!
//! Shrinking is greedy: of the smaller runs next to the present one, the first that fails in the same way takes its
//! place, until none does or the limit is reached. Smaller means fewer nodes, a shorter main phase, fewer operations a
//! second, or one fault less. As every change makes all that is drawn at random come out differently, each is tried with
//! several seeds; without that most failures would not shrink at all.
//!
//! What comes out does not depend on the number of threads: of several seeds that fail, the first counts.

use super::{Outcome, Plan, Programs, Verdict, run};
use bench::options::{Disks, Hazards, Latency, LatencyDistribution, Options};
use std::num::NonZero;
use std::time::Duration;

/// Each smaller run is tried with so many seeds.
const SEEDS: u64 = 24;
/// Runs after which the search ends with what it has.
pub const MOST_RUNS: u64 = 2_000;
/// The same for its work: operations asked for, each as often as there are nodes. With a limit of runs only, long ones can take a
/// quarter of an hour.
const MOST_WORK: f64 = 8_000_000.0;

/// What is left of a failing run.
#[derive(Clone, Debug, PartialEq)]
pub struct Shrunk {
    /// The smallest run found.
    pub options: Options,
    /// What it comes to.
    pub outcome: Outcome,
    /// How many runs it took to find.
    pub runs: u64,
    work: f64,
}

/// Shrinks a run that fails. None if it does not fail.
pub fn shrink(options: &Options, programs: &Programs<'_>, threads: NonZero<usize>) -> Option<Shrunk> {
    shrink_within(MOST_WORK, options, programs, threads)
}

pub(super) fn shrink_within(
    most_work: f64,
    options: &Options,
    programs: &Programs<'_>,
    threads: NonZero<usize>,
) -> Option<Shrunk> {
    let outcome = first_failure(options, 1, programs, threads, |_| true)?;
    let problem = outcome.kind().to_owned();
    let mut smallest = Shrunk { options: options.clone(), outcome, runs: 1, work: work(options) };
    while let Some(smaller) = step(&smallest, most_work, &problem, programs, threads) {
        smallest = smaller;
    }
    Some(smallest)
}

/// The first run next to this one that fails in the same way.
fn step(
    from: &Shrunk,
    most_work: f64,
    problem: &str,
    programs: &Programs<'_>,
    threads: NonZero<usize>,
) -> Option<Shrunk> {
    let (mut runs, mut done) = (from.runs, from.work);
    for candidate in smaller(&from.options) {
        if runs >= MOST_RUNS || done >= most_work {
            return None;
        }
        runs += SEEDS;
        done += work(&candidate) * SEEDS as f64;
        let same = |outcome: &Outcome| outcome.verdict == from.outcome.verdict && outcome.kind() == problem;
        if let Some(outcome) = first_failure(&candidate, SEEDS, programs, threads, same) {
            let options = Options { seed: outcome.seed, ..candidate };
            return Some(Shrunk { options, outcome, runs, work: done });
        }
    }
    None
}

fn work(options: &Options) -> f64 {
    options.rate * options.time_limit.as_secs_f64() * options.nodes.len() as f64
}

fn first_failure(
    options: &Options,
    seeds: u64,
    programs: &Programs<'_>,
    threads: NonZero<usize>,
    is_it: impl Fn(&Outcome) -> bool,
) -> Option<Outcome> {
    let plan = Plan { seeds, threads, ..Plan::new(options.clone()) };
    let sweep = run(&plan, programs, |_| {});
    sweep.outcomes.into_iter().find(|outcome| outcome.verdict != Verdict::Valid && is_it(outcome))
}

/// The runs next to this one that are smaller, the boldest first.
pub fn smaller(options: &Options) -> Vec<Options> {
    let mut runs = Vec::new();
    for nodes in [options.nodes.len() / 2, options.nodes.len() - 1] {
        runs.extend((nodes > 0).then(|| with_nodes(options, nodes)));
    }
    runs.push(Options { nemesis: Vec::new(), hazards: Hazards::default(), ..options.clone() });
    runs.extend(without_a_fault(options));
    runs.extend(with_a_better_disk(options));
    runs.extend(hazards_less_one(options.hazards).map(|hazards| Options { hazards, ..options.clone() }));
    let constant = Latency { distribution: LatencyDistribution::Constant, ..options.latency };
    for latency in [Latency { mean_ms: 0, ..constant }, constant] {
        runs.push(Options { latency, ..options.clone() });
    }
    for time_limit in [options.time_limit / 4, options.time_limit / 2, options.time_limit * 3 / 4] {
        let time_limit = Duration::from_secs(time_limit.as_secs().max(1));
        runs.push(Options { time_limit, ..options.clone() });
    }
    for rate in [options.rate / 4.0, options.rate / 2.0, options.rate * 0.75] {
        runs.push(Options { rate: rate.ceil().max(1.0), ..options.clone() });
    }
    runs.retain(|smaller| smaller != options);
    runs
}

/// As many client threads a node as before.
fn with_nodes(options: &Options, nodes: usize) -> Options {
    let concurrency = (options.concurrency * nodes / options.nodes.len()).max(1);
    Options { nodes: options.nodes[..nodes].to_vec(), concurrency, ..options.clone() }
}

fn without_a_fault(options: &Options) -> impl Iterator<Item = Options> {
    options.nemesis.iter().map(|fault| {
        let nemesis = options.nemesis.iter().filter(|other| *other != fault).copied().collect();
        Options { nemesis, ..options.clone() }
    })
}

/// A run without disks would be another machine's: it is the disk that is made better.
fn with_a_better_disk(options: &Options) -> impl Iterator<Item = Options> {
    options.disks.into_iter().flat_map(|disks| {
        let better = [
            Disks::default(),
            Disks { full: 0.0, ..disks },
            Disks { sync: Duration::from_millis(1), ..disks },
        ];
        better.map(|disks| Options { disks: Some(disks), ..options.clone() })
    })
}

fn hazards_less_one(hazards: Hazards) -> impl Iterator<Item = Hazards> {
    [
        Hazards { loss: 0.0, ..hazards },
        Hazards { duplication: 0.0, ..hazards },
        Hazards { reordering: 0.0, ..hazards },
        Hazards { reach_services: false, ..hazards },
        Hazards { drift_ppm: 0, ..hazards },
        Hazards { slowness: Duration::ZERO, ..hazards },
    ]
    .into_iter()
}
