//! Read atomic and causal consistency, decided exactly: a history satisfies them if and only if nothing is found here.
//!
//! Elle looks for circles of dependencies. In these two models that is not enough: which of two writes came first often
//! shows only in what somebody saw of other keys. Biswas and Enea (*On the Complexity of Checking Transactional Consistency*,
//! OOPSLA 2019, section 2) say what the models ask where each value is written once. Let transactions be ordered by their
//! *session* (a process does one after the other) and by *reading* (the writer before the reader). A history is
//!
//! - *read atomic* if all transactions can be put in one order that extends both, such that whoever reads a key reads
//!   the last write of it by anyone whom it read something from, or who came before it in its session;
//! - *causal* if the same holds of everyone who comes before it by any chain of such steps.
//!
//! So if t₃ reads a key from t₁, and t₂ is such a one and wrote that key as well, t₂ must come before t₁; if t₃ found no
//! value, there is no place for t₂. That order exists exactly if these edges, sessions and readings together have no
//! circle: any topological order is one. Sessions count in both models, there as in Cerone et al. (CONCUR 2015). A list
//! shows all appends before the last one, so a reader has read from all of their transactions.
//!
//! Of a session only its last writer of the key needs an edge, the others come before it; and to know it, it is enough
//! to know how much of each session comes before a transaction (AWDIT: Møldrup and Pavlogiannis, PLDI 2025). So all of it
//! takes time in the number of transactions times that of sessions; read atomic takes less.
//!
//! Models above these that do not know of sessions ask the same with readings alone. As that finds less, it is only looked
//! into when sessions have found something, and then each writer needs an edge.

mod closure;
mod words;

use super::intern::Groups;
use super::transaction::Transactions;
use crate::anomalies::Anomalies;
use crate::context::Context;
use crate::cycles::{Components, Paths, Successors, components, grouped};
use crate::history::Kind;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// Whom a transaction read a key from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Source {
    /// Nobody had written it.
    Beginning,
    /// The transaction with this number.
    Transaction(u32),
}

/// Who saw what of whom.
pub(super) struct Visibility {
    edges: Vec<Edge>,
    readings: Vec<Reading>,
    /// Keys that each transaction wrote.
    written: Groups,
}

/// A transaction that reads a key before it writes it.
#[derive(Clone, Copy, Debug)]
struct Reading {
    reader: u32,
    key: u32,
    source: Source,
}

/// One transaction comes before another.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edge {
    from: u32,
    to: u32,
    why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Why {
    /// The same process did it before.
    Session,
    /// It wrote what the other read of a key.
    Read(u32),
    /// It wrote a key before the other did.
    Wrote(u32),
    /// Both wrote a key, and the reader knew of the first and read it from the second.
    Missed { reader: u32, key: u32 },
    /// It read a key that nobody had written.
    Absent(u32),
}

impl Visibility {
    pub(super) fn new(transactions: &Transactions) -> Visibility {
        let mut written = Vec::new();
        for number in transactions.range().filter(|&number| transactions.list[number].outcome() != Kind::Fail)
        {
            written.extend(
                transactions.external_writes(number).into_iter().map(|(key, _)| (number as u32, key)),
            );
        }
        written.sort_unstable();
        let written = Groups::new(transactions.list.len(), &written);
        Visibility { edges: Vec::new(), readings: Vec::new(), written }
    }

    /// A reader saw a write of a key.
    pub(super) fn sees(&mut self, author: u32, reader: u32, key: u32) {
        if author != reader {
            self.edges.push(Edge { from: author, to: reader, why: Why::Read(key) });
        }
    }

    /// What a reader saw of a key, before it did anything to it, is known to be of this source.
    pub(super) fn reads(&mut self, reader: u32, key: u32, source: Option<Source>) {
        let source = source.filter(|source| *source != Source::Transaction(reader));
        self.readings.extend(source.map(|source| Reading { reader, key, source }));
    }

    /// Two writes of a key followed each other.
    pub(super) fn follows(&mut self, before: u32, next: u32, key: u32) {
        if before != next {
            self.edges.push(Edge { from: before, to: next, why: Why::Wrote(key) });
        }
    }
}

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// Whether sessions count.
    pub(super) sessions: bool,
    /// Whether everything that comes before a transaction counts, and not only what it is one step from.
    pub(super) causal: bool,
}

/// Finds what is wrong. Says whether it looked everywhere.
pub(super) fn check(
    context: &Context<'_>,
    transactions: &Transactions,
    visibility: Visibility,
    scope: Scope,
    anomalies: &mut Anomalies,
) -> bool {
    let search = Search::new(context, transactions, &visibility, true);
    if scope.sessions {
        return search.run(scope.causal, anomalies);
    }
    let mut any = Anomalies::default();
    let complete = search.run(scope.causal, &mut any);
    if complete && any.is_empty() {
        return true;
    }
    Search::new(context, transactions, &visibility, false).run(scope.causal, anomalies)
}

/// What a circle is called that does without sessions, and one that has a session in it.
type Names = (&'static str, &'static str);

impl Edge {
    /// Whether it is neither a session nor a dependency.
    fn is_missed(&self) -> bool {
        matches!(self.why, Why::Missed { .. } | Why::Absent(_))
    }
}

struct Search<'s, 'a> {
    context: &'s Context<'a>,
    transactions: &'s Transactions,
    visibility: &'s Visibility,
    sessions: Option<Sessions>,
    /// What precedes what by session and reading.
    known: Graph,
    /// For each transaction, what is one such step before it.
    before: Groups,
}

/// The sessions and what they did.
struct Sessions {
    /// The session of each transaction, by number.
    of: Vec<u32>,
    /// The place in its session, from one; zero if it did not happen.
    place: Vec<u32>,
    count: usize,
}

impl Sessions {
    fn new(transactions: &Transactions, happened: &[bool]) -> Sessions {
        let (mut numbers, mut lengths) = (HashMap::new(), Vec::new());
        let (mut of, mut place) = (Vec::new(), Vec::new());
        for (number, transaction) in transactions.list.iter().enumerate() {
            let session = *numbers.entry(transaction.span.process).or_insert_with(|| {
                lengths.push(0);
                lengths.len() - 1
            });
            lengths[session] += u32::from(happened[number]);
            of.push(session as u32);
            place.push(if happened[number] { lengths[session] } else { 0 });
        }
        Sessions { of, place, count: lengths.len() }
    }

    fn edges(&self) -> Vec<Edge> {
        let mut last: Vec<Option<u32>> = vec![None; self.count];
        let mut edges = Vec::new();
        for (number, session) in self.of.iter().enumerate().filter(|(number, _)| self.place[*number] > 0) {
            let before = last[*session as usize].replace(number as u32);
            edges.extend(before.map(|from| Edge { from, to: number as u32, why: Why::Session }));
        }
        edges
    }
}

impl<'s, 'a> Search<'s, 'a> {
    fn new(
        context: &'s Context<'a>,
        transactions: &'s Transactions,
        visibility: &'s Visibility,
        with_sessions: bool,
    ) -> Search<'s, 'a> {
        let mut happened: Vec<bool> = transactions.list.iter().map(|one| one.outcome() == Kind::Ok).collect();
        visibility
            .edges
            .iter()
            .for_each(|edge| happened[edge.from as usize] |= matches!(edge.why, Why::Read(_)));
        let sessions = with_sessions.then(|| Sessions::new(transactions, &happened));
        let mut edges = sessions.as_ref().map_or(Vec::new(), Sessions::edges);
        edges.extend(visibility.edges.iter().filter(|edge| matches!(edge.why, Why::Read(_))));
        let count = transactions.list.len();
        let before: Vec<(u32, u32)> = edges.iter().map(|edge| (edge.to, edge.from)).collect();
        let before = Groups::new(count, &before);
        Search { context, transactions, visibility, sessions, known: Graph::new(count, edges), before }
    }

    /// Says whether it looked everywhere.
    fn run(&self, causal: bool, anomalies: &mut Anomalies) -> bool {
        let known = components(&self.known);
        if self.report(&self.known, &known, ("G1c", "G1c-process"), anomalies) {
            return true;
        }
        let mut by_cause = Anomalies::default();
        if causal {
            let Some(missed) = self.missed_by_cause(&known) else { return false };
            if !self.judge(missed, ("causal-violation", "causal-violation-process"), &mut by_cause) {
                return true;
            }
        }
        self.judge(self.missed_directly(), ("fractured-read", "fractured-read-process"), anomalies);
        anomalies.absorb(by_cause);
        true
    }

    /// Whether what was missed leaves no order; tells why.
    fn judge(&self, missed: Vec<Edge>, names: Names, anomalies: &mut Anomalies) -> bool {
        let mut edges = self.known.edges.clone();
        edges.extend(self.visibility.edges.iter().filter(|edge| matches!(edge.why, Why::Wrote(_))));
        edges.extend(missed);
        let graph = Graph::new(self.known.vertices, edges);
        self.report(&graph, &components(&graph), names, anomalies)
    }

    /// Whether there is any circle. Tells of one in each component that has any, unless it is one of dependencies alone: others
    /// find those.
    fn report(
        &self,
        graph: &Graph,
        components: &Components,
        names: Names,
        anomalies: &mut Anomalies,
    ) -> bool {
        let mut reported = BTreeSet::new();
        let mut paths = Paths::new(graph.vertices);
        let closed = |edge: &&Edge| components.both(edge.from as usize, edge.to as usize);
        // What is told begins with what makes the difference.
        let first = graph.edges.iter().filter(closed).filter(|edge| edge.is_missed());
        let second = graph.edges.iter().filter(closed).filter(|edge| edge.why == Why::Session);
        for edge in first.chain(second) {
            if reported.insert(components.of(edge.from as usize)) {
                let way = paths.shortest(graph, edge.to as usize, edge.from as usize);
                let way = way.expect("in a component each vertex can be reached from each");
                let way = way.into_iter().map(|edge| graph.edges[edge]);
                self.tell(&[*edge].into_iter().chain(way).collect::<Vec<Edge>>(), names, anomalies);
            }
        }
        graph.edges.iter().any(|edge| closed(&edge))
    }

    /// An edge for each write that a reader must have known, being one step from it, and did not read.
    fn missed_directly(&self) -> Vec<Edge> {
        let mut missed = Vec::new();
        let mut read: HashMap<u32, Source> = HashMap::new();
        let mut latest: HashMap<(u32, u32), u32> = HashMap::new();
        let mut readings = self.visibility.readings.as_slice();
        for number in 0..self.transactions.list.len() as u32 {
            let own = readings.iter().take_while(|reading| reading.reader == number).count();
            read.clear();
            read.extend(readings[..own].iter().map(|reading| (reading.key, reading.source)));
            let mut see =
                |other: u32, key: u32, source: Source| missed.extend(edge(other, number, key, source));
            let mut seen: Vec<u32> = self.before.of(number).to_vec();
            seen.sort_unstable();
            seen.dedup();
            for other in seen.into_iter().filter(|_| !read.is_empty()) {
                let written = self.visibility.written.of(other);
                if written.len() <= own {
                    written
                        .iter()
                        .for_each(|key| read.get(key).iter().for_each(|source| see(other, *key, **source)));
                } else {
                    let wrote = |reading: &&Reading| written.binary_search(&reading.key).is_ok();
                    readings[..own]
                        .iter()
                        .filter(wrote)
                        .for_each(|reading| see(other, reading.key, reading.source));
                }
            }
            readings = &readings[own..];
            let Some(sessions) =
                self.sessions.as_ref().filter(|sessions| sessions.place[number as usize] > 0)
            else {
                continue;
            };
            let session = sessions.of[number as usize];
            for (key, source) in &read {
                latest.get(&(session, *key)).iter().for_each(|other| see(**other, *key, *source));
            }
            for key in self.visibility.written.of(number) {
                latest.insert((session, *key), number);
            }
        }
        missed.sort_unstable_by_key(|edge| (edge.from, edge.to));
        missed
    }
}

/// What follows if a reader knew of another's write of a key that it read from this source.
fn edge(other: u32, reader: u32, key: u32, source: Source) -> Option<Edge> {
    match source {
        Source::Beginning => Some(Edge { from: reader, to: other, why: Why::Absent(key) }),
        Source::Transaction(to) if to == other => None,
        Source::Transaction(to) => Some(Edge { from: other, to, why: Why::Missed { reader, key } }),
    }
}

/// Edges by where they begin.
struct Graph {
    vertices: usize,
    offsets: Vec<u32>,
    edges: Vec<Edge>,
}

impl Graph {
    fn new(vertices: usize, edges: Vec<Edge>) -> Graph {
        let (offsets, edges) = grouped(vertices, edges, |edge| edge.from);
        Graph { vertices, offsets, edges }
    }
}

impl Successors for Graph {
    fn vertices(&self) -> usize {
        self.vertices
    }

    fn edges(&self, vertex: usize) -> Range<usize> {
        self.offsets[vertex] as usize..self.offsets[vertex + 1] as usize
    }

    fn target(&self, _: usize, edge: usize) -> Option<usize> {
        Some(self.edges[edge].to as usize)
    }
}

#[cfg(test)]
mod tests;
