//! One configuration after another, as far as it goes; back where it does not go on.

use super::board::{Board, Event, Slots};
use super::breadth::{Breadth, Stuck};
use super::configuration::Configuration;
use super::substitutes::Weighed;
use crate::patience::Patience;
use std::collections::{BTreeSet, HashMap};

/// Configurations between two looks at the clock.
const PATIENCE: usize = 1 << 10;

pub(super) fn search(board: &Board<'_>, limit: usize, patience: &Patience<'_>) -> Breadth {
    if !board.has_room() {
        return Breadth::TooComplex;
    }
    let (all, width) = (slots_by_event(board), board.width());
    let slots = |place: u32| Slots(&all[place as usize * width..][..width]);
    // What failed from here, where the same must happen.
    let mut seen: HashMap<(u32, u32, u128), Vec<Weighed>> = HashMap::new();
    let mut count = 0;
    let mut open: Vec<(u32, Configuration)> = vec![(0, board.beginning())];
    let mut farthest = (0, BTreeSet::new());
    while let Some((mut place, mut configuration)) = open.pop() {
        let call = loop {
            let Some(&(now, event)) = board.events.get(place as usize) else {
                return Breadth::Linearizable(vec![configuration.shown]);
            };
            match event {
                Event::Start(call) => {
                    configuration = board.start(slots(place), configuration, call, now);
                }
                Event::End(call) => {
                    let bit = 1 << board.slot(call);
                    if configuration.must & bit != 0
                        || (configuration.may & bit != 0 && board.is_wanted(call, now))
                    {
                        break call;
                    }
                    configuration.may &= !bit;
                }
            }
            place += 1;
        };
        let substitutes = board.substitutes(place as usize);
        let weighed = substitutes.weigh(configuration);
        let alike = seen.entry((place, configuration.state, configuration.must)).or_default();
        if alike.iter().any(|other| substitutes.make_needless(other, &weighed)) {
            continue;
        }
        alike.retain(|other| !substitutes.make_needless(&weighed, other));
        alike.push(weighed);
        count += 1;
        if place > farthest.0 {
            farthest = (place, BTreeSet::new());
        }
        if place == farthest.0 {
            farthest.1.insert(configuration.shown);
        }
        if count > limit || (count.is_multiple_of(PATIENCE) && patience.is_over()) {
            return Breadth::TooComplex;
        }
        let first = open.len();
        let now = board.events[place as usize].0;
        board.steps(slots(place), &configuration, call, now, &mut |_, next| open.push((place, next)));
        open[first..].reverse();
        let bit = 1 << board.slot(call);
        if configuration.must & bit == 0 {
            open.push((place + 1, Configuration { may: configuration.may & !bit, ..configuration }));
        }
    }
    let (_, Event::End(call) | Event::Start(call)) = board.events[farthest.0 as usize];
    Breadth::Stuck(Stuck { call, states: farthest.1.into_iter().collect(), paths: Vec::new() })
}

/// Who is in which slot, event by event.
fn slots_by_event(board: &Board<'_>) -> Vec<u32> {
    let mut slots = vec![0; board.width()];
    let mut all = Vec::with_capacity(board.events.len() * slots.len());
    for &(_, event) in &board.events {
        if let Event::Start(call) = event {
            slots[usize::from(board.slot(call))] = call as u32;
        }
        all.extend_from_slice(&slots);
    }
    all
}
