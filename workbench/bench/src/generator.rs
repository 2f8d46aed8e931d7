//! Which operation comes next, when, and on which thread (Maelstrom behaviour §6).
//!
//! Everything about an operation is drawn at the moment in which it begins; until then only its time is fixed. So a
//! generator needs no look-ahead, and what it draws depends on nothing but the seed and what happened before.

use edn::Value;
use fastrand::Rng;
use machines::Time;
use std::time::Duration;

/// The client threads: who is busy, and as which process each goes.
#[derive(Clone, Debug)]
pub struct Threads {
    busy: Vec<bool>,
    processes: Vec<u64>,
    /// Where the search for a free thread starts: one slot a thread, and one more for the nemesis.
    cursor: usize,
}

/// An operation that may begin: what to do, not yet when and by whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What is done.
    pub f: &'static str,
    /// Its arguments.
    pub value: Value,
    /// Marked as part of the final phase.
    pub is_final: bool,
    /// Further keys of the history.
    pub extra: Vec<(&'static str, Value)>,
}

/// What a generator comes up with.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawn {
    /// The operation begins now, on this thread.
    Begin(usize, Draft),
    /// Nothing begins before this moment, or before some operation completes.
    NotBefore(Time),
    /// Nothing begins before some operation completes.
    Pending,
    /// Nothing begins any more.
    Done,
}

/// What a generator may look at.
pub struct Choice<'a> {
    /// The time.
    pub now: Time,
    /// The threads.
    pub threads: &'a Threads,
    /// Where it draws from.
    pub rng: &'a mut Rng,
}

/// Random gaps between operations: uniform from 0 to twice the mean. The first operation is due at once; after falling
/// behind, gaps count from the present, so there are no bursts to catch up.
#[derive(Clone, Debug)]
pub struct Pace {
    mean: Duration,
    next: Option<Time>,
}

/// A generator that gives each thread the same operation once, all at once.
#[derive(Clone, Debug, Default)]
pub struct OncePerThread {
    given: Vec<bool>,
}

impl Threads {
    /// So many idle threads.
    pub fn new(count: usize) -> Threads {
        Threads { busy: vec![false; count], processes: (0..count as u64).collect(), cursor: 0 }
    }

    /// How many threads there are.
    pub fn count(&self) -> usize {
        self.busy.len()
    }

    /// The process as which the thread goes at present.
    pub fn process(&self, thread: usize) -> u64 {
        self.processes[thread]
    }

    /// Whether the thread is idle.
    pub fn is_free(&self, thread: usize) -> bool {
        !self.busy[thread]
    }

    /// Whether any thread is idle.
    pub fn any_free(&self) -> bool {
        self.busy.contains(&false)
    }

    /// Whether all threads are idle.
    pub fn all_free(&self) -> bool {
        !self.busy.contains(&true)
    }

    /// The first idle thread at or after the cursor, among those that may be asked. When the cursor stands on the
    /// nemesis's slot, that is thread 0: it carries up to twice the load of the others, in Maelstrom and so here.
    pub fn next_free(&self, mut may: impl FnMut(usize) -> bool) -> Option<usize> {
        let start = if self.cursor == self.count() { 0 } else { self.cursor };
        (start..self.count()).chain(0..start).find(|thread| self.is_free(*thread) && may(*thread))
    }

    /// The thread begins an operation.
    pub fn begin(&mut self, thread: usize) {
        self.busy[thread] = true;
        self.advance_cursor();
    }

    /// Some operation begins, perhaps the nemesis's.
    pub fn advance_cursor(&mut self) {
        self.cursor = (self.cursor + 1) % (self.count() + 1);
    }

    /// The thread's operation is over. If nobody knows how it ended, the thread goes on as a new process.
    pub fn end(&mut self, thread: usize, crashed: bool) {
        self.busy[thread] = false;
        if crashed {
            self.processes[thread] += self.count() as u64;
        }
    }
}

impl Draft {
    /// An operation of the main phase.
    pub fn new(f: &'static str, value: impl Into<Value>) -> Draft {
        Draft { f, value: value.into(), is_final: false, extra: Vec::new() }
    }

    /// The same, marked as final.
    pub fn marked_final(self) -> Draft {
        Draft { is_final: true, ..self }
    }
}

impl Choice<'_> {
    /// Begins the operation on the next free thread.
    pub fn on_any(&mut self, draft: impl FnOnce(&mut Rng) -> Draft) -> Drawn {
        match self.threads.next_free(|_| true) {
            Some(thread) => Drawn::Begin(thread, draft(self.rng)),
            None => Drawn::Pending,
        }
    }

    /// Begins the operation on a free thread drawn at random: what generators that keep a copy for each thread do.
    pub fn on_each(&mut self, draft: impl FnOnce(&mut Rng) -> Draft) -> Drawn {
        match self.random_free(|_| true) {
            Some(thread) => Drawn::Begin(thread, draft(self.rng)),
            None => Drawn::Pending,
        }
    }

    /// A free thread drawn at random among those that may be asked.
    pub fn random_free(&mut self, mut may: impl FnMut(usize) -> bool) -> Option<usize> {
        let free = (0..self.threads.count()).filter(|thread| self.threads.is_free(*thread) && may(*thread));
        let free: Vec<usize> = free.collect();
        (!free.is_empty()).then(|| free[self.rng.usize(..free.len())])
    }
}

impl Pace {
    /// Operations with this mean gap.
    pub fn new(mean: Duration) -> Pace {
        Pace { mean, next: None }
    }

    /// So many operations a second, if any.
    pub fn per_second(rate: f64) -> Option<Pace> {
        (rate > 0.0).then(|| Pace::new(Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX / 2)))
    }

    /// When the next operation is due; none for the first, which is due at once.
    pub fn next(&self) -> Option<Time> {
        self.next
    }

    /// Whether an operation is due.
    pub fn is_due(&self, now: Time) -> bool {
        self.next.is_none_or(|next| next <= now)
    }

    /// An operation begins now: draws when the next one may.
    pub fn begin(&mut self, now: Time, rng: &mut Rng) {
        self.next = Some(now + self.mean.mul_f64(2.0 * rng.f64()));
    }
}

impl OncePerThread {
    /// The operation for the next thread, drawn at random, that has not had it.
    pub fn draw(&mut self, choice: &mut Choice<'_>, draft: impl FnOnce() -> Draft) -> Drawn {
        self.given.resize(choice.threads.count(), false);
        if !self.given.contains(&false) {
            return Drawn::Done;
        }
        match choice.random_free(|thread| !self.given[thread]) {
            None => Drawn::Pending,
            Some(thread) => {
                self.given[thread] = true;
                Drawn::Begin(thread, draft())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_an_idle_system_thread_0_has_twice_the_share_of_the_others() {
        let mut threads = Threads::new(3);
        let mut shares = [0; 3];
        for _ in 0..400 {
            let thread = threads.next_free(|_| true).unwrap();
            threads.begin(thread);
            threads.end(thread, false);
            shares[thread] += 1;
        }
        assert_eq!(shares, [200, 100, 100]);
    }

    #[test]
    fn a_busy_thread_is_passed_over_and_none_is_found_when_all_are_busy() {
        let mut threads = Threads::new(3);
        threads.begin(1);
        assert_eq!(threads.next_free(|_| true), Some(2));
        threads.begin(2);
        assert_eq!(threads.next_free(|_| true), Some(0));
        threads.begin(0);
        assert_eq!((threads.next_free(|_| true), threads.any_free()), (None, false));
        threads.end(2, false);
        assert_eq!(threads.next_free(|thread| thread != 2), None);
    }

    #[test]
    fn a_crashed_process_is_followed_by_one_that_is_higher_by_the_number_of_threads() {
        let mut threads = Threads::new(4);
        threads.begin(1);
        threads.end(1, true);
        threads.begin(1);
        threads.end(1, false);
        assert_eq!((threads.process(0), threads.process(1)), (0, 5));
    }

    #[test]
    fn gaps_are_uniform_up_to_twice_the_mean_and_the_first_is_none() {
        let mut pace = Pace::per_second(100.0).unwrap();
        let mut rng = Rng::with_seed(1);
        assert!(pace.is_due(Time::ZERO));
        let (mut now, mut short) = (Time::ZERO, 0);
        for _ in 0..10_000 {
            pace.begin(now, &mut rng);
            let next = pace.next().unwrap();
            assert!(next.since(now) < Duration::from_millis(20));
            assert!(!pace.is_due(next - Duration::from_nanos(1)) && pace.is_due(next));
            short += u32::from(next.since(now) < Duration::from_millis(5));
            now = next;
        }
        assert!((98..102).contains(&now.since(Time::ZERO).as_secs()), "{now:?}");
        assert!((2_350..2_650).contains(&short), "{short} of 10,000 gaps are in the first quarter");
    }

    #[test]
    fn a_rate_of_zero_is_no_operations_at_all() {
        assert!(Pace::per_second(0.0).is_none());
    }

    #[test]
    fn a_generator_for_each_thread_spreads_evenly() {
        let (mut rng, threads) = (Rng::with_seed(2), Threads::new(4));
        let mut shares = [0; 4];
        for _ in 0..4_000 {
            let mut choice = Choice { now: Time::ZERO, threads: &threads, rng: &mut rng };
            let Drawn::Begin(thread, _) = choice.on_each(|_| Draft::new("read", Value::Nil)) else {
                panic!()
            };
            shares[thread] += 1;
        }
        assert!(shares.iter().all(|share| (900..1_100).contains(share)), "{shares:?}");
    }

    #[test]
    fn once_per_thread_is_once_for_each_and_then_over() {
        let (mut rng, mut threads) = (Rng::with_seed(3), Threads::new(3));
        let mut reads = OncePerThread::default();
        let mut next = |threads: &Threads| {
            reads.draw(&mut Choice { now: Time::ZERO, threads, rng: &mut rng }, || {
                Draft::new("read", Value::Nil)
            })
        };
        threads.begin(1);
        let mut seen = Vec::new();
        for _ in 0..2 {
            let Drawn::Begin(thread, _) = next(&threads) else { panic!("a thread is free") };
            threads.begin(thread);
            seen.push(thread);
        }
        assert_eq!(next(&threads), Drawn::Pending);
        threads.end(1, false);
        assert!(matches!(next(&threads), Drawn::Begin(1, _)));
        assert_eq!(next(&threads), Drawn::Done);
        seen.sort_unstable();
        assert_eq!(seen, [0, 2]);
    }
}
