//! Version vectors: how many of each origin's updates a replica holds (Parker et al., *Detection of mutual inconsistency
//! in distributed systems*, 1983).

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use hashbrown::HashMap;
use protocol::gossip::Count;
use smallvec::SmallVec;

/// Origins that a replica has heard of, numbered in that order. The numbers are the replica's own and never travel.
///
/// An origin is a node *and* its incarnation, a nonce of its start: a node that comes back from nothing is a new origin,
/// whose updates are numbered from one again without being taken for those of the old.
///
/// Incarnations can be made up, so there are few of each node: the last [`MAX_INCARNATIONS`]. If there is one more the oldest is
/// *forgotten*: it does not exist for this replica any more, whoever mentions it but its node. And of those, no more than [`MAX_HEARSAY`] are
/// ever taken from peers that do not stand between the node and this replica, where its words come along. So somebody who
/// makes up incarnations of others neither fills vectors nor pushes real ones out.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    origins: Vec<(u32, u64)>,
    positions: HashMap<(u32, u64), usize>,
    /// Those of each node.
    nodes: Vec<Incarnations>,
}

#[derive(Clone, Debug, Default)]
struct Incarnations {
    /// Where those are that have not been forgotten, the oldest first.
    current: VecDeque<usize>,
    /// How many there have been.
    entered: usize,
    /// How many of them by hearsay.
    hearsay: usize,
}

/// Who speaks of an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Its node.
    Itself,
    /// Somebody by whom its words come here when nothing is wrong.
    Way,
    /// Somebody else.
    Hearsay,
}

/// So many incarnations of a node take part in replication: a node that comes back from nothing is heard to the end if all have
/// what it said by the time that it has come back so often again.
pub(crate) const MAX_INCARNATIONS: usize = 64;

/// So many of them from hearsay: what a node said in trouble to those around it, and then forgot.
pub(crate) const MAX_HEARSAY: usize = 16;

/// A replica enters no more origins than this, those that it has forgotten again included: room for a thousand nodes that come
/// back from nothing a hundred times each, and a bound on what a node that makes up its own incarnations can cost.
pub(crate) const MAX_ORIGINS: usize = 100_000;

impl Origins {
    /// The origins of a new replica in a cluster of so many nodes: itself, at position 0.
    pub(crate) fn new(nodes: usize, node: usize, incarnation: u64) -> Self {
        let (origins, positions) = (Vec::new(), HashMap::new());
        let mut origins = Origins { origins, positions, nodes: alloc::vec![Incarnations::default(); nodes] };
        origins.enter(node as u32, incarnation, Source::Way);
        origins
    }

    /// The origin's position, if it is in the table and has not been forgotten.
    pub(crate) fn find(&self, node: u32, incarnation: u64) -> Option<usize> {
        let position = self.positions.get(&(node, incarnation)).copied()?;
        self.nodes[node as usize].current.contains(&position).then_some(position)
    }

    /// Whether the origin is in the table, or may be entered.
    pub(crate) fn admits(&self, node: u32, incarnation: u64, source: Source) -> bool {
        let share = (MAX_ORIGINS / self.nodes.len()).max(MAX_INCARNATIONS);
        let Some(incarnations) = self.nodes.get(node as usize) else { return false };
        if self.positions.contains_key(&(node, incarnation)) {
            return source == Source::Itself || self.find(node, incarnation).is_some();
        }
        incarnations.entered < share && (source != Source::Hearsay || incarnations.hearsay < MAX_HEARSAY)
    }

    /// The position of an origin that is admitted, entered now if it is new, and of the one that is forgotten for that.
    pub(crate) fn enter(&mut self, node: u32, incarnation: u64, source: Source) -> (usize, Option<usize>) {
        if let Some(position) = self.find(node, incarnation) {
            return (position, None);
        }
        let next = self.origins.len();
        let position = *self.positions.entry((node, incarnation)).or_insert(next);
        let incarnations = &mut self.nodes[node as usize];
        incarnations.current.push_back(position);
        if position == next {
            self.origins.push((node, incarnation));
            incarnations.entered += 1;
            incarnations.hearsay += usize::from(source == Source::Hearsay);
        }
        let is_full = incarnations.current.len() > MAX_INCARNATIONS;
        // This replica itself, at position 0, is not forgotten.
        let oldest = incarnations.current.iter().position(|&position| position > 0).filter(|_| is_full);
        (position, oldest.and_then(|oldest| incarnations.current.remove(oldest)))
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
    #[cfg(test)]
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

    /// How many origins it has room for.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

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

    /// Holds nothing any more of the origin at `position`. Returns what it held.
    pub(crate) fn forget(&mut self, position: usize) -> u64 {
        self.0.get_mut(position).map(core::mem::take).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(counts: &[u64]) -> Vector {
        let mut vector = Vector::default();
        counts.iter().enumerate().for_each(|(position, &count)| vector.raise(position, count));
        vector
    }

    fn counts(vector: &Vector) -> Vec<(usize, u64)> {
        vector.entries().collect()
    }

    #[test]
    fn counts_only_rise_and_those_that_were_never_raised_are_zero() {
        let mut vector = vector(&[0, 3]);
        vector.raise(1, 2);
        vector.raise(4, 1);
        assert_eq!((vector.get(0), vector.get(1), vector.get(4), vector.get(99)), (0, 3, 1, 0));
        assert_eq!(counts(&vector), [(1, 3), (4, 1)]);
    }

    #[test]
    fn a_join_is_the_least_vector_that_covers_both_and_a_meet_the_greatest_that_both_cover() {
        let cases: [[&[u64]; 4]; 4] = [
            [&[], &[], &[], &[]],
            [&[1, 2], &[], &[1, 2], &[]],
            [&[1, 5, 0, 2], &[3, 4], &[3, 5, 0, 2], &[1, 4]],
            [&[0, 0, 7], &[1, 1, 1, 1], &[1, 1, 7, 1], &[0, 0, 1]],
        ];
        for [one, other, joined, met] in cases {
            for (one, other) in [(one, other), (other, one)] {
                let (mut join, mut meet) = (vector(one), vector(one));
                join.join(&vector(other));
                meet.meet(&vector(other));
                assert_eq!((counts(&join), counts(&meet)), (counts(&vector(joined)), counts(&vector(met))));
                assert!(join.covers(&vector(one)) && join.covers(&vector(other)));
                assert!(vector(one).covers(&meet) && vector(other).covers(&meet));
            }
        }
    }

    #[test]
    fn whoever_holds_as_much_of_each_origin_covers() {
        assert!(vector(&[2, 1]).covers(&vector(&[2, 1, 0])) && vector(&[2, 1, 1]).covers(&vector(&[2, 1])));
        assert!(!vector(&[2, 1]).covers(&vector(&[2, 1, 1])) && !vector(&[9, 0]).covers(&vector(&[0, 1])));
        assert!(Vector::EMPTY.covers(Vector::EMPTY) && !Vector::EMPTY.covers(&vector(&[1])));
    }

    #[test]
    fn what_is_beyond_is_one_span_for_each_origin_that_lacks_something() {
        let span = |origin, first, last| Span { origin, first, last };
        let beyond = vector(&[5, 2, 0, 3]).beyond(&vector(&[2, 2, 8]));
        assert_eq!(beyond.as_slice(), [span(0, 3, 5), span(3, 1, 3)]);
        assert!(vector(&[1]).beyond(&vector(&[1])).is_empty());
        let mut holder = vector(&[2, 2, 8]);
        beyond.iter().map(Span::end).for_each(|(origin, count)| holder.raise(origin, count));
        assert!(holder.covers(&vector(&[5, 2, 0, 3])));
    }

    #[test]
    fn an_origin_is_a_node_and_its_incarnation() {
        let mut origins = Origins::new(5, 4, 70);
        let mut enter = |node, incarnation| origins.enter(node, incarnation, Source::Way).0;
        assert_eq!((enter(4, 70), enter(4, 71), enter(3, 70), enter(4, 71)), (0, 1, 2, 1));
        assert_eq!(origins.len(), 3);
        let exported: Vec<Count> = origins.export(&vector(&[5, 0, 6])).collect();
        assert_eq!(exported, [(4, 70, 5), (3, 70, 6)]);
    }

    #[test]
    fn of_each_node_the_last_incarnations_are_known_and_those_before_them_never_again() {
        let mut origins = Origins::new(2, 0, 0);
        let most = MAX_INCARNATIONS as u64;
        for incarnation in 0..most {
            assert_eq!(origins.enter(1, incarnation, Source::Way).1, None);
        }
        let first = origins.find(1, 0);
        assert_eq!(origins.enter(1, most, Source::Way).1, first);
        assert!(!origins.admits(1, 0, Source::Way) && origins.find(1, 0).is_none());
        assert!(origins.admits(1, 0, Source::Itself), "but if the node insists");
        let second = origins.find(1, 1);
        assert_eq!(origins.enter(1, 0, Source::Itself), (first.expect("it was there"), second));
        assert!(origins.admits(1, 2, Source::Hearsay), "whoever speaks of it");
        for incarnation in 1..2 * most {
            assert_ne!(origins.enter(0, incarnation, Source::Way).1, Some(0), "itself");
        }
        assert!(!origins.admits(2, 0, Source::Way), "there is no such node");
    }

    #[test]
    fn hearsay_has_little_room_and_takes_none_from_others() {
        let mut origins = Origins::new(2, 0, 0);
        for incarnation in 0..MAX_HEARSAY as u64 {
            assert!(origins.admits(1, incarnation, Source::Hearsay));
            origins.enter(1, incarnation, Source::Hearsay);
        }
        assert!(!origins.admits(1, u64::MAX, Source::Hearsay) && origins.admits(1, u64::MAX, Source::Way));
        assert!(origins.admits(1, 5, Source::Hearsay), "those that are known stay known");
        assert!(origins.admits(0, 1, Source::Hearsay), "and others have their own room");
    }
}
