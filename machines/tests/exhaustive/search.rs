//! The search: breadth first, each state once, so that what breaks a promise is found with the fewest events.

use std::collections::{HashSet, VecDeque};
use std::fmt::Write;

use crate::subject::Subject;
use crate::world::{Budget, Event, World};

/// A fair network brings a cluster to rest in fewer steps, or never.
const MOST_STEPS_TO_REST: usize = 2000;

/// Of an endless story no more is told than so many events.
const MOST_TOLD: usize = 60;

/// What a search has come to.
pub(crate) struct Outcome {
    /// Different states that were reached.
    pub(crate) states: usize,
    /// Events that led from one to another.
    pub(crate) events: usize,
    /// The most events that it took to reach one.
    pub(crate) depth: usize,
    /// States on the ways to rest.
    pub(crate) resting: usize,
    /// Why a promise is broken, and what happened until then; none: none is.
    pub(crate) broken: Option<String>,
}

/// Searches all that can happen within a budget, or its first `most` states.
pub(crate) fn search<S: Subject>(subject: &S, budget: Budget, most: usize) -> Outcome {
    let mut search = Search { subject, path: Vec::new(), seen: HashSet::new(), rests: HashSet::new() };
    let mut outcome = Outcome { states: 0, events: 0, depth: 0, resting: 0, broken: None };
    outcome.broken = search.run(budget, most, &mut outcome).err();
    (outcome.states, outcome.resting) = (search.seen.len(), search.rests.len());
    outcome
}

struct Search<'s, S> {
    subject: &'s S,
    /// How each state was first reached: from which, and by what.
    path: Vec<(usize, Event)>,
    seen: HashSet<u64>,
    /// States from which a fair network is known to lead to rest.
    rests: HashSet<u64>,
}

impl<S: Subject> Search<'_, S> {
    fn run(&mut self, budget: Budget, most: usize, outcome: &mut Outcome) -> Result<(), String> {
        let first = World::new(self.subject, budget);
        self.seen.insert(first.print_with_budget());
        self.path.push((0, Event::Wait));
        let mut queue = VecDeque::from([(0, 0, first)]);
        while let Some((number, depth, world)) = queue.pop_front() {
            outcome.depth = depth;
            self.come_to_rest(&world).map_err(|(why, events)| self.tell(budget, number, &events, &why))?;
            for event in world.events(self.subject) {
                outcome.events += 1;
                let after = world.after(self.subject, event);
                let after = after.map_err(|why| self.tell(budget, number, &[event], &why))?;
                if self.seen.len() < most && self.seen.insert(after.print_with_budget()) {
                    self.path.push((number, event));
                    queue.push_back((self.path.len() - 1, depth + 1, after));
                }
            }
        }
        Ok(())
    }

    /// Asserts that a fair network brings this cluster to rest, and that all is well then.
    fn come_to_rest(&mut self, world: &World<S>) -> Result<(), (String, Vec<Event>)> {
        let (mut world, mut events, mut way) = (world.clone(), Vec::new(), HashSet::new());
        loop {
            if self.rests.contains(&world.print()) {
                break;
            }
            if !way.insert(world.print()) || way.len() > MOST_STEPS_TO_REST {
                events.truncate(MOST_TOLD);
                return Err(("the cluster never comes to rest".to_string(), events));
            }
            let has_asked = events.iter().any(|event| matches!(event, Event::AskLast));
            let next = world.fair_event();
            let last = || self.subject.last_request().filter(|_| !has_asked).map(|_| Event::AskLast);
            let Some(event) = next.or_else(last) else {
                self.subject.rested(world.witness(), &world.shown()).map_err(|why| (why, events))?;
                break;
            };
            events.push(event);
            world = world.after(self.subject, event).map_err(|why| (why, events.clone()))?;
        }
        self.rests.extend(way);
        Ok(())
    }

    /// What happened on the way to a state, and after it.
    fn tell(&self, budget: Budget, mut number: usize, events: &[Event], why: &str) -> String {
        let mut all: Vec<Event> = events.iter().rev().copied().collect();
        while number > 0 {
            let (before, event) = self.path[number];
            all.push(event);
            number = before;
        }
        let mut told = format!("{why}, when\n");
        let mut world = World::new(self.subject, budget);
        for event in all.into_iter().rev() {
            writeln!(told, "  {}", world.tell(self.subject, event)).expect("a string takes any text");
            match world.after(self.subject, event) {
                Ok(after) => world = after,
                Err(_) => break,
            }
        }
        told
    }
}
