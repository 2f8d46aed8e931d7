//! Registers: what reads and writes of single values prove (§11.2, §11.3).
//!
//! Every write of a key has its own value, so a read tells which transaction it read from. In what order writes followed each
//! other is known only where a transaction read one version and wrote the next: that it had to follow what it read is the
//! *writes-follow-reads* assumption. Everything follows the absence of a value.
//!
//! A value that several transactions say they wrote does not tell whom a read of it read from. It has no place in the graph;
//! that it was read makes the verdict unknown, unless something else is enough for a verdict.

use super::intern::{Groups, NIL};
use super::transaction::{Step, Transactions, What};
use super::weak::{Source, Visibility};
use crate::anomalies::{Anomalies, Case};
use crate::context::Context;
use crate::cycles::{Builder, Kind as Edge, Successors, components};
use crate::finding::brief;
use crate::history::Kind;
use edn::Value;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

/// What is known of all versions.
pub(super) struct Versions {
    list: Vec<Version>,
    /// For each version, the ok transactions whose first access to its key read it.
    readers: Groups,
    /// For each key, those that found no value.
    absent: Groups,
    /// For each version, those that transactions wrote which had read it.
    next: Groups,
}

/// A value of a key: who wrote it. Transactions are told by their numbers.
#[derive(Clone, Copy, Default)]
struct Version {
    /// The ok transaction whose last write of the key it was.
    writer: Option<u32>,
    /// The same of one whose outcome nobody knows.
    doubtful: Option<u32>,
    /// Another ok transaction that says the same.
    second: Option<u32>,
    /// A transaction that wrote something else to the key later.
    intermediate: Option<u32>,
    /// A failed transaction that wrote it.
    failed: Option<u32>,
}

impl Version {
    /// Who must have written it, for all that is known.
    fn author(&self) -> Option<u32> {
        self.writer.or(self.doubtful).filter(|_| self.second.is_none())
    }

    fn has_writer(&self) -> bool {
        [self.writer, self.doubtful, self.intermediate, self.failed].iter().any(Option::is_some)
    }
}

/// Finds the anomalies that need no graph, and adds the dependencies to it.
pub(super) fn analyze(
    context: &Context<'_>,
    transactions: &Transactions,
    anomalies: &mut Anomalies,
    builder: &mut Builder,
) -> Versions {
    let versions = Versions::new(transactions);
    let mut search = Search { context, transactions, versions: &versions, anomalies };
    for number in transactions.with_outcome(Kind::Ok) {
        search.internal(number);
        search.dirty_reads(number);
    }
    search.written_twice();
    search.lost_updates();
    let trusted = search.cyclic_versions();
    versions.add_edges(transactions, trusted, builder);
    versions
}

impl Versions {
    fn new(transactions: &Transactions) -> Versions {
        let list = writers(transactions);
        let (mut readers, mut absent, mut next) = (vec![], vec![], vec![]);
        for number in transactions.with_outcome(Kind::Ok) {
            let writes = transactions.external_writes(number);
            let reader = number as u32;
            for read in transactions.external_reads(number) {
                match read.what {
                    What::Read(NIL) => absent.push((read.key, reader)),
                    What::Read(version) => {
                        readers.push((version, reader));
                        let write = writes.iter().find(|(key, _)| *key == read.key);
                        let known = |version: u32| list[version as usize].second.is_none();
                        let write = write.filter(|(_, write)| known(version) && known(*write));
                        next.extend(write.map(|(_, write)| (version, *write)));
                    }
                    What::Write(_) | What::List(..) => {}
                }
            }
        }
        let (keys, versions) = (transactions.names.key_count(), transactions.names.version_count());
        Versions {
            list,
            readers: Groups::new(versions, &readers),
            absent: Groups::new(keys, &absent),
            next: Groups::new(versions, &next),
        }
    }

    fn get(&self, version: u32) -> &Version {
        &self.list[version as usize]
    }

    /// Who must have written what was read: somebody, or nobody as there was nothing; none if that cannot be told.
    pub(super) fn source(&self, version: u32) -> Option<Source> {
        match version {
            NIL => Some(Source::Beginning),
            version => self.get(version).author().map(Source::Transaction),
        }
    }

    /// Those of whom somebody has read something.
    pub(super) fn authors_seen(&self) -> HashSet<u32> {
        let seen = (0..).zip(&self.list).filter(|(number, _)| !self.readers.of(*number).is_empty());
        seen.filter_map(|(_, version)| version.author()).collect()
    }

    /// What there is to know for models that ask what transactions saw of each other.
    pub(super) fn visibility(&self, transactions: &Transactions) -> Visibility {
        let mut visibility = Visibility::new(transactions);
        for number in transactions.with_outcome(Kind::Ok) {
            let reader = number as u32;
            for read in transactions.external_reads(number) {
                let What::Read(version) = read.what else { continue };
                let source = self.source(version);
                if let Some(Source::Transaction(author)) = source {
                    visibility.sees(author, reader, read.key);
                }
                visibility.reads(reader, read.key, source);
            }
        }
        visibility
    }

    /// `trusted` says whether versions follow each other as the transactions that read one and wrote the next suggest.
    fn add_edges(&self, transactions: &Transactions, trusted: bool, builder: &mut Builder) {
        for (number, version) in (0..).zip(&self.list) {
            let key = transactions.names.key_of(number);
            let readers = self.readers.of(number);
            // What was read was written, whatever its writer knows of its own end.
            if let Some(author) = version.author().filter(|_| version.writer.is_some() || !readers.is_empty())
            {
                let mut add = adder(builder, version.writer.is_some(), key);
                readers.iter().for_each(|&reader| add(author, reader, Edge::Wr));
                self.absent.of(key).iter().for_each(|&reader| add(reader, author, Edge::Rw));
            }
            for &next in self.next.of(number).iter().filter(|_| trusted) {
                let Some(next) = self.get(next).author() else { continue };
                let mut add = adder(builder, true, key);
                version.author().iter().for_each(|&before| add(before, next, Edge::Ww));
                readers.iter().for_each(|&reader| add(reader, next, Edge::Rw));
            }
        }
    }
}

/// Adds edges about a key. Elle leaves out writers whose end nobody knows, so they do not make a graph out of nothing.
fn adder(builder: &mut Builder, is_certain: bool, key: u32) -> impl FnMut(u32, u32, Edge) {
    move |from, to, kind| match is_certain {
        true => builder.add(from as usize, to as usize, kind, key),
        false => builder.imply(from as usize, to as usize, kind, key),
    }
}

/// Who wrote each version, and what became of it.
fn writers(transactions: &Transactions) -> Vec<Version> {
    let mut versions = vec![Version::default(); transactions.names.version_count()];
    for number in transactions.range() {
        let writer = number as u32;
        let last = transactions.external_writes(number);
        let outcome = transactions.list[number].outcome();
        for step in transactions.steps(number) {
            let Some(written) = step.written() else { continue };
            let version = &mut versions[written as usize];
            if outcome == Kind::Fail {
                version.failed = Some(writer);
            }
            if !last.contains(&(step.key, written)) {
                version.intermediate = Some(writer);
            } else if outcome == Kind::Ok {
                match version.writer.filter(|first| *first != writer) {
                    Some(_) => version.second = Some(writer),
                    None => version.writer = Some(writer),
                }
            } else if outcome == Kind::Info {
                version.doubtful = Some(writer);
            }
        }
    }
    versions
}

struct Search<'s, 'a> {
    context: &'s Context<'a>,
    transactions: &'s Transactions,
    versions: &'s Versions,
    anomalies: &'s mut Anomalies,
}

impl Search<'_, '_> {
    /// A transaction must read what it has read or written itself, be it nothing, and nothing that it is yet to write.
    fn internal(&mut self, number: usize) {
        let steps = self.transactions.steps(number);
        let mut known: BTreeMap<u32, u32> = BTreeMap::new();
        for (position, step) in steps.iter().enumerate() {
            let (What::Write(version) | What::Read(version)) = step.what else { continue };
            let before = known.insert(step.key, version);
            if step.is_write() || before == Some(version) {
                continue;
            }
            if let Some(before) = before {
                self.disagrees(number, step, before);
            }
            let later = steps[position..].iter().any(|later| later.written() == Some(version));
            if later && version != NIL {
                self.reads_ahead(number, step);
            }
        }
    }

    fn disagrees(&mut self, number: usize, step: &Step, before: u32) {
        let transactions = self.transactions;
        let op = transactions.list[number].op();
        self.anomalies.add(self.context, "internal", || {
            let expected = if before == NIL { Value::Nil } else { transactions.names.value(before).clone() };
            Case {
                explanation: format!(
                    "a transaction for which key {} was {expected} read it as {}",
                    transactions.key(step.key),
                    transactions.value_read(*step)
                ),
                value: Value::map([
                    ("op", self.context.quote(op).to_value()),
                    ("mop", transactions.quote(*step)),
                    ("expected", expected),
                ]),
                proof: vec![op],
            }
        });
    }

    fn reads_ahead(&mut self, number: usize, step: &Step) {
        let transactions = self.transactions;
        let op = transactions.list[number].op();
        self.anomalies.add(self.context, "future-read", || Case {
            explanation: format!(
                "a transaction read key {} as {}, which it wrote only afterwards",
                transactions.key(step.key),
                transactions.value_read(*step)
            ),
            value: Value::map([
                ("op", self.context.quote(op).to_value()),
                ("mop", transactions.quote(*step)),
                ("element", transactions.value_read(*step)),
            ]),
            proof: vec![op],
        });
    }

    /// Reads of values that were never committed: rolled back (G1a), overwritten by the same transaction (G1b), or never
    /// written at all.
    fn dirty_reads(&mut self, number: usize) {
        for step in self.transactions.steps(number) {
            let What::Read(read) = step.what else { continue };
            if read == NIL {
                continue;
            }
            let version = *self.versions.get(read);
            let (key, value) = (self.transactions.key(step.key), self.transactions.value_read(*step));
            if let Some(writer) = version.failed {
                let explanation = format!("key {key} was read as {value}, which a failed transaction wrote");
                self.read_from(number, step, "G1a", writer, explanation);
            }
            if let Some(writer) = version.intermediate.filter(|writer| *writer as usize != number) {
                let explanation =
                    format!("key {key} was read as {value}, which its writer had yet to overwrite");
                self.read_from(number, step, "G1b", writer, explanation);
            }
            if !version.has_writer() {
                let op = self.transactions.list[number].op();
                self.anomalies.add(self.context, "never-written", || Case {
                    explanation: format!("key {key} was read as {value}, which nobody wrote"),
                    value: Value::map([
                        ("op", self.context.quote(op).to_value()),
                        ("mop", self.transactions.quote(*step)),
                    ]),
                    proof: vec![op],
                });
            }
        }
    }

    fn read_from(
        &mut self,
        number: usize,
        step: &Step,
        kind: &'static str,
        writer: u32,
        explanation: String,
    ) {
        let op = |number: usize| self.transactions.list[number].op();
        let (reader, writer) = (op(number), op(writer as usize));
        self.anomalies.add(self.context, kind, || Case {
            value: Value::map([
                ("op", self.context.quote(reader).to_value()),
                ("writer", self.context.quote(writer).to_value()),
                ("mop", self.transactions.quote(*step)),
            ]),
            explanation,
            proof: vec![reader, writer],
        });
    }

    /// Of what several wrote and somebody read nobody can tell whom the reader read from.
    fn written_twice(&mut self) {
        for (number, version) in (0..).zip(&self.versions.list) {
            let (Some(first), Some(second)) = (version.writer, version.second) else { continue };
            let Some(&reader) = self.versions.readers.of(number).first() else { continue };
            let transactions = self.transactions;
            let op = |number: u32| transactions.list[number as usize].op();
            self.anomalies.add(self.context, "written-twice", || {
                let (key, value) =
                    (transactions.key(transactions.names.key_of(number)), transactions.names.value(number));
                Case {
                    explanation: format!(
                        "two transactions say that they wrote {value} to key {key}, and it was read"
                    ),
                    value: Value::map([("key", key.clone()), ("value", value.clone())]),
                    proof: vec![op(first), op(second), op(reader)],
                }
            });
        }
    }

    /// Several ok transactions that read the same version of a key (or its absence) and then wrote the key.
    fn lost_updates(&mut self) {
        let mut updates: Vec<(u32, u32, u32)> = Vec::new();
        for number in self.transactions.with_outcome(Kind::Ok) {
            let writes = self.transactions.external_writes(number);
            for read in self.transactions.external_reads(number) {
                let What::Read(version) = read.what else { continue };
                let is_known = version == NIL || self.versions.get(version).second.is_none();
                if is_known && writes.iter().any(|(key, _)| *key == read.key) {
                    updates.push((read.key, version, number as u32));
                }
            }
        }
        updates.sort_unstable();
        for updaters in
            updates.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|updaters| updaters.len() > 1)
        {
            let (key, version, _) = updaters[0];
            let what = Step { key, what: What::Read(version) };
            let value = self.transactions.value_read(what);
            let updaters: Vec<usize> = updaters.iter().map(|(.., number)| *number as usize).collect();
            lost_update(self.context, self.transactions, self.anomalies, what.key, value, &updaters);
        }
    }

    /// Whether versions follow each other without going in circles, on every key.
    fn cyclic_versions(&mut self) -> bool {
        let versions = self.versions;
        let components = components(&Successions(versions));
        let mut circles: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for number in 0..versions.list.len() as u32 {
            let returns = |&&next: &&u32| next != number && components.both(number as usize, next as usize);
            if versions.next.of(number).iter().any(|next| returns(&next)) {
                circles.entry(components.of(number as usize)).or_default().push(number);
            }
        }
        let transactions = self.transactions;
        for circle in circles.values() {
            let key = transactions.key(transactions.names.key_of(circle[0]));
            let values =
                Value::Set(circle.iter().map(|&version| transactions.names.value(version).clone()).collect());
            let readers = circle.iter().flat_map(|&version| versions.readers.of(version));
            self.anomalies.add(self.context, "cyclic-versions", || Case {
                value: Value::map([("key", key.clone()), ("scc", values.clone())]),
                explanation: format!(
                    "transactions that read key {key} and then wrote it order {values} in a circle"
                ),
                proof: readers.map(|&number| transactions.list[number as usize].op()).collect(),
            });
        }
        circles.is_empty()
    }
}

/// Of several updates of the same version all but one overwrote what they had not seen.
pub(super) fn lost_update(
    context: &Context<'_>,
    transactions: &Transactions,
    anomalies: &mut Anomalies,
    key: u32,
    value: Value,
    updaters: &[usize],
) {
    let key = transactions.key(key);
    let ops = || updaters.iter().map(|&updater| transactions.list[updater].op());
    anomalies.add(context, "lost-update", || Case {
        explanation: format!(
            "{} transactions read key {key} as {} and then wrote it: only one can have been first",
            updaters.len(),
            brief(&value)
        ),
        value: Value::map([
            ("key", key.clone()),
            ("value", value),
            ("txns", Value::List(ops().map(|op| context.quote(op).to_value()).collect())),
        ]),
        proof: ops().collect(),
    });
}

/// Versions and what replaced them, as a graph.
struct Successions<'v>(&'v Versions);

impl Successors for Successions<'_> {
    fn vertices(&self) -> usize {
        self.0.list.len()
    }

    fn edges(&self, vertex: usize) -> Range<usize> {
        self.0.next.range(vertex as u32)
    }

    fn target(&self, _: usize, edge: usize) -> Option<usize> {
        Some(self.0.next.item(edge) as usize)
    }
}

#[cfg(test)]
mod tests;
