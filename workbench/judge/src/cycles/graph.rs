//! The graph itself: vertices are transactions, edges say which must come before which, and why.

use super::components::{Components, Successors};
use crate::history::Kind as Outcome;
use std::collections::BTreeMap;
use std::ops::{BitOr, Range};

/// Why one transaction comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// It wrote a version of a key that the other one's write followed.
    Ww,
    /// It wrote the version of a key that the other one read.
    Wr,
    /// It read a version of a key that the other one's write followed.
    Rw,
    /// The same process did it before the other.
    Process,
    /// It had ended before the other began.
    Realtime,
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

impl Kinds {
    pub(crate) const NONE: Kinds = Kinds(0);

    pub(crate) fn contains(self, kind: Kind) -> bool {
        self.0 & Kinds::from(kind).0 != 0
    }
}

impl From<Kind> for Kinds {
    fn from(kind: Kind) -> Kinds {
        Kinds(1 << kind as u8)
    }
}

impl<K: Into<Kinds>> BitOr<K> for Kinds {
    type Output = Kinds;
    fn bitor(self, other: K) -> Kinds {
        Kinds(self.0 | other.into().0)
    }
}

/// An edge. `key` is what it is about, in the numbering of whoever built the graph; `NO_KEY` for orders of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) kind: Kind,
    pub(super) key: u32,
}

pub(super) const NO_KEY: u32 = u32::MAX;

/// Edges grouped by where they start.
pub(crate) struct Graph {
    /// The first so many vertices are transactions; the others are moments (see [`Builder::realtime`]).
    transactions: usize,
    /// The edges of vertex v are `edges[offsets[v]..offsets[v + 1]]`.
    offsets: Vec<u32>,
    edges: Vec<Edge>,
}

impl Graph {
    /// Whether nothing is ordered. A moment that nothing began after orders nothing.
    pub(crate) fn is_empty(&self) -> bool {
        !self.edges.iter().any(|edge| self.is_transaction(edge.to as usize))
    }

    pub(super) fn is_transaction(&self, vertex: usize) -> bool {
        vertex < self.transactions
    }

    pub(super) fn edge(&self, edge: usize) -> Edge {
        self.edges[edge]
    }

    /// All edges of a kind.
    pub(super) fn edges_of(&self, kind: Kind) -> impl Iterator<Item = Edge> {
        self.edges.iter().copied().filter(move |edge| edge.kind == kind)
    }

    pub(super) fn edges_from(&self, vertex: usize) -> Range<usize> {
        self.offsets[vertex] as usize..self.offsets[vertex + 1] as usize
    }

    pub(super) fn vertices(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The graph without the edges that lead from one component to another: no cycle can use them.
    pub(super) fn within(&self, components: &Components) -> Graph {
        let inside = |edge: &&Edge| components.of(edge.from as usize) == components.of(edge.to as usize);
        Graph::new(self.transactions, self.vertices(), self.edges.iter().filter(inside).copied().collect())
    }

    fn new(transactions: usize, vertices: usize, edges: Vec<Edge>) -> Graph {
        let (mut offsets, mut edges) = grouped(vertices, edges, |edge| edge.from);
        (0..vertices).for_each(|v| edges[offsets[v] as usize..offsets[v + 1] as usize].sort_unstable());
        let before = edges.len();
        edges.dedup_by_key(|edge| (edge.from, edge.to, edge.kind));
        if edges.len() < before {
            (offsets, edges) = grouped(vertices, edges, |edge| edge.from);
        }
        Graph { transactions, offsets, edges }
    }
}

/// Edges side by side with others that start at the same vertex, otherwise in the order in which they were; and where those of
/// each vertex begin, and end.
pub(crate) fn grouped<E: Copy>(
    vertices: usize,
    edges: Vec<E>,
    start: impl Fn(&E) -> u32,
) -> (Vec<u32>, Vec<E>) {
    let mut offsets = vec![0; vertices + 1];
    edges.iter().for_each(|edge| offsets[start(edge) as usize + 1] += 1);
    (0..vertices).for_each(|vertex| offsets[vertex + 1] += offsets[vertex]);
    let (mut free, mut sorted) = (offsets.clone(), edges.clone());
    for edge in edges {
        let place = &mut free[start(&edge) as usize];
        sorted[*place as usize] = edge;
        *place += 1;
    }
    (offsets, sorted)
}

/// A graph of which only edges of some kinds count.
#[derive(Clone, Copy)]
pub(crate) struct View<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) kinds: Kinds,
}

impl Successors for View<'_> {
    fn vertices(&self) -> usize {
        self.graph.vertices()
    }

    fn edges(&self, vertex: usize) -> Range<usize> {
        self.graph.edges_from(vertex)
    }

    fn target(&self, _: usize, edge: usize) -> Option<usize> {
        let edge = self.graph.edges[edge];
        self.kinds.contains(edge.kind).then_some(edge.to as usize)
    }
}

/// A graph in the making.
pub(crate) struct Builder {
    transactions: usize,
    vertices: usize,
    edges: Vec<Edge>,
    overflowed: bool,
    is_touched: bool,
}

/// A graph with more edges (16 bytes each) is not built. Histories of our workloads have a few for each operation; only
/// thousands of writes to a key that thousands of transactions read as missing come near.
const MAX_EDGES: usize = 1 << 26;

impl Builder {
    /// A graph of `transactions` vertices without edges.
    pub(crate) fn new(transactions: usize) -> Builder {
        Builder {
            transactions,
            vertices: transactions,
            edges: Vec::new(),
            overflowed: false,
            is_touched: false,
        }
    }

    /// Whether anything depends on anything, be it a transaction on itself: whether there is something to judge.
    pub(crate) fn is_touched(&self) -> bool {
        self.is_touched
    }

    /// Puts `from` before `to` on account of `key`. A transaction is never put before itself.
    pub(crate) fn add(&mut self, from: usize, to: usize, kind: Kind, key: u32) {
        self.is_touched = true;
        self.imply(from, to, kind, key);
    }

    /// The same, of what does not make a graph out of nothing.
    pub(crate) fn imply(&mut self, from: usize, to: usize, kind: Kind, key: u32) {
        if from == to {
            return;
        }
        if self.edges.len() == MAX_EDGES {
            self.overflowed = true;
            return;
        }
        let vertex =
            |vertex| u32::try_from(vertex).expect("a history in memory has fewer than 2^32 operations");
        self.edges.push(Edge { from: vertex(from), to: vertex(to), kind, key });
    }

    /// Orders each process's successful transactions.
    pub(crate) fn processes(&mut self, spans: &[Span]) {
        let mut last = BTreeMap::new();
        for (transaction, span) in spans.iter().enumerate().filter(|(_, span)| span.outcome == Outcome::Ok) {
            if let Some(before) = last.insert(span.process, transaction) {
                self.add(before, transaction, Kind::Process, NO_KEY);
            }
        }
    }

    /// Puts each successful transaction before all those that began after it had ended.
    ///
    /// The edges lead through moments: vertices in a chain, one for each group of ends without a beginning between them. So
    /// there are no more edges than twice the number of operations, though the order they stand for is quadratic.
    pub(crate) fn realtime(&mut self, spans: &[Span]) {
        let mut events = Vec::with_capacity(2 * spans.len());
        self.is_touched |= follows_in_time(spans);
        for (transaction, span) in spans.iter().enumerate().filter(|(_, span)| span.outcome != Outcome::Fail)
        {
            if span.has_beginning() {
                events.push((span.invoke, Event::Begin(transaction)));
            }
            if let (Outcome::Ok, Some(complete)) = (span.outcome, span.complete) {
                events.push((complete, Event::End(transaction)));
            }
        }
        events.sort_unstable_by_key(|(index, _)| *index);
        let mut moment = None;
        let mut begun_since = true;
        for (_, event) in events {
            match event {
                Event::Begin(transaction) => {
                    begun_since = true;
                    if let Some(moment) = moment {
                        self.imply(moment, transaction, Kind::Realtime, NO_KEY);
                    }
                }
                Event::End(transaction) => {
                    if begun_since {
                        moment = Some(self.next_moment(moment));
                        begun_since = false;
                    }
                    self.imply(transaction, moment.unwrap_or(transaction), Kind::Realtime, NO_KEY);
                }
            }
        }
    }

    fn next_moment(&mut self, before: Option<usize>) -> usize {
        let moment = self.vertices;
        self.vertices += 1;
        if let Some(before) = before {
            self.imply(before, moment, Kind::Realtime, NO_KEY);
        }
        moment
    }

    /// The graph, and whether all edges found room in it.
    pub(crate) fn build(self) -> (Graph, bool) {
        (Graph::new(self.transactions, self.vertices, self.edges), !self.overflowed)
    }
}

/// Whether anything that ended began after something had succeeded: even what then failed is somewhere in time.
fn follows_in_time(spans: &[Span]) -> bool {
    let first =
        spans.iter().filter(|span| span.outcome == Outcome::Ok).filter_map(|span| span.complete).min();
    let ended = spans.iter().filter(|span| span.complete.is_some() && span.has_beginning());
    first.is_some_and(|first| ended.map(|span| span.invoke).max().is_some_and(|last| last > first))
}

enum Event {
    Begin(usize),
    End(usize),
}

/// When a transaction took place, as indices in the history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Its end, if nobody knows when it began.
    pub(crate) invoke: usize,
    /// None if it never ended.
    pub(crate) complete: Option<usize>,
    /// One that failed did not happen, and is before and after nothing.
    pub(crate) outcome: Outcome,
    pub(crate) process: u64,
}

impl Span {
    /// Whether it is known when it began.
    pub(crate) fn has_beginning(&self) -> bool {
        self.complete != Some(self.invoke)
    }
}
