//! Linearizability of one register, decided just in time (Lowe, "Testing for linearizability", 2017).
//!
//! Going through the history, a set of configurations is kept: what the register may hold, and which of the calls in progress
//! have taken effect already. Nothing is decided before it must be. Only when a call ends must it have taken effect, so then
//! each configuration in which it has not is replaced by all those that let calls in progress take effect, one after the
//! other, up to that call. Calls whose end nobody saw stay in progress to the end of the history; since they need not take
//! effect, a configuration that has used up more of them than another, and is the same otherwise, can be forgotten.
//!
//! A read that can take effect does so before anything else: it changes nothing, so whatever was possible before it still is.
//! Else each set of the reads in progress would be a configuration.

use crate::Validity;
use edn::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Calls in progress at one time, of which those that never end make up most. The generator stops at 20 processes a key.
const MAX_IN_PROGRESS: usize = 128;

/// Configurations at one time beyond which no verdict is given.
const MAX_CONFIGURATIONS: usize = 1 << 20;

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

/// Decides whether the calls, given in the order of their starts, are linearizable.
pub(super) fn judge<'a>(calls: &[Call<'a>]) -> Judgement<'a> {
    let mut events = BTreeMap::new();
    for (number, call) in calls.iter().enumerate() {
        events.insert(call.start, Event::Start(number));
        events.extend(call.end.map(|end| (end, Event::End(number))));
    }
    let mut search = Search { slots: Vec::new(), configurations: Configurations::default() };
    search.configurations.insert(Configuration { state: &Value::Nil, ending: 0, endless: 0 });
    for event in events.into_values() {
        match event {
            Event::Start(number) => {
                if !search.start(number, &calls[number]) {
                    return Judgement::TooComplex;
                }
            }
            Event::End(number) => {
                if let Err(halt) = search.end(number) {
                    return halt;
                }
            }
        }
    }
    Judgement::Linearizable { states: states(search.configurations.iter()) }
}

enum Event {
    Start(usize),
    End(usize),
}

/// A value of the register, and the slots (as bits) of the calls in progress that have taken effect: those that will end, and
/// those that will not.
#[derive(Clone, Copy)]
struct Configuration<'a> {
    state: &'a Value,
    ending: u128,
    endless: u128,
}

/// Configurations none of which makes another superfluous.
#[derive(Default)]
struct Configurations<'a> {
    endless: BTreeMap<(&'a Value, u128), Vec<u128>>,
    count: usize,
}

impl<'a> Configurations<'a> {
    /// Says whether the configuration is needed.
    fn insert(&mut self, new: Configuration<'a>) -> bool {
        let same = self.endless.entry((new.state, new.ending)).or_default();
        if same.iter().any(|less| less & new.endless == *less) {
            return false;
        }
        let before = same.len();
        same.retain(|more| more & new.endless != new.endless);
        same.push(new.endless);
        self.count = self.count + same.len() - before;
        true
    }

    fn iter(&self) -> impl Iterator<Item = Configuration<'a>> {
        self.endless.iter().flat_map(|(&(state, ending), sets)| {
            sets.iter().map(move |&endless| Configuration { state, ending, endless })
        })
    }
}

struct Search<'a> {
    /// The calls in progress. A slot is free again when its call has ended.
    slots: Vec<Option<Slot<'a>>>,
    configurations: Configurations<'a>,
}

/// A configuration, and if a call took effect before: where from, and the call's slot.
struct Reached<'a> {
    configuration: Configuration<'a>,
    from: Option<(usize, usize)>,
}

#[derive(Clone, Copy)]
struct Slot<'a> {
    call: usize,
    action: Action<'a>,
    endless: bool,
}

impl<'a> Search<'a> {
    fn start(&mut self, number: usize, call: &Call<'a>) -> bool {
        let slot = Slot { call: number, action: call.action, endless: call.end.is_none() };
        match self.slots.iter_mut().find(|slot| slot.is_none()) {
            Some(free) => *free = Some(slot),
            None => self.slots.push(Some(slot)),
        }
        self.slots.len() <= MAX_IN_PROGRESS
    }

    /// Moves on to where a call has taken effect, unless that is impossible or cannot be found out.
    fn end(&mut self, number: usize) -> Result<(), Judgement<'a>> {
        let slot = self.slots.iter().position(|slot| slot.is_some_and(|slot| slot.call == number));
        let slot = slot.expect("a call that ends has started");
        let mut after = Configurations::default();
        let mut seen = std::mem::take(&mut self.configurations);
        let mut reached: Vec<Reached<'a>> =
            seen.iter().map(|configuration| Reached { configuration, from: None }).collect();
        let mut position = 0;
        while let Some(&Reached { configuration, .. }) = reached.get(position) {
            if configuration.ending & (1 << slot) != 0 {
                after.insert(Configuration { ending: configuration.ending & !(1 << slot), ..configuration });
                position += 1;
                continue;
            }
            if seen.count > MAX_CONFIGURATIONS {
                return Err(Judgement::TooComplex);
            }
            for next in self.choices(configuration) {
                if let Some(configuration) = self.step(configuration, next)
                    && seen.insert(configuration)
                {
                    reached.push(Reached { configuration, from: Some((position, next)) });
                }
            }
            position += 1;
        }
        if after.count == 0 {
            return Err(self.stuck(number, &reached));
        }
        self.slots[slot] = None;
        self.configurations = after;
        Ok(())
    }

    /// The slots of the calls that may take effect next.
    fn choices(&self, configuration: Configuration<'a>) -> Range<usize> {
        let reads = |slot: Slot<'_>| !slot.endless && slot.action == Action::Read(configuration.state);
        let waits = |slot: &usize| configuration.ending & (1 << slot) == 0;
        let all = 0..self.slots.len();
        let read = all.clone().filter(waits).find(|&slot| self.slots[slot].is_some_and(reads));
        read.map_or(all, |read| read..read + 1)
    }

    /// What there is to say about a call without which no order gets on.
    fn stuck(&self, call: usize, reached: &[Reached<'a>]) -> Judgement<'a> {
        let first = reached.iter().filter(|reached| reached.from.is_none());
        // What is reached first is reached on a shortest way.
        let mut values = BTreeSet::new();
        let new = |position: &usize| values.insert(reached[*position].configuration.state);
        let paths = (0..reached.len()).filter(new).map(|position| self.path(reached, position));
        Judgement::Stuck {
            call,
            paths: paths.collect(),
            states: states(first.map(|reached| reached.configuration)),
        }
    }

    fn path(&self, reached: &[Reached<'a>], mut position: usize) -> Path<'a> {
        let mut steps = Vec::new();
        while let Some((from, slot)) = reached[position].from {
            let slot = self.slots[slot].expect("what takes effect is in progress");
            steps.push((slot.call, reached[position].configuration.state));
            position = from;
        }
        steps.reverse();
        Path { state: reached[position].configuration.state, steps }
    }

    /// Lets the call in a slot take effect, if there is one that has not, and it can. Of endless calls that do the same only
    /// the first is considered: which of them took effect makes no difference.
    fn step(&self, configuration: Configuration<'a>, slot: usize) -> Option<Configuration<'a>> {
        let done = configuration.ending | configuration.endless;
        let waits = |slot: usize| self.slots[slot].filter(|_| done & (1 << slot) == 0);
        let call = waits(slot)?;
        let same = |other: Slot<'_>| other.endless && other.action == call.action;
        if call.endless && (0..slot).any(|earlier| waits(earlier).is_some_and(same)) {
            return None;
        }
        let state = apply(call.action, configuration.state)?;
        Some(match call.endless {
            true => Configuration { state, endless: configuration.endless | 1 << slot, ..configuration },
            false => Configuration { state, ending: configuration.ending | 1 << slot, ..configuration },
        })
    }
}

/// The values that the register may hold.
fn states<'a>(configurations: impl Iterator<Item = Configuration<'a>>) -> Vec<&'a Value> {
    let states: BTreeSet<&Value> = configurations.map(|configuration| configuration.state).collect();
    states.into_iter().collect()
}

/// The register after an action; none if it cannot happen now.
fn apply<'a>(action: Action<'a>, state: &'a Value) -> Option<&'a Value> {
    match action {
        Action::Read(value) => (value == state).then_some(state),
        Action::Write(value) => Some(value),
        Action::CompareAndSet(from, to) => (from == state).then_some(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Whether any order of the calls, with any of the endless ones, is right: by trying all.
    fn brute(calls: &[Call<'_>], done: u32, state: &Value) -> bool {
        let waits = |number: usize| done & (1 << number) == 0;
        if (0..calls.len()).all(|number| !waits(number) || calls[number].end.is_none()) {
            return true;
        }
        (0..calls.len()).filter(|&number| waits(number)).any(|number| {
            let too_late =
                |other: usize| waits(other) && calls[other].end.is_some_and(|end| end < calls[number].start);
            let first = (0..calls.len()).all(|other| !too_late(other));
            first
                && apply(calls[number].action, state)
                    .is_some_and(|state| brute(calls, done | 1 << number, state))
        })
    }

    static VALUES: [Value; 3] = [Value::Integer(0), Value::Integer(1), Value::Integer(2)];

    fn action((kind, a, b): (u8, usize, usize)) -> Action<'static> {
        match kind {
            0 => Action::Read(&VALUES[a]),
            1 => Action::Write(&VALUES[a]),
            _ => Action::CompareAndSet(&VALUES[a], &VALUES[b]),
        }
    }

    #[test]
    fn reads_in_progress_do_not_multiply_what_must_be_searched() {
        let write = |value: usize, start| Call { action: Action::Write(&VALUES[value]), start, end: None };
        let read = |number: usize| {
            let action = Action::Read(&VALUES[number % 2]);
            Call { action, start: 10 + number, end: Some(1000 + number) }
        };
        let mut calls = vec![write(0, 0), write(1, 1)];
        calls.extend((0..60).map(read));
        assert_eq!(judge(&calls).validity(), Validity::True);
        // The last read finds what nobody wrote.
        calls.push(Call { action: Action::Read(&VALUES[2]), start: 100, end: Some(2000) });
        assert_eq!(judge(&calls).validity(), Validity::False);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        /// Each call is its action, where it starts, how long it takes, and whether it ends.
        #[test]
        fn the_verdict_is_that_of_trying_every_order(
            plans in proptest::collection::vec(((0u8..3, 0usize..3, 0usize..3), 0usize..12, 1usize..8, 0u8..5), 1..7)
        ) {
            let mut calls: Vec<Call<'_>> = plans.iter().enumerate().map(|(number, &(what, start, length, ends))| {
                // Distinct indices: position in time, times 16, plus the call's number; ends come after starts of a moment.
                let end = (start + length) * 32 + 16 + number;
                Call { action: action(what), start: start * 32 + number, end: (ends > 0).then_some(end) }
            }).collect();
            calls.sort_by_key(|call| call.start);
            let expected = if brute(&calls, 0, &Value::Nil) { Validity::True } else { Validity::False };
            prop_assert_eq!(judge(&calls).validity(), expected, "{:?}", calls);
        }
    }
}
