//! Linearizability of one register, decided just in time (Lowe, "Testing for linearizability", 2017).
//!
//! Going through the history, a set of configurations is kept: what the register may hold, which calls in progress must still
//! take effect, and which may. Nothing is decided before it must be. Only when a call ends must it have taken effect, so then
//! each configuration in which it must still is replaced by all those that let calls in progress take effect, one after the
//! other, up to that call. Calls whose end nobody saw may take effect to the end of the history.
//!
//! That alone is exponential: each set of calls in progress could be a configuration. What makes most of them needless:
//!
//! - *A write excuses others.* When a write takes effect, each other write in progress may have done so right before it, and
//!   nobody saw. So from then on those may still take effect, as long as they last, and need not.
//! - *Reads come first.* A read that can take effect does: it changes nothing, so whatever was possible still is.
//! - *Of calls that do the same the one that ends first is used*, as the others can be used for longer.
//! - *A value that nobody will ask for is like any other such.* To write it is of use only to the call that does, and any
//!   other state is at least as good.
//! - A configuration is needless if in another one, with the register in the same state, no more must and no less may happen; or
//!   if what may not happen there any more can be stood in for ([`substitutes`]).
//!
//! Where a set of configurations grows in spite of that, it is nearly always for calls without end: which of them have been used
//! up. So the next search lets them take effect as often as they please, and has few configurations. A history that is not
//! linearizable even so is not linearizable; that shows most that are wrong. For histories that are linearizable, nearly all, a
//! search in depth then finds some order soon, however many there are. Each keeps to a limit, and then there is no verdict.

mod board;
mod breadth;
mod configuration;
mod depth;
mod substitutes;

use crate::Validity;
use crate::patience::Patience;
use board::{Board, Economy};
use breadth::Breadth;
use edn::Value;
use std::collections::BTreeSet;

/// An operation on the register. `start` and `end` are indices in the history; a call without end may never take effect.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    pub(super) action: Action<'a>,
    pub(super) start: usize,
    pub(super) end: Option<usize>,
}

impl Call<'_> {
    /// What is last known of it: its end, or else its start.
    pub(super) fn last(&self) -> usize {
        self.end.unwrap_or(self.start)
    }
}

/// What a call does, when it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action<'a> {
    /// The register holds this.
    Read(&'a Value),
    /// It now holds this, whatever it held.
    Write(&'a Value),
    /// It held the first and now holds the second.
    CompareAndSet(&'a Value, &'a Value),
}

#[derive(Debug)]
pub(super) enum Judgement<'a> {
    /// There is an order; these are the values that the register may hold after it.
    Linearizable {
        states: Vec<&'a Value>,
    },
    /// No order gets past the end of this call; these are the values that the register may have held before, and how it
    /// could have come to hold others still.
    Stuck {
        call: usize,
        states: Vec<&'a Value>,
        paths: Vec<Path<'a>>,
    },
    TooComplex,
}

/// A way to some value: what the register held, and the calls that then took effect, each with what it held after it.
#[derive(Debug)]
pub(super) struct Path<'a> {
    pub(super) state: &'a Value,
    pub(super) steps: Vec<(usize, &'a Value)>,
}

impl Judgement<'_> {
    pub(super) fn validity(&self) -> Validity {
        match self {
            Judgement::Linearizable { .. } => Validity::True,
            Judgement::Stuck { .. } => Validity::False,
            Judgement::TooComplex => Validity::Unknown,
        }
    }
}

/// The searches, one after the other, until one comes to an end: in breadth up to so many configurations at a time, in depth up
/// to so many altogether. The last gives up after about a minute.
const SEARCHES: [(Way, usize); 7] = [
    (Way::Breadth, 1 << 9),
    (Way::Lavish, 1 << 11),
    (Way::Depth, 1 << 15),
    (Way::Breadth, 1 << 12),
    (Way::Depth, 1 << 19),
    (Way::Breadth, 1 << 15),
    (Way::Depth, 1 << 24),
];
/// Configurations at a time of the search that explains what went wrong.
const MAX_EXPLAINED: usize = 1 << 12;

#[derive(Clone, Copy)]
enum Way {
    Breadth,
    /// In breadth, as if calls without end took effect as often as they please.
    Lavish,
    Depth,
}

/// Decides whether the calls, given in the order of their starts, are linearizable.
pub(super) fn judge<'a>(calls: &[Call<'a>], patience: &Patience<'_>) -> Judgement<'a> {
    let board = Board::new(calls, Economy::All);
    let search = |(way, limit): (Way, usize)| match way {
        Way::Breadth => breadth::search(&board, limit, patience),
        Way::Lavish => match breadth::search(&Board::new(calls, Economy::Lavish), limit, patience) {
            // That some order would do if calls took effect twice says nothing.
            Breadth::Linearizable(_) => Breadth::TooComplex,
            outcome => outcome,
        },
        Way::Depth => depth::search(&board, limit, patience),
    };
    let mut outcomes = SEARCHES.into_iter().map(search);
    let outcome =
        outcomes.find(|outcome| !matches!(outcome, Breadth::TooComplex)).unwrap_or(Breadth::TooComplex);
    match outcome {
        Breadth::Linearizable(states) => Judgement::Linearizable { states: board.values(&states) },
        Breadth::Stuck(stuck) => {
            // Without economies all values show that the register may have held.
            let plain = Board::new(&calls[..board.begun_before(stuck.call)], Economy::None);
            match breadth::search(&plain, MAX_EXPLAINED, patience) {
                Breadth::Stuck(plainly) => plainly.tell(&plain),
                _ => stuck.tell(&board),
            }
        }
        Breadth::TooComplex => Judgement::TooComplex,
    }
}

impl breadth::Stuck {
    fn tell<'a>(self, board: &Board<'a>) -> Judgement<'a> {
        let value = |state: u32| board.value(state);
        let path = |(state, steps): (u32, Vec<(usize, u32)>)| Path {
            state: value(state),
            steps: steps.into_iter().map(|(call, state)| (call, value(state))).collect(),
        };
        let states: BTreeSet<&Value> = self.states.into_iter().map(value).collect();
        Judgement::Stuck {
            call: self.call,
            states: states.into_iter().collect(),
            paths: self.paths.into_iter().map(path).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
