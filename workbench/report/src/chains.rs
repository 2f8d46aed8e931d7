//! How a value got where it is: from the client that brought it, from node to node, to the clients that saw it.
//!
//! Nodes are black boxes, in any language, so what a message carries is read off its body (see [`super::mentions`]) and
//! a body may mention a number for some other reason. What keeps the chains honest is their rule: a value spreads only
//! from somebody who has it. A message is a *step* of a value's chain if it mentions the value, its sender had the value
//! when it sent, and its recipient had not when it came. The steps that arrived form a tree with the client's request at
//! its root; those that were dropped are the steps that it lacks.

use super::mentions::{self, Atom};
use super::row::{Fate, Row, kind};
use bench::options::{Options, Workload};
use std::collections::HashMap;

/// Steps of all chains together. Values that come when they are spent have no chain.
const MAX_STEPS: usize = 400_000;
/// Values that are looked up in answers to clients: in a long run, reads come to more than all else. Who sees a value
/// after that is not told.
const MAX_SIGHTINGS: usize = 10_000_000;
/// Steps of one chain: a value that is dropped over and over again needs no more to be understood.
const MAX_STEPS_OF_A_VALUE: usize = 2_000;

/// The chains of all values.
#[derive(Debug, Default)]
pub struct Chains {
    workload: Option<Workload>,
    nodes: usize,
    /// What is called what, and its steps.
    pub values: Vec<Chain>,
    by_atom: HashMap<Atom, usize>,
    /// For each value and node, since when it is there.
    held_since_us: Vec<i64>,
    /// For each value and node, whether a client has seen it there.
    seen: Vec<bool>,
    steps: usize,
    sightings: usize,
}

/// One value's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The value.
    pub atom: Atom,
    /// The messages that spread it, or should have, in the order in which they ended.
    pub steps: Vec<usize>,
}

const NEVER: i64 = i64::MAX;

impl Chains {
    /// No chains yet.
    pub fn new(options: &Options) -> Chains {
        Chains { workload: Some(options.workload), nodes: options.nodes.len(), ..Chains::default() }
    }

    /// The position of a value's chain.
    pub fn find(&self, atom: Atom) -> Option<usize> {
        self.by_atom.get(&atom).copied()
    }

    /// A message was sent. If a client asks a node to take a value, the value's chain begins.
    pub(super) fn sent(&mut self, row: usize, message: &Row) {
        if self.is_node(message.src) || !self.is_node(message.dest) {
            return;
        }
        let Some(workload) = self.workload else { return };
        for atom in mentions::brought(workload, &message.body.text()) {
            if self.steps < MAX_STEPS && !self.by_atom.contains_key(&atom) {
                self.by_atom.insert(atom, self.values.len());
                self.values.push(Chain { atom, steps: vec![row] });
                self.held_since_us.resize(self.values.len() * self.nodes, NEVER);
                self.seen.resize(self.values.len() * self.nodes, false);
                self.steps += 1;
            }
        }
    }

    /// A message arrived, or will never arrive.
    pub(super) fn ended(&mut self, row: usize, message: &Row) {
        let Some(workload) = self.workload.filter(|workload| mentions::has_values(*workload)) else { return };
        let time_us = message.end_us.unwrap_or(message.sent_us);
        if message.fate == Fate::Delivered
            && self.is_node(message.dest)
            && kind(&message.body.text()) == "init"
        {
            self.forget(message.dest);
        }
        let is_sighting = !self.is_node(message.dest);
        if is_sighting && self.sightings >= MAX_SIGHTINGS {
            return;
        }
        let (mut values, mut looked_up) = (Vec::new(), 0);
        mentions::mentioned(workload, &message.body.text(), &mut |atom| {
            looked_up += 1;
            values.extend(self.by_atom.get(&atom).copied());
        });
        self.sightings += if is_sighting { looked_up } else { 0 };
        values.sort_unstable();
        values.dedup();
        for value in values {
            if self.is_step(value, message, time_us) {
                self.add(value, row);
            }
        }
    }

    /// Gives the rows other numbers.
    pub(super) fn renumber(&mut self, position: &[usize]) {
        for step in self.values.iter_mut().flat_map(|chain| &mut chain.steps) {
            *step = position[*step];
        }
    }

    fn is_step(&mut self, value: usize, message: &Row, time_us: i64) -> bool {
        let is_delivered = message.fate == Fate::Delivered;
        let at = |node: usize| value * self.nodes + node;
        match (self.is_node(message.src), self.is_node(message.dest)) {
            (false, true) => {
                let held = &mut self.held_since_us[value * self.nodes + message.dest];
                *held = if is_delivered { time_us.min(*held) } else { *held };
                // The request itself; it is the first step already.
                false
            }
            (true, true) => {
                let had = self.held_since_us[at(message.src)] <= message.sent_us;
                let is_news = self.held_since_us[at(message.dest)] == NEVER;
                if had && is_news && is_delivered {
                    let held = at(message.dest);
                    self.held_since_us[held] = time_us;
                }
                had && is_news
            }
            (true, false) => {
                let had = self.held_since_us[at(message.src)] <= message.sent_us;
                let seen = at(message.src);
                had && is_delivered && !std::mem::replace(&mut self.seen[seen], true)
            }
            (false, false) => false,
        }
    }

    /// A node begins anew, perhaps after it was killed: it has nothing.
    fn forget(&mut self, node: usize) {
        self.held_since_us.iter_mut().skip(node).step_by(self.nodes).for_each(|since_us| *since_us = NEVER);
    }

    fn add(&mut self, value: usize, row: usize) {
        let steps = &mut self.values[value].steps;
        if self.steps < MAX_STEPS && steps.len() < MAX_STEPS_OF_A_VALUE {
            steps.push(row);
            self.steps += 1;
        }
    }

    fn is_node(&self, name: usize) -> bool {
        name < self.nodes
    }
}
