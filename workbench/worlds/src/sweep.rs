//! Many runs that differ in their seeds only, on all processors, and what they came to.
//!
//! A run in virtual time is a function of its options and its seed and shares nothing with any other run, so a sweep is
//! those functions mapped over a range of seeds. Which thread works out which seed makes no difference to what comes out:
//! outcomes are kept in the order of their seeds, and nothing in a [`Sweep`] knows the time of day or the number of
//! threads.
//!
//! ```
//! use std::num::NonZero;
//! use bench::options::{Options, Workload};
//! use worlds::sweep::{Plan, Verdict, run};
//! use worlds::spawn;
//!
//! let options = Options { rate: 50.0, time_limit: std::time::Duration::from_secs(2), ..Options::new(Workload::Echo, 3) };
//! let plan = Plan { seeds: 10, threads: NonZero::new(2).unwrap(), ..Plan::new(options) };
//! let sweep = run(&plan, &|| spawn::<machines::Echo>(()), |_| {});
//! assert_eq!(sweep.count(Verdict::Valid), 10);
//! ```

mod distribution;
mod outcome;
mod report;
mod shrink;
mod swarm;
mod trace;

pub use distribution::Distribution;
pub use outcome::{Outcome, Verdict};
pub use report::{COUNTS, Count, FIGURES, Figure};
pub use shrink::{MOST_RUNS, Shrunk, shrink, smaller};
pub use swarm::{Claims, swarm};
pub use trace::trace;

use crate::Spawn;
use crate::simulated::Simulation;
use bench::options::Options;
use bench::run::Record;
use std::cell::Cell;
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Most seeds of one sweep: an outcome is some hundred bytes, and all of them are kept.
pub const MOST_SEEDS: u64 = 10_000_000;

/// What to sweep over.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The options of every run, with the first seed.
    pub options: Options,
    /// How many runs.
    pub seeds: u64,
    /// How many of them at a time.
    pub threads: NonZero<usize>,
    /// If faults are to be drawn from each seed: what the machine claims to survive.
    pub swarm: Option<Claims>,
}

/// What a sweep came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// The options of every run, with the first seed, and without what a swarm draws.
    pub options: Options,
    /// What each run came to, in the order of their seeds.
    pub outcomes: Vec<Outcome>,
}

/// Makes the programs of one run's nodes. Called once a run, on the thread that the run is on.
pub type Programs<'a> = dyn Fn() -> Spawn + Sync + 'a;

/// Carries out a sweep. `watch` is shown each outcome as soon as it is there, in any order.
pub fn run(plan: &Plan, programs: &Programs<'_>, mut watch: impl FnMut(&Outcome)) -> Sweep {
    let next = AtomicU64::new(0);
    let (sender, receiver) = mpsc::channel();
    let work = |sender: mpsc::Sender<Outcome>| {
        while let Some(options) = plan.options_of(next.fetch_add(1, Ordering::Relaxed)) {
            SEED.set(Some(options.seed));
            let outcome = Outcome::of(&record(options, programs()));
            sender.send(outcome).expect("the receiver lives as long as any worker");
        }
    };
    let mut outcomes: Vec<Outcome> = thread::scope(|scope| {
        let start = |_| {
            let sender = sender.clone();
            thread::Builder::new().spawn_scoped(scope, || work(sender)).is_ok()
        };
        // Where there can be no other thread, this one does the work.
        if !(0..plan.threads.get()).map(start).fold(false, |any, one| any | one) {
            work(sender.clone());
        }
        drop(sender);
        receiver.iter().inspect(|outcome| watch(outcome)).collect()
    });
    outcomes.sort_by_key(|outcome| outcome.seed);
    Sweep { options: plan.options.clone(), outcomes }
}

thread_local! {
    static SEED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// The seed of the run that a sweep is at on this thread: for whoever reports a panic.
pub fn seed_of_this_thread() -> Option<u64> {
    SEED.get()
}

/// One run, without a journal of its messages.
pub fn record(options: Options, programs: Spawn) -> Record {
    let mut simulation = Simulation::new(options, programs);
    simulation.run_mut().keep_statistics_only();
    while simulation.step() {}
    simulation.into_record()
}

impl Plan {
    /// A single run, on every processor that there is.
    pub fn new(options: Options) -> Plan {
        let threads = thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        Plan { options, seeds: 1, threads, swarm: None }
    }

    /// The options of the run with this seed, faults of the swarm included.
    pub fn options_for(&self, seed: u64) -> Options {
        let options = Options { seed, ..self.options.clone() };
        match self.swarm {
            Some(claims) => swarm(&options, claims),
            None => options,
        }
    }

    /// The options of the run at this position, if it is one of the plan.
    fn options_of(&self, position: u64) -> Option<Options> {
        (position < self.seeds).then(|| self.options_for(self.options.seed.wrapping_add(position)))
    }
}

impl Sweep {
    /// How many runs ended like this.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.verdict == verdict).count()
    }

    /// The worst verdict of all.
    pub fn verdict(&self) -> Verdict {
        self.outcomes.iter().map(|outcome| outcome.verdict).max().unwrap_or(Verdict::Valid)
    }

    /// The runs that are not valid, in the order of their seeds.
    pub fn failures(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Valid)
    }

    /// How one figure of the runs is spread; none if no run has it.
    pub fn distribution(&self, figure: impl Fn(&Outcome) -> Option<f64>) -> Option<Distribution> {
        let figures = self.outcomes.iter().filter_map(|outcome| Some((figure(outcome)?, outcome.seed)));
        Distribution::of(figures.collect())
    }

    /// How much virtual time passed in all.
    pub fn simulated(&self) -> Duration {
        self.outcomes.iter().map(|outcome| outcome.simulated).sum()
    }
}

#[cfg(test)]
mod tests;
