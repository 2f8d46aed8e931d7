//! When did it become too late? Of a run in virtual time that fails, the beginning up to some moment is played again and again, each
//! time with another continuation: everything that is drawn at random from that moment on is drawn from another seed. The share of
//! continuations that still fail in the same way shows how much had been decided by then. It begins with how likely such a failure
//! is at all; where it comes to all of them, nothing that could still happen would have helped. That stays so: whatever follows
//! a later moment of this run has followed this one. So no later moment is looked at.

use crate::scenario::Scenario;
use crate::simulated::Simulation;
use crate::sweep::{Outcome, Verdict};
use bench::options::Options;
use machines::Time;
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Continuations of each moment.
pub const CONTINUATIONS: u64 = 100;
/// Moments that are looked at first, in equal steps from the beginning to the end of the main phase, or until failing is certain;
/// and how often the step in which it becomes so is halved then.
const FIRST_MOMENTS: u32 = 8;
const HALVINGS: u32 = 6;
/// Steps that may be simulated in all, a million or so a second. A longer run is looked at in fewer continuations; one that would
/// have less than [`FEWEST`] is not looked at.
const MOST_STEPS: u64 = 4_000_000;
const FEWEST: u64 = 20;

/// How the prospects of a failing run became worse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLate {
    /// What is wrong, by name: continuations that fail otherwise do not count as failing.
    pub kind: String,
    /// Moments, in order.
    pub moments: Vec<Moment>,
}

/// A moment, and what could still come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When, since the run began.
    pub time: Time,
    /// How many of the continuations failed.
    pub failed: u64,
    /// Of so many.
    pub of: u64,
}

/// Works it out, on so many processors, whose number makes no difference. None if the run does not fail, or is too long.
pub fn too_late(scenario: &Scenario, threads: NonZero<usize>) -> Option<TooLate> {
    look(scenario, CONTINUATIONS, threads)
}

fn look(scenario: &Scenario, most: u64, threads: NonZero<usize>) -> Option<TooLate> {
    let (outcome, start, steps) = play(scenario, None);
    let of = (MOST_STEPS / (steps.max(1) * u64::from(FIRST_MOMENTS + 1 + HALVINGS))).min(most);
    let fails = matches!(outcome.verdict, Verdict::Invalid | Verdict::Broken);
    if !fails || of < FEWEST {
        return None;
    }
    let attempt = Attempt { scenario, kind: outcome.kind().to_owned(), of, threads };
    let limit = scenario.options.time_limit;
    let mut moments: Vec<Moment> = Vec::new();
    for step in 0..=FIRST_MOMENTS {
        moments.push(attempt.at(start + limit * step / FIRST_MOMENTS));
        if moments.last().is_some_and(Moment::is_certain) {
            break;
        }
    }
    for _ in 0..HALVINGS {
        let Some(certain) = moments.iter().position(Moment::is_certain).filter(|certain| *certain > 0) else {
            break;
        };
        let before = moments[certain - 1].time;
        let middle = before + moments[certain].time.since(before) / 2;
        moments.insert(certain, attempt.at(middle));
    }
    Some(TooLate { kind: attempt.kind, moments })
}

impl TooLate {
    /// The first moment from which on every continuation failed.
    pub fn certain(&self) -> Option<&Moment> {
        self.moments.iter().find(|moment| moment.is_certain())
    }
}

impl Moment {
    fn is_certain(&self) -> bool {
        self.failed == self.of
    }
}

struct Attempt<'a> {
    scenario: &'a Scenario,
    kind: String,
    of: u64,
    threads: NonZero<usize>,
}

impl Attempt<'_> {
    fn at(&self, time: Time) -> Moment {
        let next = AtomicU64::new(0);
        let work = || {
            let mine = std::iter::from_fn(|| {
                Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < self.of)
            });
            mine.filter(|seed| self.fails(time, *seed)).count() as u64
        };
        let failed = thread::scope(|scope| {
            let workers: Vec<_> = (0..self.threads.get()).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|worker| worker.join().expect("no machine panics")).sum()
        });
        Moment { time, failed, of: self.of }
    }

    fn fails(&self, time: Time, continuation: u64) -> bool {
        let seed =
            self.scenario.options.seed ^ continuation.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (outcome, ..) = play(self.scenario, Some((time, seed)));
        matches!(outcome.verdict, Verdict::Invalid | Verdict::Broken) && outcome.kind() == self.kind
    }
}

/// Plays a run, perhaps with another continuation: what it came to, when its main phase began, and in how many steps.
fn play(scenario: &Scenario, continuation: Option<(Time, u64)>) -> (Outcome, Time, u64) {
    let options: Options = scenario.options.clone();
    let mut simulation = Simulation::new(options, scenario.programs());
    simulation.run_mut().keep_statistics_only();
    let mut steps = 0;
    if let Some((time, seed)) = continuation {
        simulation.run_until(time);
        simulation.reseed(seed);
    }
    while simulation.step() {
        steps += 1;
    }
    let record = simulation.into_record();
    let start = record.start.unwrap_or(Time::ZERO + Duration::ZERO);
    (Outcome::of(&record), start, steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench::options::{Fault, Workload};

    fn scenario(nemesis: Vec<Fault>) -> Scenario {
        let mut options = Options { rate: 50.0, seed: 2, nemesis, ..Options::new(Workload::Broadcast, 3) };
        options.time_limit = Duration::from_secs(4);
        options.nemesis_interval = Duration::from_secs(1);
        Scenario::new(options).unwrap()
    }

    #[test]
    fn a_value_that_died_with_all_who_knew_it_is_lost_for_certain_from_then_on() {
        let one = look(&scenario(vec![Fault::Kill]), 30, NonZero::<usize>::MIN).unwrap();
        let two = look(&scenario(vec![Fault::Kill]), 30, NonZero::new(2).unwrap());
        assert_eq!(Some(&one), two.as_ref(), "the number of threads makes no difference");
        assert_eq!(one.kind, "lost");
        let certain = *one.certain().unwrap();
        assert!(one.moments.is_sorted_by_key(|moment| moment.time));
        assert!(one.moments.iter().all(|moment| moment.of == 30));
        let (before, after): (Vec<Moment>, Vec<Moment>) =
            one.moments.iter().partition(|moment| moment.time < certain.time);
        assert!(!before.is_empty() && before.iter().all(|moment| moment.failed < moment.of), "{one:?}");
        assert!(after.iter().all(|moment| moment.failed == moment.of), "what is lost stays lost: {one:?}");
    }

    #[test]
    fn of_a_run_that_is_valid_there_is_nothing_to_tell() {
        assert_eq!(too_late(&scenario(Vec::new()), NonZero::<usize>::MIN), None);
    }
}
