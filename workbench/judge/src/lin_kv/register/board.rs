//! The calls, what a configuration is, and the steps from one to others.

use super::configuration::{Configuration, Step, WHATEVER};
use super::substitutes::Substitutes;
use super::{Action, Call};
use edn::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Calls in progress at one time, of which those that never end make up most. The generator stops at 20 processes a key.
const MAX_IN_PROGRESS: usize = 128;

/// Whether what makes configurations needless is made use of.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Economy {
    All,
    /// And calls without end may take effect more than once.
    Lavish,
    /// But for what keeps the number of configurations in bounds at all.
    None,
}

/// The calls of a register, with values numbered.
pub(super) struct Board<'a> {
    pub(super) calls: Vec<NumberedCall>,
    /// Starts and ends, in order, and where each is in the history.
    pub(super) events: Vec<(usize, Event)>,
    /// Where a call is while it is in progress.
    slots: Vec<u8>,
    values: Vec<&'a Value>,
    /// Of each value, when the last call ends that asks for it.
    asked_until: Vec<usize>,
    economy: Economy,
    has_room: bool,
    /// What calls without end can stand in for each other: after none of them has begun, after one, and so on.
    substitutes: Vec<Substitutes>,
    /// How many of them have begun by each event.
    begun: Vec<u32>,
}

#[derive(Clone, Copy)]
pub(super) struct NumberedCall {
    action: Step,
    /// `usize::MAX` if nobody saw it end.
    end: usize,
}

#[derive(Clone, Copy)]
pub(super) enum Event {
    Start(usize),
    End(usize),
}

/// Who is in which slot.
#[derive(Clone, Copy)]
pub(super) struct Slots<'s>(pub(super) &'s [u32]);

impl Slots<'_> {
    pub(super) fn call(&self, slot: u8) -> usize {
        self.0[usize::from(slot)] as usize
    }
}

impl<'a> Board<'a> {
    pub(super) fn new(calls: &[Call<'a>], economy: Economy) -> Board<'a> {
        let mut board = Board {
            calls: Vec::new(),
            events: Vec::new(),
            slots: Vec::new(),
            values: vec![&Value::Nil],
            asked_until: vec![0],
            economy,
            has_room: true,
            substitutes: vec![Substitutes::default()],
            begun: Vec::new(),
        };
        let mut numbers = HashMap::from([(&Value::Nil, 0)]);
        for call in calls {
            let end = call.end.unwrap_or(usize::MAX);
            let mut number = |value: &'a Value, is_asked_for: bool| {
                let number = *numbers.entry(value).or_insert_with(|| {
                    board.values.push(value);
                    board.asked_until.push(0);
                    board.values.len() as u32 - 1
                });
                let until = &mut board.asked_until[number as usize];
                *until = (*until).max(if is_asked_for { end } else { 0 });
                number
            };
            let action = match call.action {
                Action::Read(value) => Step::Read(number(value, true)),
                Action::Write(value) => Step::Write(number(value, false)),
                Action::CompareAndSet(from, to) => Step::CompareAndSet(number(from, true), number(to, false)),
            };
            board.calls.push(NumberedCall { action, end });
        }
        board.order(calls);
        board
    }

    /// Puts starts and ends in order, and calls into slots.
    fn order(&mut self, calls: &[Call<'a>]) {
        let mut events = BTreeMap::new();
        for (number, call) in calls.iter().enumerate() {
            events.insert(call.start, Event::Start(number));
            events.extend(call.end.map(|end| (end, Event::End(number))));
        }
        let mut free: BTreeSet<usize> = (0..MAX_IN_PROGRESS).collect();
        self.slots = vec![0; calls.len()];
        for (place, event) in events {
            match event {
                Event::Start(number) if self.is_pointless(number, place) => continue,
                Event::Start(number) => match free.pop_first() {
                    Some(slot) => self.slots[number] = slot as u8,
                    None => self.has_room = false,
                },
                Event::End(number) => drop(free.insert(usize::from(self.slots[number]))),
            }
            if let Event::Start(number) = event
                && self.economy == Economy::All
                && self.calls[number].end == usize::MAX
            {
                let before = self.substitutes.last().expect("there is one to begin with");
                let more = before.with(self.calls[number].action, 1 << self.slots[number]);
                self.substitutes.push(more);
            }
            self.events.push((place, event));
            self.begun.push(self.substitutes.len() as u32 - 1);
        }
    }

    /// Who can stand in for whom at the event at this place.
    pub(super) fn substitutes(&self, place: usize) -> &Substitutes {
        &self.substitutes[self.begun[place] as usize]
    }

    /// Whether a call may as well never take effect: one without end, that writes what nobody asks for. Another write that
    /// it might excuse does as well by itself.
    fn is_pointless(&self, number: usize, now: usize) -> bool {
        let NumberedCall { action, end } = self.calls[number];
        let written = match action {
            Step::Read(_) => return end == usize::MAX,
            Step::Write(value) | Step::CompareAndSet(_, value) => value,
        };
        self.is_economical() && end == usize::MAX && self.asked_until[written as usize] < now
    }

    fn is_economical(&self) -> bool {
        self.economy != Economy::None
    }

    /// How many slots are ever in use.
    pub(super) fn width(&self) -> usize {
        self.slots.iter().copied().max().map_or(0, |slot| usize::from(slot) + 1)
    }

    /// Whether no more calls are in progress at one time than there are slots.
    pub(super) fn has_room(&self) -> bool {
        self.has_room
    }

    pub(super) fn value(&self, state: u32) -> &'a Value {
        self.values.get(state as usize).copied().unwrap_or(&Value::Nil)
    }

    /// These values, each once, in order.
    pub(super) fn values(&self, states: &[u32]) -> Vec<&'a Value> {
        let values: BTreeSet<&Value> = states.iter().map(|&state| self.value(state)).collect();
        values.into_iter().collect()
    }

    /// How many calls had begun when this one ended.
    pub(super) fn begun_before(&self, call: usize) -> usize {
        let end =
            self.events.iter().position(|(_, event)| matches!(event, Event::End(other) if *other == call));
        let before = self.events[..end.unwrap_or(self.events.len())].iter();
        let begun = before
            .filter_map(|(_, event)| if let Event::Start(call) = event { Some(call + 1) } else { None });
        begun.max().unwrap_or(0)
    }

    pub(super) fn slot(&self, call: usize) -> u8 {
        self.slots[call]
    }

    /// Whether a call writes what somebody will ask for: if it may take effect, and is about to end, that it has is worth a
    /// thought.
    pub(super) fn is_wanted(&self, call: usize, now: usize) -> bool {
        matches!(self.calls[call].action, Step::Write(value) if self.asked_until[value as usize] > now)
    }

    pub(super) fn beginning(&self) -> Configuration {
        Configuration { state: 0, must: 0, may: 0, shown: 0 }
    }

    /// A call begins.
    pub(super) fn start(
        &self,
        slots: Slots<'_>,
        configuration: Configuration,
        call: usize,
        now: usize,
    ) -> Configuration {
        let bit = 1 << self.slots[call];
        let configuration = match self.calls[call].end {
            usize::MAX => Configuration { may: configuration.may | bit, ..configuration },
            _ => Configuration { must: configuration.must | bit, ..configuration },
        };
        self.settle(slots, configuration, now)
    }

    /// All that reads the state has read it, and a state that nobody asks for is any.
    fn settle(&self, slots: Slots<'_>, mut configuration: Configuration, now: usize) -> Configuration {
        let state = configuration.state;
        for slot in bits(configuration.must) {
            let changes_nothing = match self.calls[slots.call(slot)].action {
                Step::Read(value) => value == state,
                Step::CompareAndSet(from, to) => from == to && from == state,
                Step::Write(_) => false,
            };
            if changes_nothing {
                configuration.must &= !(1 << slot);
            }
        }
        if self.is_economical() && state != WHATEVER && self.asked_until[state as usize] < now {
            configuration.state = WHATEVER;
        }
        configuration
    }

    /// The configurations in which one more call has taken effect, with its slot: steps on the way to a call that is about to
    /// end. The likeliest come first.
    pub(super) fn steps(
        &self,
        slots: Slots<'_>,
        configuration: &Configuration,
        target: usize,
        now: usize,
        tell: &mut impl FnMut(u8, Configuration),
    ) {
        let mut seen: Vec<(Step, usize, u8)> = Vec::with_capacity(16);
        for slot in bits(configuration.available()) {
            let NumberedCall { action, end } = self.calls[slots.call(slot)];
            let is_possible = match action {
                Step::Read(_) => false,
                Step::Write(value) => {
                    let is_asked_for = !self.is_economical() || self.asked_until[value as usize] >= now;
                    is_asked_for || slots.call(slot) == target
                }
                Step::CompareAndSet(from, to) => from == configuration.state && from != to,
            };
            if !is_possible {
                continue;
            }
            match seen.iter_mut().find(|(other, ..)| *other == action) {
                Some(same) if same.1 > end => *same = (action, end, slot),
                Some(_) => {}
                None => seen.push((action, end, slot)),
            }
        }
        let wanted = match self.calls[target].action {
            Step::Read(value) | Step::CompareAndSet(value, _) => value,
            Step::Write(value) => value,
        };
        seen.sort_unstable_by_key(|(action, end, slot)| {
            let (Step::Read(to) | Step::Write(to) | Step::CompareAndSet(_, to)) = *action;
            (slots.call(*slot) != target, to != wanted, *end)
        });
        for (action, _, slot) in seen {
            tell(slot, self.effect(slots, configuration, action, slot, now));
        }
    }

    /// The configuration after a call has taken effect.
    fn effect(
        &self,
        slots: Slots<'_>,
        configuration: &Configuration,
        action: Step,
        slot: u8,
        now: usize,
    ) -> Configuration {
        let bit = 1 << slot;
        let is_spent = self.economy != Economy::Lavish || self.calls[slots.call(slot)].end != usize::MAX;
        let spent = if is_spent { bit } else { 0 };
        let mut next = Configuration {
            must: configuration.must & !spent,
            may: configuration.may & !spent,
            ..*configuration
        };
        match action {
            Step::Read(_) => {}
            Step::CompareAndSet(_, to) => (next.state, next.shown) = (to, to),
            Step::Write(value) => {
                (next.state, next.shown) = (value, value);
                if self.is_economical() {
                    let writes = bits(next.must)
                        .filter(|&slot| matches!(self.calls[slots.call(slot)].action, Step::Write(_)))
                        .fold(0, |writes, slot| writes | 1 << slot);
                    next.may |= writes;
                    next.must &= !writes;
                }
            }
        }
        self.settle(slots, next, now)
    }
}

/// The numbers of the bits that are set.
pub(super) fn bits(mut set: u128) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| set.trailing_zeros() as u8)?;
        set &= set - 1;
        Some(bit)
    })
}
