//! Anomalies that single reads of lists show, or two of them side by side (§11.2).

use super::{Lists, before_own};
use crate::anomalies::{Anomalies, Case};
use crate::context::Context;
use crate::finding::brief;
use crate::history::Kind;
use crate::txn::register::lost_update;
use crate::txn::transaction::{Step, Transactions};
use edn::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(
    context: &Context<'_>,
    transactions: &Transactions,
    lists: &Lists,
    anomalies: &mut Anomalies,
) {
    let mut reads = Reads { context, transactions, lists, anomalies };
    for number in transactions.with_outcome(Kind::Ok) {
        reads.internal(number);
        for (position, step) in transactions.steps(number).iter().enumerate() {
            if step.is_write() {
                continue;
            }
            reads.future_read(number, position, *step);
            reads.duplicates(number, *step);
            reads.dirty_reads(number, *step);
        }
    }
    reads.lost_updates();
    for key in 0..transactions.names.key_count() as u32 {
        reads.incompatible_orders(key);
        reads.reversed_appends(key);
        reads.dirty_updates(key);
    }
}

struct Reads<'r, 'a> {
    context: &'r Context<'a>,
    transactions: &'r Transactions,
    lists: &'r Lists,
    anomalies: &'r mut Anomalies,
}

/// What a transaction knows of a key's list by its own doing.
struct Known<'t> {
    /// What it read, if it has.
    read: Option<&'t [u32]>,
    /// What it appended since.
    own: Vec<u32>,
}

impl Known<'_> {
    fn allows(&self, list: &[u32]) -> bool {
        let Some(before) = list.len().checked_sub(self.own.len()) else { return false };
        list[before..] == self.own && self.read.is_none_or(|read| list[..before] == *read)
    }

    fn to_value(&self, transactions: &Transactions) -> Value {
        let unknown = self.read.is_none().then(|| Value::Symbol("...".into()));
        let known = self.read.unwrap_or_default().iter().chain(&self.own);
        let known = known.map(|&element| transactions.names.value(element).clone());
        Value::Vector(unknown.into_iter().chain(known).collect())
    }
}

impl Reads<'_, '_> {
    /// A transaction must read what it has read before, and appended since. Nothing is an empty list.
    fn internal(&mut self, number: usize) {
        let transactions = self.transactions;
        let steps = transactions.steps(number);
        if steps.len() < 2 {
            return;
        }
        let mut known: BTreeMap<u32, Known<'_>> = BTreeMap::new();
        for &step in steps {
            if let Some(written) = step.written() {
                known.entry(step.key).or_insert(Known { read: None, own: Vec::new() }).own.push(written);
                continue;
            }
            let list = transactions.read(step);
            let before = known.insert(step.key, Known { read: Some(list), own: Vec::new() });
            let Some(before) = before.filter(|before| !before.allows(list)) else { continue };
            let expected = before.to_value(transactions);
            let explanation = format!(
                "a transaction for which key {} was {} read it as {}",
                transactions.key(step.key),
                brief(&expected),
                brief(&transactions.value_read(step))
            );
            self.case("internal", step, explanation, &[number], ("expected", expected));
        }
    }

    /// A transaction must not read what it has yet to append.
    fn future_read(&mut self, number: usize, position: usize, step: Step) {
        let list = self.transactions.read(step);
        for later in &self.transactions.steps(number)[position..] {
            let Some(element) = later.written().filter(|element| list.contains(element)) else { continue };
            let value = self.transactions.names.value(element).clone();
            let key = self.transactions.key(step.key);
            let explanation = format!("a transaction read {value} of key {key} before it appended it");
            self.case("future-read", step, explanation, &[number], ("element", value));
        }
    }

    fn duplicates(&mut self, number: usize, step: Step) {
        let list = self.transactions.read(step);
        let mut sorted = list.to_vec();
        sorted.sort_unstable();
        let repeated: BTreeSet<u32> =
            sorted.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        if !repeated.is_empty() {
            let repeated = self.transactions.list_of(&repeated.into_iter().collect::<Vec<_>>());
            let key = self.transactions.key(step.key);
            let explanation = format!("a read of key {key} has {} more than once", brief(&repeated));
            self.case("duplicate-elements", step, explanation, &[number], ("duplicates", repeated));
        }
    }

    /// Elements that were rolled back (G1a), were not the last their transaction appended (G1b), or come from nowhere.
    fn dirty_reads(&mut self, number: usize, step: Step) {
        let (transactions, lists) = (self.transactions, self.lists);
        let key = transactions.key(step.key);
        let list = transactions.read(step);
        for &element in list {
            let value = || transactions.names.value(element);
            let Some(appender) = lists.element(element).appender else {
                let explanation = format!(
                    "a transaction read {} in the list of key {key}, and nobody appended it",
                    value()
                );
                self.case("never-appended", step, explanation, &[number], ("element", value().clone()));
                continue;
            };
            if transactions.list[appender as usize].outcome() == Kind::Fail {
                let explanation =
                    format!("a read of key {key} has {}, which a failed transaction appended", value());
                self.dirty("G1a", step, explanation, number, appender);
            }
        }
        let Some(&last) = list.last() else { return };
        let element = lists.element(last);
        if let Some(appender) =
            element.appender.filter(|&appender| !element.is_last && appender as usize != number)
        {
            let value = transactions.names.value(last);
            let explanation =
                format!("a read of key {key} ends with {value}, after which its writer appended more");
            self.dirty("G1b", step, explanation, number, appender);
        }
    }

    fn dirty(&mut self, kind: &'static str, step: Step, explanation: String, reader: usize, writer: u32) {
        let context = self.context;
        let op = self.transactions.list[writer as usize].op();
        self.case(
            kind,
            step,
            explanation,
            &[reader, writer as usize],
            ("writer", context.quote(op).to_value()),
        );
    }

    /// Several ok transactions that appended to the same list: which it was shows in what they read first, before or after.
    fn lost_updates(&mut self) {
        let mut updates: Vec<(u32, &[u32], usize)> = Vec::new();
        for number in self.transactions.with_outcome(Kind::Ok) {
            let writes = self.transactions.external_writes(number);
            let mut looked_at: Vec<u32> = Vec::new();
            for (position, step) in self.transactions.steps(number).iter().enumerate() {
                if step.is_write() || looked_at.contains(&step.key) {
                    continue;
                }
                looked_at.push(step.key);
                let before = before_own(self.transactions, number, position);
                if let Some(before) = before.filter(|_| writes.iter().any(|(key, _)| *key == step.key)) {
                    updates.push((step.key, before, number));
                }
            }
        }
        // Lists that begin in the same way and are as long are nearly always the same.
        updates.sort_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
        for updaters in
            updates.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|updaters| updaters.len() > 1)
        {
            let (key, read, _) = updaters[0];
            let updaters: Vec<usize> = updaters.iter().map(|(.., number)| *number).collect();
            let read = self.transactions.list_of(read);
            lost_update(self.context, self.transactions, self.anomalies, key, read, &updaters);
        }
    }

    /// Of two lists of a key, the shorter must be the beginning of the longer.
    fn incompatible_orders(&mut self, key: u32) {
        let transactions = self.transactions;
        let reads = self.lists.reads_of(key);
        for (short, long) in reads.clone().zip(reads.skip(1)) {
            if transactions.read(long.step).starts_with(transactions.read(short.step)) {
                continue;
            }
            let key = transactions.key(key);
            let values = [short, long].map(|read| transactions.value_read(read.step));
            let op = |reader: u32| transactions.list[reader as usize].op();
            self.anomalies.add(self.context, "incompatible-order", || Case {
                explanation: format!(
                    "key {key} was read as {}, and that is not how {} begins",
                    brief(&values[0]),
                    brief(&values[1])
                ),
                value: Value::map([("key", key.clone()), ("values", Value::Vector(values.to_vec()))]),
                proof: vec![op(short.reader), op(long.reader)],
            });
        }
    }

    /// What a transaction appended must stand in the order in which it did.
    fn reversed_appends(&mut self, key: u32) {
        let mut reads = self.lists.reads_of(key).rev();
        let found =
            reads.find_map(|read| self.reversed(self.transactions.read(read.step)).map(|pair| (read, pair)));
        let Some((read, [second, first])) = found else { return };
        let value = |element| self.transactions.names.value(element);
        let explanation = format!(
            "key {} has {} before {}, which its writer had appended first",
            self.transactions.key(key),
            value(second),
            value(first)
        );
        let detail = ("elements", self.transactions.list_of(&[second, first]));
        let author = self.lists.element(first).author().expect("elements in the wrong order have an author");
        self.case(
            "reversed-appends",
            read.step,
            explanation,
            &[read.reader as usize, author as usize],
            detail,
        );
    }

    /// Two elements of a transaction in a list, of which the second was appended first.
    fn reversed(&self, list: &[u32]) -> Option<[u32; 2]> {
        // For each transaction that appended several: what the list had of it last.
        let mut last: Vec<(u32, u32)> = Vec::new();
        for &element in list {
            let known = self.lists.element(element);
            let Some(author) = known.author().filter(|_| !known.is_alone) else { continue };
            match last.iter_mut().find(|(other, _)| *other == author) {
                Some((_, before)) if self.lists.element(*before).place > known.place => {
                    return Some([*before, element]);
                }
                Some((_, before)) => *before = element,
                None => last.push((author, element)),
            }
        }
        None
    }

    /// A committed element must not build upon one that was rolled back.
    fn dirty_updates(&mut self, key: u32) {
        let transactions = self.transactions;
        let Some(longest) = self.lists.reads_of(key).next_back() else { return };
        let mut failed: Option<usize> = None;
        for &element in transactions.read(longest.step) {
            let Some(writer) = self.lists.element(element).author() else { continue };
            let writer = &transactions.list[writer as usize];
            match writer.outcome() {
                Kind::Fail => failed = Some(writer.op()),
                Kind::Ok => {
                    let Some(failed) = failed.take() else { continue };
                    let key = transactions.key(key);
                    let ops = [failed, writer.op()];
                    self.anomalies.add(self.context, "dirty-update", || Case {
                        explanation: format!("an append to key {key} follows one of a failed transaction"),
                        value: Value::map([
                            ("key", key.clone()),
                            ("txns", Value::Vector(ops.map(|op| self.context.quote(op).to_value()).to_vec())),
                        ]),
                        proof: ops.to_vec(),
                    });
                }
                _ => {}
            }
        }
    }

    fn case(
        &mut self,
        kind: &'static str,
        step: Step,
        explanation: String,
        proof: &[usize],
        detail: (&'static str, Value),
    ) {
        let op = |number: usize| self.transactions.list[number].op();
        self.anomalies.add(self.context, kind, || Case {
            value: Value::map([
                ("op", self.context.quote(op(proof[0])).to_value()),
                ("mop", self.transactions.quote(step)),
                detail,
            ]),
            explanation,
            proof: proof.iter().map(|&number| op(number)).collect(),
        });
    }
}
