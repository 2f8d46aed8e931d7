//! Version vectors: how many of each origin's updates a replica holds (Parker et al., *Detection of mutual inconsistency
//! in distributed systems*, 1983).

use alloc::vec::Vec;

use hashbrown::HashMap;
use protocol::gossip::Count;
use smallvec::SmallVec;

/// Origins that a replica has heard of, numbered in that order. The numbers are the replica's own and never travel.
///
/// An origin is a node *and* its incarnation, a nonce of its start: a node that comes back from nothing is a new origin,
/// whose updates are numbered from one again without being taken for those of the old.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    origins: Vec<(u32, u64)>,
    positions: HashMap<(u32, u64), usize>,
}

/// A replica takes no more origins than this: room for a thousand nodes that restart a hundred times each, and a bound
/// on what a peer that makes them up can cost.
pub(crate) const MAX_ORIGINS: usize = 100_000;

impl Origins {
    /// The origins of a new replica: itself, at position 0.
    pub(crate) fn new(node: usize, incarnation: u64) -> Self {
        let mut origins = Origins { origins: Vec::new(), positions: HashMap::new() };
        origins.enter(node as u32, incarnation);
        origins
    }

    /// The origin's position, entered now if it is new; none if the table is full.
    pub(crate) fn enter(&mut self, node: u32, incarnation: u64) -> Option<usize> {
        let origin = (node, incarnation);
        if let Some(&position) = self.positions.get(&origin) {
            return Some(position);
        }
        if self.origins.len() >= MAX_ORIGINS {
            return None;
        }
        self.positions.insert(origin, self.origins.len());
        self.origins.push(origin);
        Some(self.origins.len() - 1)
    }

    /// Node and incarnation of the origin at `position`.
    pub(crate) fn get(&self, position: usize) -> (u32, u64) {
        self.origins[position]
    }

    /// A vector in the form that travels.
    pub(crate) fn export(&self, vector: &Vector) -> impl Iterator<Item = Count> {
        vector.entries().map(|entry| self.count(entry))
    }

    /// How many origins there are.
    pub(crate) fn len(&self) -> usize {
        self.origins.len()
    }

    /// The ends of spans in the form that travels.
    pub(crate) fn export_ends(&self, spans: &[Span]) -> impl Iterator<Item = Count> {
        spans.iter().map(|span| self.count(span.end()))
    }

    fn count(&self, (position, count): (usize, u64)) -> Count {
        let (node, incarnation) = self.origins[position];
        (node, incarnation, count)
    }
}

/// Updates in a row: `first..=last` of one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) origin: usize,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Span {
    /// The count of one who holds it.
    pub(crate) fn end(&self) -> (usize, u64) {
        (self.origin, self.last)
    }
}

/// How many updates of each origin, by the replica's own numbering. Updates of an origin are numbered 1, 2, 3, …, and
/// whoever holds one holds those before it, so a count says which.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vector(Vec<u64>);

impl Vector {
    /// The vector of one who holds nothing.
    pub(crate) const EMPTY: &'static Vector = &Vector(Vec::new());

    /// The count at `position`.
    pub(crate) fn get(&self, position: usize) -> u64 {
        self.0.get(position).copied().unwrap_or(0)
    }

    /// Raises the count at `position` to at least `count`.
    pub(crate) fn raise(&mut self, position: usize, count: u64) {
        if self.0.len() <= position {
            self.0.resize(position + 1, 0);
        }
        self.0[position] = self.0[position].max(count);
    }

    /// Raises every count to at least the other's.
    pub(crate) fn join(&mut self, other: &Vector) {
        for (position, count) in other.entries() {
            self.raise(position, count);
        }
    }

    /// Lowers every count to at most the other's.
    pub(crate) fn meet(&mut self, other: &Vector) {
        for (position, count) in self.0.iter_mut().enumerate() {
            *count = (*count).min(other.get(position));
        }
    }

    /// Whether this holds all that the other holds.
    pub(crate) fn covers(&self, other: &Vector) -> bool {
        other.entries().all(|(position, count)| self.get(position) >= count)
    }

    /// What this holds and the other does not, one span an origin.
    pub(crate) fn beyond(&self, other: &Vector) -> SmallVec<[Span; 8]> {
        let lacking = self.entries().filter(|&(origin, count)| count > other.get(origin));
        lacking.map(|(origin, last)| Span { origin, first: other.get(origin) + 1, last }).collect()
    }

    /// The counts that are not zero, by position.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (usize, u64)> {
        self.0.iter().copied().enumerate().filter(|&(_, count)| count > 0)
    }
}
