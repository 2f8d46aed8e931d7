//! Registers: what reads and writes of single values prove (§11.2, §11.3).
//!
//! Every write of a key has its own value, so a read tells which transaction it read from. In what order writes followed each
//! other is known only where a transaction read one version and wrote the next: that it had to follow what it read is the
//! *writes-follow-reads* assumption. Everything follows the absence of a value.

use super::transaction::{Step, Transaction, Transactions};
use super::{Finding, Unjudgeable, Validity};
use crate::anomalies::{Anomalies, Case};
use crate::context::Context;
use crate::cycles::{Builder, Kind as Edge, Successors, components};
use crate::history::Kind;
use edn::Value;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Finds the anomalies that need no graph, and adds the dependencies to it.
pub(super) fn analyze<'a>(
    context: &Context<'a>,
    transactions: &Transactions<'a>,
    anomalies: &mut Anomalies,
    builder: &mut Builder,
) -> Result<(), Unjudgeable> {
    let mut versions = Versions::new(context, transactions)?;
    for (number, transaction) in transactions.with_outcome(Kind::Ok) {
        internal(context, transactions, transaction, anomalies);
        dirty_reads(context, transactions, &versions, number, anomalies);
        versions.add_reads(number, transaction);
    }
    lost_updates(context, transactions, anomalies);
    let trusted = cyclic_versions(context, transactions, &versions, anomalies);
    versions.add_edges(trusted, builder);
    Ok(())
}

/// A value of a key: who wrote it, who read it, what replaced it.
#[derive(Default)]
struct Version<'a> {
    key: u32,
    value: Option<&'a Value>,
    /// The ok transaction whose last write of the key it was.
    writer: Option<usize>,
    /// A transaction that wrote something else to the key later.
    intermediate: Option<usize>,
    /// A failed transaction that wrote it.
    failed: Option<usize>,
    /// Ok transactions whose first access to the key read it.
    readers: Vec<usize>,
    /// Versions that ok transactions wrote which had read this one.
    next: Vec<usize>,
}

/// All versions of all keys.
struct Versions<'a> {
    numbers: HashMap<(u32, &'a Value), usize>,
    list: Vec<Version<'a>>,
    /// For each key, the ok transactions that found no value.
    absent: BTreeMap<u32, Vec<usize>>,
}

impl<'a> Versions<'a> {
    /// Collects all writes.
    fn new(context: &Context<'a>, transactions: &Transactions<'a>) -> Result<Versions<'a>, Unjudgeable> {
        let mut versions = Versions { numbers: HashMap::new(), list: Vec::new(), absent: BTreeMap::new() };
        for (number, transaction) in transactions.list.iter().enumerate() {
            let last = transaction.external_writes();
            for step in transaction.steps.iter().filter(|step| step.is_write) {
                let version = versions.number(step);
                let version = &mut versions.list[version];
                if transaction.outcome == Kind::Fail {
                    version.failed = Some(number);
                }
                if last.get(&step.key).is_some_and(|last| last.value != step.value) {
                    version.intermediate = Some(number);
                } else if transaction.outcome == Kind::Ok {
                    if let Some(first) = version.writer.filter(|writer| *writer != number) {
                        return Err(written_twice(context, transactions, step, [first, number]));
                    }
                    version.writer = Some(number);
                }
            }
        }
        Ok(versions)
    }

    fn number(&mut self, step: &Step<'a>) -> usize {
        *self.numbers.entry((step.key, step.value)).or_insert_with(|| {
            self.list.push(Version { key: step.key, value: Some(step.value), ..Version::default() });
            self.list.len() - 1
        })
    }

    fn get(&self, step: &Step<'a>) -> Option<&Version<'a>> {
        self.numbers.get(&(step.key, step.value)).map(|&number| &self.list[number])
    }

    /// Collects an ok transaction's external reads, and the versions it wrote after reading.
    fn add_reads(&mut self, number: usize, transaction: &Transaction<'a>) {
        let writes = transaction.external_writes();
        for (key, read) in transaction.external_reads() {
            if *read.value == Value::Nil {
                self.absent.entry(key).or_default().push(number);
                continue;
            }
            let version = self.number(&read);
            self.list[version].readers.push(number);
            if let Some(write) = writes.get(&key) {
                let next = self.number(write);
                self.list[version].next.push(next);
            }
        }
    }

    /// `trusted` says whether versions follow each other as the transactions that read one and wrote the next suggest.
    fn add_edges(&self, trusted: bool, builder: &mut Builder) {
        for version in &self.list {
            if let Some(writer) = version.writer {
                version.readers.iter().for_each(|&reader| builder.add(writer, reader, Edge::Wr, version.key));
                let absent = self.absent.get(&version.key).map_or(&[][..], Vec::as_slice);
                absent.iter().for_each(|&reader| builder.add(reader, writer, Edge::Rw, version.key));
            }
            let next = version.next.iter().filter(|_| trusted);
            for writer in next.filter_map(|&next| self.list[next].writer) {
                version.writer.iter().for_each(|&before| builder.add(before, writer, Edge::Ww, version.key));
                version.readers.iter().for_each(|&reader| builder.add(reader, writer, Edge::Rw, version.key));
            }
        }
    }
}

fn written_twice(
    context: &Context<'_>,
    transactions: &Transactions<'_>,
    step: &Step<'_>,
    writers: [usize; 2],
) -> Unjudgeable {
    let key = transactions.key(step.key);
    Unjudgeable(Finding {
        kind: "written-twice",
        costs: Validity::Unknown,
        explanation: format!("two transactions say that they wrote {} to key {key}", step.value),
        evidence: writers.map(|number| context.evidence(transactions.list[number].op.index)).to_vec(),
        more: 0,
    })
}

/// A transaction must read what it has read or written itself. Having read nothing binds it to nothing.
fn internal(
    context: &Context<'_>,
    transactions: &Transactions<'_>,
    transaction: &Transaction<'_>,
    anomalies: &mut Anomalies,
) {
    let mut known: BTreeMap<u32, &Value> = BTreeMap::new();
    for step in &transaction.steps {
        let before = known.insert(step.key, step.value).filter(|before| **before != Value::Nil);
        let Some(before) = before.filter(|before| !step.is_write && *before != step.value) else { continue };
        anomalies.add(context, "internal", || Case {
            value: Value::map([
                ("op", transaction.op.to_value()),
                ("mop", step.whole.clone()),
                ("expected", before.clone()),
            ]),
            explanation: format!(
                "a transaction for which key {} was {before} read it as {}",
                transactions.key(step.key),
                step.value
            ),
            proof: vec![transaction.op.index],
        });
    }
}

/// Reads of values that were never committed: rolled back (G1a), or overwritten by the same transaction (G1b).
fn dirty_reads(
    context: &Context<'_>,
    transactions: &Transactions<'_>,
    versions: &Versions<'_>,
    number: usize,
    anomalies: &mut Anomalies,
) {
    let transaction = &transactions.list[number];
    for step in transaction.steps.iter().filter(|step| !step.is_write) {
        let Some(version) = versions.get(step) else { continue };
        let (key, value) = (transactions.key(step.key), step.value);
        let mut add = |kind, writer: usize, explanation| {
            let writer = &transactions.list[writer];
            anomalies.add(context, kind, || Case {
                value: Value::map([
                    ("op", transaction.op.to_value()),
                    ("writer", writer.op.to_value()),
                    ("mop", step.whole.clone()),
                ]),
                explanation,
                proof: vec![transaction.op.index, writer.op.index],
            });
        };
        if let Some(writer) = version.failed {
            add("G1a", writer, format!("key {key} was read as {value}, which a failed transaction wrote"));
        }
        if let Some(writer) = version.intermediate.filter(|writer| *writer != number) {
            let explanation = format!("key {key} was read as {value}, which its writer had yet to overwrite");
            add("G1b", writer, explanation);
        }
    }
}

/// Several ok transactions that read the same version of a key (or its absence) and then wrote the key.
fn lost_updates(context: &Context<'_>, transactions: &Transactions<'_>, anomalies: &mut Anomalies) {
    let mut updates: BTreeMap<(u32, &Value), Vec<&Transaction<'_>>> = BTreeMap::new();
    for (_, transaction) in transactions.with_outcome(Kind::Ok) {
        let writes = transaction.external_writes();
        for (key, read) in transaction.external_reads() {
            if writes.contains_key(&key) {
                updates.entry((key, read.value)).or_default().push(transaction);
            }
        }
    }
    for ((key, value), updaters) in updates.into_iter().filter(|(_, updaters)| updaters.len() > 1) {
        let key = transactions.key(key);
        anomalies.add(context, "lost-update", || Case {
            value: Value::map([
                ("key", key.clone()),
                ("value", value.clone()),
                ("txns", Value::List(updaters.iter().map(|updater| updater.op.to_value()).collect())),
            ]),
            explanation: format!(
                "{} transactions read key {key} as {value} and then wrote it: only one can have been first",
                updaters.len()
            ),
            proof: updaters.iter().map(|updater| updater.op.index).collect(),
        });
    }
}

/// Whether versions follow each other without going in circles, on every key.
fn cyclic_versions(
    context: &Context<'_>,
    transactions: &Transactions<'_>,
    versions: &Versions<'_>,
    anomalies: &mut Anomalies,
) -> bool {
    let successions = Successions::new(versions);
    let components = components(&successions);
    let mut circles: BTreeMap<u32, Vec<&Version<'_>>> = BTreeMap::new();
    for (number, version) in versions.list.iter().enumerate() {
        let returns = |&&next: &&usize| next != number && components.both(number, next);
        if version.next.iter().any(|next| returns(&next)) {
            circles.entry(components.of(number)).or_default().push(version);
        }
    }
    for circle in circles.values() {
        let key = transactions.key(circle[0].key);
        let values = Value::Set(circle.iter().filter_map(|version| version.value.cloned()).collect());
        let readers = circle.iter().flat_map(|version| &version.readers);
        anomalies.add(context, "cyclic-versions", || Case {
            value: Value::map([("key", key.clone()), ("scc", values.clone())]),
            explanation: format!(
                "transactions that read key {key} and then wrote it order {values} in a circle"
            ),
            proof: readers.map(|&number| transactions.list[number].op.index).collect(),
        });
    }
    circles.is_empty()
}

/// Versions and what replaced them, as a graph.
struct Successions {
    offsets: Vec<usize>,
    targets: Vec<usize>,
}

impl Successions {
    fn new(versions: &Versions<'_>) -> Successions {
        let mut successions = Successions { offsets: vec![0], targets: Vec::new() };
        for version in &versions.list {
            successions.targets.extend(&version.next);
            successions.offsets.push(successions.targets.len());
        }
        successions
    }
}

impl Successors for Successions {
    fn vertices(&self) -> usize {
        self.offsets.len() - 1
    }

    fn edges(&self, vertex: usize) -> Range<usize> {
        self.offsets[vertex]..self.offsets[vertex + 1]
    }

    fn target(&self, _: usize, edge: usize) -> Option<usize> {
        Some(self.targets[edge])
    }
}

#[cfg(test)]
mod tests;
