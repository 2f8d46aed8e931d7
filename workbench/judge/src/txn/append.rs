//! Lists: what reads of whole lists and appends to them prove (§11.2, §11.3).
//!
//! Every append to a key has its own element, and a read shows all elements in order, so the longest list that was read is the
//! order of a key's versions. An append that no read shows comes after everything that was read.

mod reads;

use super::transaction::{Step, Transaction, Transactions};
use super::{Finding, Unjudgeable, Validity};
use crate::anomalies::Anomalies;
use crate::context::Context;
use crate::cycles::{Builder, Kind as Edge};
use crate::history::Kind;
use edn::Value;
use std::collections::HashMap;

/// Finds the anomalies that need no graph, and adds the dependencies to it.
pub(super) fn analyze<'a>(
    context: &Context<'a>,
    transactions: &Transactions<'a>,
    anomalies: &mut Anomalies,
    builder: &mut Builder,
) -> Result<(), Unjudgeable> {
    let mut lists = Lists::new(context, transactions)?;
    lists.collect_reads(context, transactions)?;
    reads::check(context, transactions, &lists, anomalies);
    for key in 0..lists.keys.len() {
        lists.add_edges(key, transactions, builder);
    }
    Ok(())
}

/// Something that a transaction appends.
struct Element {
    /// The transaction that does.
    appender: usize,
    /// Whether it appends nothing more to the key.
    is_last: bool,
    /// Its place in the longest list that was read, if it is there.
    place: Option<usize>,
    /// Ok transactions that read a list that ends with it.
    readers: Vec<usize>,
}

/// All that is known about one key.
#[derive(Default)]
struct Key<'a> {
    /// The numbers of all elements that anybody would append.
    elements: Vec<usize>,
    /// Lists that ok transactions read, with who read them.
    reads: Vec<(usize, Step<'a>)>,
    /// Ok transactions that read nothing.
    empty_readers: Vec<usize>,
    /// The numbers of the elements of the longest list read, each once.
    order: Vec<usize>,
}

struct Lists<'a> {
    numbers: HashMap<(u32, &'a Value), usize>,
    elements: Vec<Element>,
    keys: Vec<Key<'a>>,
}

/// The list that a read returned. `nil` is an empty one.
fn list<'a>(step: &Step<'a>) -> &'a [Value] {
    step.value.elements().unwrap_or(&[])
}

impl<'a> Lists<'a> {
    /// Collects all appends.
    fn new(context: &Context<'a>, transactions: &Transactions<'a>) -> Result<Lists<'a>, Unjudgeable> {
        let mut lists = Lists { numbers: HashMap::new(), elements: Vec::new(), keys: Vec::new() };
        lists.keys.resize_with(transactions.keys.len(), Key::default);
        for (appender, transaction) in transactions.list.iter().enumerate() {
            let last = transaction.external_writes();
            for step in transaction.steps.iter().filter(|step| step.is_write) {
                let number = lists.elements.len();
                if let Some(first) = lists.numbers.insert((step.key, step.value), number) {
                    let appenders = [lists.elements[first].appender, appender];
                    return Err(appended_twice(context, transactions, step, appenders));
                }
                let is_last = last.get(&step.key).is_some_and(|last| last.value == step.value);
                lists.elements.push(Element { appender, is_last, place: None, readers: Vec::new() });
                lists.keys[step.key as usize].elements.push(number);
            }
        }
        Ok(lists)
    }

    fn collect_reads(
        &mut self,
        context: &Context<'a>,
        transactions: &Transactions<'a>,
    ) -> Result<(), Unjudgeable> {
        for (reader, transaction) in transactions.with_outcome(Kind::Ok) {
            for step in transaction.steps.iter().filter(|step| !step.is_write) {
                for value in list(step) {
                    if self.number(step.key, value).is_none() {
                        return Err(never_appended(context, transactions, transaction, step, value));
                    }
                }
                let last = list(step).last().and_then(|value| self.number(step.key, value));
                match last {
                    Some(last) => self.elements[last].readers.push(reader),
                    None => self.keys[step.key as usize].empty_readers.push(reader),
                }
                self.keys[step.key as usize].reads.push((reader, *step));
            }
        }
        for (number, key) in (0..).zip(&mut self.keys) {
            // Shorter lists first; lists of one length stay in the order of the history.
            key.reads.sort_by_key(|(_, step)| list(step).len());
            let longest = key.reads.last().map_or(&[][..], |(_, step)| list(step));
            for element in longest.iter().filter_map(|value| self.numbers.get(&(number, value)).copied()) {
                if self.elements[element].place.is_none() {
                    self.elements[element].place = Some(key.order.len());
                    key.order.push(element);
                }
            }
        }
        Ok(())
    }

    fn number(&self, key: u32, value: &'a Value) -> Option<usize> {
        self.numbers.get(&(key, value)).copied()
    }

    /// Orders the appends to a key, and who read its list between them. Failed transactions have no place among others, and
    /// what was appended just before and just after an element of theirs is not related by it. Whoever read a list that
    /// disagrees with the longest has read from somebody all the same.
    fn add_edges(&self, key: usize, transactions: &Transactions<'a>, builder: &mut Builder) {
        let Key { elements, empty_readers, order, .. } = &self.keys[key];
        let number = u32::try_from(key).expect("keys are numbered with 32 bits");
        let failed = |element: &Element| transactions.list[element.appender].outcome == Kind::Fail;
        let mut last = Version { appender: None, readers: empty_readers.clone() };
        for element in order.iter().map(|&element| &self.elements[element]) {
            let appender = (!failed(element)).then_some(element.appender);
            appender.iter().for_each(|&appender| last.precedes(appender, number, builder));
            last = Version { appender, readers: element.readers.clone() };
        }
        for element in elements.iter().map(|&element| &self.elements[element]) {
            if failed(element) {
                continue;
            }
            if element.place.is_none() {
                last.precedes(element.appender, number, builder);
            }
            for &reader in &element.readers {
                builder.add(element.appender, reader, Edge::Wr, number);
            }
        }
    }
}

/// A state of a key's list.
struct Version {
    /// Who appended its last element.
    appender: Option<usize>,
    /// Who read it.
    readers: Vec<usize>,
}

impl Version {
    fn precedes(&self, next: usize, key: u32, builder: &mut Builder) {
        self.appender.iter().for_each(|&before| builder.add(before, next, Edge::Ww, key));
        self.readers.iter().for_each(|&reader| builder.add(reader, next, Edge::Rw, key));
    }
}

fn appended_twice(
    context: &Context<'_>,
    transactions: &Transactions<'_>,
    step: &Step<'_>,
    appenders: [usize; 2],
) -> Unjudgeable {
    let key = transactions.key(step.key);
    Unjudgeable(Finding {
        kind: "appended-twice",
        costs: Validity::Unknown,
        explanation: format!("{} was appended to key {key} twice", step.value),
        evidence: appenders.map(|number| context.evidence(transactions.list[number].op.index)).to_vec(),
        more: 0,
    })
}

fn never_appended(
    context: &Context<'_>,
    transactions: &Transactions<'_>,
    reader: &Transaction<'_>,
    step: &Step<'_>,
    value: &Value,
) -> Unjudgeable {
    let key = transactions.key(step.key);
    Unjudgeable(Finding {
        kind: "never-appended",
        costs: Validity::Unknown,
        explanation: format!("a transaction read {value} in the list of key {key}, and nobody appended it"),
        evidence: vec![context.evidence(reader.op.index)],
        more: 0,
    })
}

#[cfg(test)]
mod tests;
