//! The final phase of `kafka`: every thread reads everything.
//!
//! Each thread crashes, is assigned all keys from their beginning, and polls until it has reached the highest offset that
//! was known when the phase began. A thread whose poll gets no answer goes on as a new client that is assigned nothing, so it
//! sees nothing more. After ten seconds the phase is over in any case.

use super::{Offsets, SEEKS, crash, poll};
use crate::generator::{Choice, Draft, Drawn};
use edn::Value;
use machines::Time;
use std::time::Duration;

/// How far each thread has come.
#[derive(Debug)]
pub(super) struct FinalPolls {
    ends: Time,
    keys: Value,
    seats: Vec<Seat>,
}

#[derive(Debug)]
struct Seat {
    turn: Turn,
    /// Nothing begins before this.
    due: Time,
    /// Offsets that its polls have yet to reach.
    missing: Offsets,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Crash,
    Assign,
    Poll,
}

/// How long the phase may take.
const LIMIT: Duration = Duration::from_secs(10);
/// The mean time between two polls of a thread.
const POLL_GAP: Duration = Duration::from_millis(200);

impl FinalPolls {
    /// The phase begins; these are the highest offsets known.
    pub(super) fn new(now: Time, threads: usize, highest: Offsets) -> FinalPolls {
        let mut keys: Vec<_> = highest.keys().cloned().collect();
        // Keys are numbers as strings: this is their order as numbers.
        keys.sort_by_key(|key| (key.len(), key.clone()));
        let seat = || Seat { turn: Turn::Crash, due: now, missing: highest.clone() };
        FinalPolls {
            ends: now + LIMIT,
            keys: Value::Vector(keys.into_iter().map(Value::Text).collect()),
            seats: (0..threads).map(|_| seat()).collect(),
        }
    }

    /// The next operation.
    pub(super) fn draw(&mut self, choice: &mut Choice<'_>) -> Drawn {
        if choice.now >= self.ends {
            return Drawn::Done;
        }
        let (now, seats) = (choice.now, &self.seats);
        if let Some(thread) =
            choice.random_free(|thread| !seats[thread].is_done() && seats[thread].due <= now)
        {
            return Drawn::Begin(thread, self.operation(thread, choice));
        }
        let unfinished = || (0..seats.len()).filter(|thread| !seats[*thread].is_done());
        let next =
            unfinished().filter(|thread| choice.threads.is_free(*thread)).map(|thread| seats[thread].due);
        match (next.min(), unfinished().next()) {
            (Some(due), _) => Drawn::NotBefore(due.min(self.ends)),
            (None, Some(_)) => Drawn::Pending,
            (None, None) => Drawn::Done,
        }
    }

    /// A poll of this thread has reached these offsets.
    pub(super) fn observe(&mut self, thread: usize, polled: &Offsets) {
        self.seats[thread].missing.retain(|key, offset| polled.get(key).is_none_or(|polled| polled < offset));
    }

    fn operation(&mut self, thread: usize, choice: &mut Choice<'_>) -> Draft {
        let seat = &mut self.seats[thread];
        match seat.turn {
            Turn::Crash => {
                seat.turn = Turn::Assign;
                crash()
            }
            Turn::Assign => {
                seat.turn = Turn::Poll;
                Draft { extra: vec![(SEEKS, true.into())], ..Draft::new("assign", self.keys.clone()) }
            }
            Turn::Poll => {
                seat.due = choice.now + POLL_GAP.mul_f64(2.0 * choice.rng.f64());
                poll()
            }
        }
    }
}

impl Seat {
    fn is_done(&self) -> bool {
        self.missing.is_empty()
    }
}
