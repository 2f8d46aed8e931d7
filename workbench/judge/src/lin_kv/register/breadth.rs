//! All configurations, event by event.

use super::board::{Board, Event, Slots};
use super::configuration::Configuration;
use super::substitutes::{Substitutes, Weighed};
use crate::patience::Patience;
use std::collections::{BTreeSet, HashMap};

pub(super) enum Breadth {
    /// What the register may hold in the end.
    Linearizable(Vec<u32>),
    Stuck(Stuck),
    TooComplex,
}

/// The call that no order gets past.
pub(super) struct Stuck {
    pub(super) call: usize,
    pub(super) states: Vec<u32>,
    /// Ways from some state to others: the calls that took effect, and what the register held after each.
    pub(super) paths: Vec<(u32, Vec<(usize, u32)>)>,
}

/// Configurations none of which makes another needless.
struct Front<'s> {
    substitutes: &'s Substitutes,
    by_state: HashMap<u32, Vec<Weighed>>,
    count: usize,
}

impl<'s> Front<'s> {
    fn new(substitutes: &'s Substitutes) -> Front<'s> {
        Front { substitutes, by_state: HashMap::new(), count: 0 }
    }

    /// Says whether the configuration is needed.
    fn insert(&mut self, new: Configuration) -> bool {
        let substitutes = self.substitutes;
        let new = substitutes.weigh(new);
        let same = self.by_state.entry(new.configuration.state).or_default();
        if same.iter().any(|old| substitutes.make_needless(old, &new)) {
            return false;
        }
        let before = same.len();
        same.retain(|old| !substitutes.make_needless(&new, old));
        same.push(new);
        self.count = self.count + same.len() - before;
        true
    }

    /// All of them, in an order that depends on nothing else.
    fn into_list(self) -> Vec<Configuration> {
        let mut states: Vec<(u32, Vec<Weighed>)> = self.by_state.into_iter().collect();
        states.sort_unstable_by_key(|(state, _)| *state);
        let all = states.into_iter().flat_map(|(_, configurations)| configurations);
        all.map(|weighed| weighed.configuration).collect()
    }
}

/// A configuration, and if a call took effect before: where from, and the call's slot.
struct Reached {
    configuration: Configuration,
    from: Option<(usize, u8)>,
}

pub(super) fn search(board: &Board<'_>, limit: usize, patience: &Patience<'_>) -> Breadth {
    let mut slots = vec![0; board.width()];
    let mut configurations = vec![board.beginning()];
    if !board.has_room() {
        return Breadth::TooComplex;
    }
    for (place, &(now, event)) in board.events.iter().enumerate() {
        match event {
            Event::Start(call) => {
                slots[usize::from(board.slot(call))] = call as u32;
                let start = |configuration: &mut Configuration| {
                    *configuration = board.start(Slots(&slots), *configuration, call, now);
                };
                configurations.iter_mut().for_each(start);
            }
            Event::End(call) => match end(board, Slots(&slots), configurations, (call, place, now), limit) {
                Ok(after) => configurations = after,
                Err(outcome) => return outcome,
            },
        }
        if patience.is_over() {
            return Breadth::TooComplex;
        }
    }
    Breadth::Linearizable(configurations.iter().map(|configuration| configuration.shown).collect())
}

/// Moves on to where a call has taken effect, unless that is impossible or cannot be found out.
fn end(
    board: &Board<'_>,
    slots: Slots<'_>,
    before: Vec<Configuration>,
    (call, place, now): (usize, usize, usize),
    limit: usize,
) -> Result<Vec<Configuration>, Breadth> {
    let bit = 1 << board.slot(call);
    let substitutes = board.substitutes(place);
    let (mut seen, mut after) = (Front::new(substitutes), Front::new(substitutes));
    let mut reached: Vec<Reached> = Vec::new();
    for configuration in before {
        if seen.insert(configuration) {
            reached.push(Reached { configuration, from: None });
        }
    }
    let mut position = 0;
    while let Some(&Reached { configuration, from }) = reached.get(position) {
        if configuration.available() & bit == 0 {
            after.insert(configuration);
        } else {
            if seen.count > limit {
                return Err(Breadth::TooComplex);
            }
            let is_excused = configuration.must & bit == 0;
            // Whoever need not take effect may not have, unless that was so before the last step.
            let was_excused = from.is_some_and(|(from, _)| reached[from].configuration.must & bit == 0);
            if is_excused && !was_excused {
                after.insert(Configuration { may: configuration.may & !bit, ..configuration });
            }
            if !is_excused || board.is_wanted(call, now) {
                board.steps(slots, &configuration, call, now, &mut |slot, configuration| {
                    if seen.insert(configuration) {
                        reached.push(Reached { configuration, from: Some((position, slot)) });
                    }
                });
            }
        }
        position += 1;
    }
    match after.count {
        0 => Err(Breadth::Stuck(stuck(slots, call, &reached))),
        _ => Ok(after.into_list()),
    }
}

/// What there is to say about a call without which no order gets on.
fn stuck(slots: Slots<'_>, call: usize, reached: &[Reached]) -> Stuck {
    let first = reached.iter().filter(|reached| reached.from.is_none());
    // What is reached first is reached on a shortest way.
    let mut values = BTreeSet::new();
    let new = |position: &usize| values.insert(reached[*position].configuration.shown);
    let paths = (0..reached.len()).filter(new).map(|position| path(slots, reached, position)).collect();
    Stuck { call, paths, states: first.map(|reached| reached.configuration.shown).collect() }
}

fn path(slots: Slots<'_>, reached: &[Reached], mut position: usize) -> (u32, Vec<(usize, u32)>) {
    let mut steps = Vec::new();
    while let Some((from, slot)) = reached[position].from {
        steps.push((slots.call(slot), reached[position].configuration.shown));
        position = from;
    }
    steps.reverse();
    (reached[position].configuration.shown, steps)
}
