//! In what order a key's elements were appended, as far as reads tell.

use super::{Lists, NIL};
use crate::cycles::{Successors, components};
use crate::txn::intern::Groups;
use crate::txn::transaction::Transactions;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

/// Which element was followed by which.
pub(super) struct Order {
    /// An element ([`NIL`] for the beginning), and one that came right after it.
    pub(super) pairs: Vec<(u32, u32)>,
    /// What everything follows that nobody saw; none where reads disagree.
    pub(super) last: Option<u32>,
}

impl Lists {
    /// The elements of the longest list of a key, each once; those that reads agree on, if they do not agree on all.
    pub(super) fn order(&self, key: u32, transactions: &Transactions) -> Order {
        let mut lists: Vec<&[u32]> = Vec::new();
        for read in self.reads_of(key).rev() {
            let list = transactions.read(read.step);
            if !lists.iter().any(|longer| longer.starts_with(list)) {
                lists.push(list);
            }
        }
        let mut pairs = Vec::new();
        for list in &lists {
            pairs.extend(self.successions(list));
        }
        if lists.len() <= 1 {
            let last = pairs.last().map_or(NIL, |(_, last)| *last);
            return Order { pairs, last: Some(last) };
        }
        Order { pairs: undisputed(pairs), last: None }
    }

    /// Each element of a list, once, with the one before it. One that has no author stands between nobody: those around it
    /// follow each other. One that failed does not: see [`Lists::add_edges`].
    fn successions(&self, list: &[u32]) -> Vec<(u32, u32)> {
        let mut seen = HashSet::new();
        let mut before = NIL;
        let mut pairs = Vec::with_capacity(list.len());
        for &element in list.iter().filter(|&&element| self.element(element).author().is_some()) {
            if list.len() <= FEW && pairs.iter().any(|(_, known)| *known == element) {
                continue;
            }
            if list.len() > FEW && !seen.insert(element) {
                continue;
            }
            pairs.push((before, element));
            before = element;
        }
        pairs
    }
}

/// Lists that are longer look their elements up.
const FEW: usize = 16;

/// Those that are not in a circle.
fn undisputed(pairs: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    let pairs: BTreeSet<(u32, u32)> = pairs.into_iter().collect();
    let mut numbers = HashMap::new();
    for &(a, b) in &pairs {
        for element in [a, b] {
            let next = numbers.len() as u32;
            numbers.entry(element).or_insert(next);
        }
    }
    let edges: Vec<(u32, u32)> = pairs.iter().map(|(a, b)| (numbers[a], numbers[b])).collect();
    let graph = Graph { vertices: numbers.len(), edges: Groups::new(numbers.len(), &edges) };
    let components = components(&graph);
    let apart = |(a, b): &(u32, u32)| !components.both(numbers[a] as usize, numbers[b] as usize);
    pairs.into_iter().filter(apart).collect()
}

struct Graph {
    vertices: usize,
    edges: Groups,
}

impl Successors for Graph {
    fn vertices(&self) -> usize {
        self.vertices
    }

    fn edges(&self, vertex: usize) -> Range<usize> {
        self.edges.range(vertex as u32)
    }

    fn target(&self, _: usize, edge: usize) -> Option<usize> {
        Some(self.edges.item(edge) as usize)
    }
}
