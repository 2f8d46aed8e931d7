//! Anomalies that single reads of lists show, or two of them side by side (§11.2).

use super::{Element, Lists, list};
use crate::anomalies::{Anomalies, Case};
use crate::context::Context;
use crate::finding::brief;
use crate::history::Kind;
use crate::txn::transaction::{Step, Transaction, Transactions};
use edn::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check<'a>(
    context: &Context<'a>,
    transactions: &Transactions<'a>,
    lists: &Lists<'a>,
    anomalies: &mut Anomalies,
) {
    let mut reads = Reads { context, transactions, lists, anomalies };
    for (number, transaction) in transactions.with_outcome(Kind::Ok) {
        reads.internal(transaction);
        for (position, step) in transaction.steps.iter().enumerate().filter(|(_, step)| !step.is_write) {
            reads.future_read(transaction, position, step);
            reads.duplicates(transaction, step);
            reads.dirty_reads(number, step);
        }
    }
    reads.lost_updates();
    for key in (0..).take(lists.keys.len()) {
        reads.incompatible_orders(key);
        reads.dirty_updates(key);
    }
}

struct Reads<'r, 'a> {
    context: &'r Context<'a>,
    transactions: &'r Transactions<'a>,
    lists: &'r Lists<'a>,
    anomalies: &'r mut Anomalies,
}

/// What a transaction knows of a key's list by its own doing.
enum Known<'a> {
    /// It read this, and appended the rest since.
    All(Vec<&'a Value>),
    /// It appended this, without having read.
    End(Vec<&'a Value>),
    /// It read nothing, which by itself means nothing.
    Nothing,
}

impl<'a> Known<'a> {
    fn append(&mut self, value: &'a Value) {
        match self {
            Known::All(values) | Known::End(values) => values.push(value),
            Known::Nothing => *self = Known::All(vec![value]),
        }
    }

    fn allows(&self, step: &Step<'a>) -> bool {
        let read = list(step);
        match self {
            // To who has read an empty list, nothing is something else.
            Known::All(values) => *step.value != Value::Nil && read.iter().eq(values.iter().copied()),
            Known::End(values) => {
                read.len() >= values.len()
                    && read[read.len() - values.len()..].iter().eq(values.iter().copied())
            }
            Known::Nothing => true,
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Known::All(values) => Value::Vector(values.iter().map(|value| (*value).clone()).collect()),
            Known::End(values) => {
                let unknown = std::iter::once(Value::Symbol("...".into()));
                Value::Vector(unknown.chain(values.iter().map(|value| (*value).clone())).collect())
            }
            Known::Nothing => Value::Nil,
        }
    }
}

impl<'a> Reads<'_, 'a> {
    /// A transaction must read what it has read before, and appended since.
    fn internal(&mut self, transaction: &Transaction<'a>) {
        let mut known: BTreeMap<u32, Known<'a>> = BTreeMap::new();
        for step in &transaction.steps {
            if step.is_write {
                known.entry(step.key).or_insert(Known::End(Vec::new())).append(step.value);
                continue;
            }
            let read = match step.value {
                Value::Nil => Known::Nothing,
                _ => Known::All(list(step).iter().collect()),
            };
            let Some(before) = known.insert(step.key, read) else { continue };
            if !before.allows(step) {
                let key = self.transactions.key(step.key);
                let expected = before.to_value();
                self.anomalies.add(self.context, "internal", || Case {
                    explanation: format!(
                        "a transaction for which key {key} was {} read it as {}",
                        brief(&expected),
                        brief(step.value)
                    ),
                    value: Value::map([
                        ("op", transaction.op.to_value()),
                        ("mop", step.whole.clone()),
                        ("expected", expected),
                    ]),
                    proof: vec![transaction.op.index],
                });
            }
        }
    }

    /// A transaction must not read what it has yet to append.
    fn future_read(&mut self, transaction: &Transaction<'a>, position: usize, step: &Step<'a>) {
        let later =
            transaction.steps[position..].iter().filter(|later| later.is_write && later.key == step.key);
        for later in later.filter(|later| list(step).contains(later.value)) {
            let explanation = format!(
                "a transaction read {} of key {} before it appended it",
                later.value,
                self.transactions.key(step.key)
            );
            self.case("future-read", step, explanation, &[transaction], ("element", later.value.clone()));
        }
    }

    fn duplicates(&mut self, transaction: &Transaction<'a>, step: &Step<'a>) {
        let mut seen = BTreeSet::new();
        let repeated: BTreeSet<&Value> = list(step).iter().filter(|value| !seen.insert(*value)).collect();
        if !repeated.is_empty() {
            let repeated = Value::Vector(repeated.into_iter().cloned().collect());
            let key = self.transactions.key(step.key);
            let explanation = format!("a read of key {key} has {} more than once", brief(&repeated));
            self.case("duplicate-elements", step, explanation, &[transaction], ("duplicates", repeated));
        }
    }

    /// Elements that were rolled back (G1a), or were not the last their transaction appended (G1b).
    fn dirty_reads(&mut self, number: usize, step: &Step<'a>) {
        let (transactions, lists) = (self.transactions, self.lists);
        let reader = &transactions.list[number];
        let key = transactions.key(step.key);
        let element =
            |value: &'a Value| lists.number(step.key, value).map(|number| (value, &lists.elements[number]));
        let elements: Vec<(&Value, &Element)> = list(step).iter().filter_map(element).collect();
        for (value, element) in &elements {
            let writer = &transactions.list[element.appender];
            if writer.outcome == Kind::Fail {
                let explanation =
                    format!("a read of key {key} has {value}, which a failed transaction appended");
                self.case("G1a", step, explanation, &[reader, writer], ("writer", writer.op.to_value()));
            }
        }
        if let Some((value, last)) =
            elements.last().filter(|(_, last)| !last.is_last && last.appender != number)
        {
            let writer = &transactions.list[last.appender];
            let explanation =
                format!("a read of key {key} ends with {value}, after which its writer appended more");
            self.case("G1b", step, explanation, &[reader, writer], ("writer", writer.op.to_value()));
        }
    }

    /// Several ok transactions that read the same list and then appended to it.
    fn lost_updates(&mut self) {
        let mut updates: BTreeMap<(u32, &[Value]), Vec<&Transaction<'a>>> = BTreeMap::new();
        for (_, transaction) in self.transactions.with_outcome(Kind::Ok) {
            let writes = transaction.external_writes();
            let reads = transaction.external_reads().into_iter();
            for (key, read) in reads.filter(|(key, _)| writes.contains_key(key)) {
                updates.entry((key, list(&read))).or_default().push(transaction);
            }
        }
        for ((key, read), updaters) in updates.into_iter().filter(|(_, updaters)| updaters.len() > 1) {
            let key = self.transactions.key(key);
            let read = Value::Vector(read.to_vec());
            self.anomalies.add(self.context, "lost-update", || Case {
                explanation: format!(
                    "{} transactions read key {key} as {} and then appended to it: only one can have been first",
                    updaters.len(),
                    brief(&read)
                ),
                value: Value::map([
                    ("key", key.clone()),
                    ("value", read),
                    ("txns", Value::List(updaters.iter().map(|updater| updater.op.to_value()).collect())),
                ]),
                proof: updaters.iter().map(|updater| updater.op.index).collect(),
            });
        }
    }

    /// Of two lists of a key, the shorter must be the beginning of the longer.
    fn incompatible_orders(&mut self, key: u32) {
        let reads = &self.lists.keys[key as usize].reads;
        for pair in reads.windows(2) {
            let [(short_reader, short), (long_reader, long)] = pair else { continue };
            if list(long).starts_with(list(short)) {
                continue;
            }
            let key = self.transactions.key(key);
            let op = |reader: &usize| self.transactions.list[*reader].op.index;
            self.anomalies.add(self.context, "incompatible-order", || Case {
                value: Value::map([
                    ("key", key.clone()),
                    ("values", Value::Vector(vec![short.value.clone(), long.value.clone()])),
                ]),
                explanation: format!(
                    "key {key} was read as {}, and that is not how {} begins",
                    brief(short.value),
                    brief(long.value)
                ),
                proof: vec![op(short_reader), op(long_reader)],
            });
        }
    }

    /// A committed element must not build upon one that was rolled back.
    fn dirty_updates(&mut self, key: u32) {
        let mut failed: Option<&Transaction<'a>> = None;
        for &element in &self.lists.keys[key as usize].order {
            let writer = &self.transactions.list[self.lists.elements[element].appender];
            match writer.outcome {
                Kind::Fail => failed = Some(writer),
                Kind::Ok => {
                    let Some(failed) = failed.take() else { continue };
                    let key = self.transactions.key(key);
                    self.anomalies.add(self.context, "dirty-update", || Case {
                        value: Value::map([
                            ("key", key.clone()),
                            ("txns", Value::Vector(vec![failed.op.to_value(), writer.op.to_value()])),
                        ]),
                        explanation: format!("an append to key {key} follows one of a failed transaction"),
                        proof: vec![failed.op.index, writer.op.index],
                    });
                }
                _ => {}
            }
        }
    }

    fn case(
        &mut self,
        kind: &'static str,
        step: &Step<'a>,
        explanation: String,
        proof: &[&Transaction<'a>],
        detail: (&'static str, Value),
    ) {
        self.anomalies.add(self.context, kind, || Case {
            value: Value::map([("op", proof[0].op.to_value()), ("mop", step.whole.clone()), detail]),
            explanation,
            proof: proof.iter().map(|transaction| transaction.op.index).collect(),
        });
    }
}
