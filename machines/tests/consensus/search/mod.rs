//! Every order of every message on three nodes: all states that elections, a few requests, messages late or twice, and deaths
//! can lead to, each once, breadth first.
//!
//! # What may happen
//!
//! As much as a [`Scope`](scopes::Scope) says: the search is complete within it, or says that it is not.
//!
//! *Messages* arrive whenever they like, and so perhaps never: all that a cluster does without a message, it does before that
//! message arrives. On an unordered network that is all there is to say; states are many there. On an ordered one,
//! what a node says to another arrives in order, but for so many messages that others overtake: these are late, or lost. A link that
//! is cut from some moment on is one whose next message is never chosen. *Clients* ask any node at any time.
//!
//! *Time* passes at each node by itself, in steps that make trouble: a second, in which every election timeout ends and a leader
//! that has heard of nobody ceases to be one; half a second at a leader, which then misses all answers and asks again.
//!
//! *A node that dies* comes back with its disk and has forgotten the rest. What it has said may arrive all the same, or
//! nothing of what is on its way: so it may have died before it said it.
//!
//! # What must hold
//!
//! After every event figure 3, of all that any node ever showed ([`facts`]); from one step of a node to its next, deaths
//! included: terms grow, one vote a term, a leader appends only, what is committed stays; and a client hears that its write has been
//! done only where it is committed. The nodes are the code that ships, behind its codec.
//!
//! # Why so few states are enough
//!
//! States are one if the same may follow from both and what must hold holds in both, or in neither. So:
//!
//! *Draws do not matter* (`random`, `election_at`). Draws decide when a node stands, and nothing else. A node stands within
//! a second of having set that time, and not at once; only at a leader does less time pass, and there the draw was a candidate's,
//! whose time is over in half a second; in less, it is not reached. So at each event whether it is time to stand is the same
//! whatever was drawn, and what was drawn is not part of the state: *the search holds for all draws.*
//!
//! *Nor does what nobody reads*: when a node was started, once it runs; how long its journal is, while that is far from being
//! written anew; and moments count as they lie to the node's clock. A disk is what a start from it makes: recovery takes in
//! record after record, so two disks that make the same node now do so with the same records behind them, too.
//!
//! *A refusal to one that only asks whether it would be elected* is like silence (thesis 9.6): it asks whoever has not
//! consented again, and counts only consent.
//!
//! *Dead letters are lost* ([`letter`]): those that change nothing at their receiver and have it say nothing, now and ever.
//! Terms only grow, on disk too, and who leads or stands in a term has voted for itself in it, once, when it began that term. So a
//! vote or a report of a term that its receiver has left is dead; and so is a report of the current term at whoever did not vote
//! for itself, consent to stand in a term that has begun, a vote for somebody elected, and a refusal of the above kind that names no
//! leader and brings no higher term. One thing they can do: where a node reaches another by way of a relay, whatever comes
//! straight from there ends that. No promise rests on ways; but this is a part of the scope, not of the argument: *that dead
//! letters do this is searched only where a scope says so.* There they are delivered, and checked to do nothing else.
//!
//! *What a step does is found out once* ([`ledger`]): clusters are many, but made of few nodes. This changes no count; it is what
//! millions of clusters are affordable by.
//!
//! It is not the search of `tests/exhaustive`: that asks what leads to rest, and consensus never rests; and it has no disks.

mod cluster;
mod computer;
mod facts;
mod ledger;
mod letter;
pub(crate) mod scopes;

use std::collections::HashSet;
use std::fmt::Write;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use cluster::{Cluster, Event};
use ledger::{Ledger, Mixer};
use scopes::Scope;

const NODES: usize = 3;

/// What a search has come to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Different states that were reached.
    pub(crate) states: usize,
    /// Events that led from one to another.
    pub(crate) events: usize,
    /// The most events that it took to reach one.
    pub(crate) depth: usize,
    /// Different nodes in them.
    pub(crate) computers: usize,
    /// The most elections, and committed entries, of a state.
    pub(crate) elections: usize,
    pub(crate) commits: usize,
    /// Whether that was all.
    pub(crate) is_complete: bool,
    /// What must not be, and what happened until then; none: nothing.
    pub(crate) broken: Option<String>,
}

/// Searches all that can happen within a scope, or its first `most` states.
pub(crate) fn search(scope: &Scope, most: usize) -> Outcome {
    let mut search = Search {
        scope,
        ledger: Ledger::new(scope.budget.deaths > 0),
        seen: HashSet::default(),
        ways: Vec::new(),
        next: Vec::new(),
    };
    let mut outcome = Outcome {
        states: 0,
        events: 0,
        depth: 0,
        computers: 0,
        elections: 0,
        commits: 0,
        is_complete: true,
        broken: None,
    };
    outcome.broken = search.run(most, &mut outcome).err();
    (outcome.states, outcome.computers) = (search.ways.len(), search.ledger.computers());
    outcome
}

struct Search<'s> {
    scope: &'s Scope,
    ledger: Ledger,
    /// Numbers of 64 bits for states: that two of ten million have the same one is a chance of one in 400,000.
    seen: HashSet<u64, BuildHasherDefault<Mixer>>,
    /// How each state was first reached: from which, and by what.
    ways: Vec<(u32, Event)>,
    /// The states that so many events lead to as are being tried.
    next: Vec<u32>,
}

impl Search<'_> {
    fn run(&mut self, most: usize, outcome: &mut Outcome) -> Result<(), String> {
        let first = Cluster::new(&mut self.ledger, self.scope.budget);
        self.reach(&first, (0, Event::Deliver(0)));
        let mut number = 0;
        while !self.next.is_empty() {
            let states = std::mem::take(&mut self.next);
            let mut rest = &*states;
            while let Some((length, after)) = rest.split_first() {
                let (numbers, after) = after.split_at(*length as usize);
                rest = after;
                let cluster = Cluster::read(numbers);
                let facts = self.ledger.facts(cluster.facts());
                outcome.elections = outcome.elections.max(facts.elections());
                outcome.commits = outcome.commits.max(facts.commits());
                for event in cluster.events(&self.ledger) {
                    outcome.events += 1;
                    let after = cluster.after(&mut self.ledger, self.scope, event);
                    let after = after.map_err(|why| self.tell(number, event, &why))?;
                    if self.ways.len() < most {
                        self.reach(&after, (number, event));
                    } else {
                        outcome.is_complete = false;
                    }
                }
                number += 1;
            }
            outcome.depth += 1;
        }
        Ok(())
    }

    fn reach(&mut self, cluster: &Cluster, way: (u32, Event)) {
        let start = self.next.len();
        cluster.write(&mut self.next);
        let mut hasher = DefaultHasher::new();
        self.next[start..].hash(&mut hasher);
        if self.seen.insert(hasher.finish()) {
            self.ways.push(way);
        } else {
            self.next.truncate(start);
        }
    }

    /// What happened on the way to a state, and after it.
    fn tell(&mut self, mut number: u32, last: Event, why: &str) -> String {
        let mut events = vec![last];
        while number > 0 {
            let (before, event) = self.ways[number as usize];
            events.push(event);
            number = before;
        }
        let mut told = format!("{why}, when\n");
        let mut cluster = Cluster::new(&mut self.ledger, self.scope.budget);
        for event in events.into_iter().rev() {
            let text = match event {
                Event::Deliver(position) | Event::Repeat(position) => {
                    let letter = self.ledger.letter(cluster.letters()[usize::from(position)]);
                    String::from_utf8_lossy(&letter.line).into_owned()
                }
                _ => String::new(),
            };
            writeln!(told, "  {event:?} {text}").expect("a string takes any text");
            match cluster.after(&mut self.ledger, self.scope, event) {
                Ok(after) => cluster = after,
                Err(_) => break,
            }
        }
        told
    }
}
