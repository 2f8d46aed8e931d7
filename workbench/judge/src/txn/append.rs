//! Lists: what reads of whole lists and appends to them prove (§11.2, §11.3).
//!
//! Every append to a key has its own element, and a read shows all elements in order, so the longest list that was read is the
//! order of a key's versions. An append that no read shows comes after everything that was read.
//!
//! Where reads of a key disagree there is no such order. What then counts is which element stood right before which, in any
//! read, but for those that reads put in a circle: so whatever order of reads the history has, the same follows. What nobody
//! appended, or several say they did, has no place.

mod order;
mod reads;

use super::intern::{Groups, NIL};
use super::transaction::{Step, Transactions};
use super::weak::{Source, Visibility};
use crate::anomalies::{Anomalies, Case};
use crate::context::Context;
use crate::cycles::{Builder, Kind as Edge};
use crate::history::Kind;
use edn::Value;

/// All that is known about the lists.
pub(super) struct Lists {
    elements: Vec<Element>,
    /// Of each key: the elements that anybody would append.
    appended: Groups,
    /// Of each key: what ok transactions read, by place in `reads`, the shortest first.
    by_key: Groups,
    reads: Vec<Read>,
    /// Of each element: who read a list that ends with it, before adding something themselves.
    readers: Groups,
    /// Of each key: who read that there is nothing.
    empty_readers: Groups,
}

/// Something that is appended.
#[derive(Clone, Copy, Default)]
struct Element {
    /// The transaction that does.
    appender: Option<u32>,
    /// Another that says so, too.
    second: Option<u32>,
    /// Whether it appends nothing more to the key, and nothing else.
    is_last: bool,
    is_alone: bool,
    /// Its place among all appends, transaction by transaction.
    place: u32,
    /// Whether an ok transaction read it.
    is_seen: bool,
}

/// A read by an ok transaction.
#[derive(Clone, Copy)]
struct Read {
    reader: u32,
    step: Step,
}

impl Element {
    /// Who must have appended it.
    fn author(&self) -> Option<u32> {
        self.appender.filter(|_| self.second.is_none())
    }
}

/// Finds the anomalies that need no graph, and adds the dependencies to it.
pub(super) fn analyze(
    context: &Context<'_>,
    transactions: &Transactions,
    anomalies: &mut Anomalies,
    builder: &mut Builder,
) -> Lists {
    let lists = Lists::new(transactions);
    lists.appended_twice(context, transactions, anomalies);
    reads::check(context, transactions, &lists, anomalies);
    for key in 0..transactions.names.key_count() as u32 {
        lists.add_edges(key, transactions, builder);
    }
    lists
}

impl Lists {
    fn new(transactions: &Transactions) -> Lists {
        let names = &transactions.names;
        let (mut elements, appended) = appends(transactions);
        let (mut reads, mut readers, mut empty_readers) = (vec![], vec![], vec![]);
        for number in transactions.with_outcome(Kind::Ok) {
            for (position, &step) in transactions.steps(number).iter().enumerate() {
                if step.is_write() {
                    continue;
                }
                let list = transactions.read(step);
                list.iter().for_each(|&element| elements[element as usize].is_seen = true);
                let reader = number as u32;
                match before_own(transactions, number, position).unwrap_or(list).last() {
                    Some(&last) => readers.push((last, reader)),
                    None => empty_readers.push((step.key, reader)),
                }
                reads.push(Read { reader, step });
            }
        }
        // Lists of one length stay in the order of the history.
        let mut by_key: Vec<(u32, u32)> =
            (0..).zip(&reads).map(|(place, read)| (read.step.key, place)).collect();
        by_key.sort_by_key(|(_, place)| transactions.read(reads[*place as usize].step).len());
        Lists {
            appended: Groups::new(names.key_count(), &appended),
            by_key: Groups::new(names.key_count(), &by_key),
            readers: Groups::new(names.version_count(), &readers),
            empty_readers: Groups::new(names.key_count(), &empty_readers),
            elements,
            reads,
        }
    }

    fn element(&self, element: u32) -> &Element {
        &self.elements[element as usize]
    }

    /// The reads of a key, the shortest first.
    fn reads_of(&self, key: u32) -> impl DoubleEndedIterator<Item = Read> + Clone {
        self.by_key.of(key).iter().map(|&place| self.reads[place as usize])
    }

    /// Orders the appends to a key, and who read its list between them. Failed transactions have no place among others, and
    /// what was appended just before and just after an element of theirs is not related by it.
    fn add_edges(&self, key: u32, transactions: &Transactions, builder: &mut Builder) {
        let failed = |element: u32| {
            let appender = self.element(element).appender;
            appender.is_some_and(|appender| transactions.list[appender as usize].outcome() == Kind::Fail)
        };
        let author = |element: u32| self.element(element).author().filter(|_| !failed(element));
        for &element in self.appended.of(key) {
            if let Some(author) = author(element) {
                let readers = self.readers.of(element).iter();
                readers.for_each(|&reader| builder.add(author as usize, reader as usize, Edge::Wr, key));
            }
        }
        let mut follow = |before: u32, next: u32| {
            let readers = if before == NIL { self.empty_readers.of(key) } else { self.readers.of(before) };
            let appender = if before == NIL { None } else { author(before) };
            appender.iter().for_each(|&before| builder.add(before as usize, next as usize, Edge::Ww, key));
            readers.iter().for_each(|&reader| builder.add(reader as usize, next as usize, Edge::Rw, key));
        };
        let order = self.order(key, transactions);
        for (before, element) in order.pairs {
            if let Some(next) = author(element) {
                follow(before, next);
            }
        }
        let Some(last) = order.last else { return };
        for &element in self.appended.of(key).iter().filter(|&&element| !self.element(element).is_seen) {
            if let Some(next) = author(element) {
                follow(last, next);
            }
        }
    }

    fn appended_twice(&self, context: &Context<'_>, transactions: &Transactions, anomalies: &mut Anomalies) {
        for (number, element) in (0..).zip(&self.elements) {
            let (Some(first), Some(second)) = (element.appender, element.second) else { continue };
            let (value, key) =
                (transactions.names.value(number), transactions.key(transactions.names.key_of(number)));
            anomalies.add(context, "appended-twice", || Case {
                explanation: format!("{value} was appended to key {key} twice"),
                value: Value::map([("key", key.clone()), ("element", value.clone())]),
                proof: [first, second].map(|number| transactions.list[number as usize].op()).to_vec(),
            });
        }
    }

    /// What there is to know for models that ask what transactions saw of each other.
    pub(super) fn visibility(&self, transactions: &Transactions) -> Visibility {
        let mut visibility = Visibility::new(transactions);
        for number in transactions.with_outcome(Kind::Ok) {
            let mut looked_at: Vec<u32> = Vec::new();
            for (position, step) in transactions.steps(number).iter().enumerate() {
                let is_new = !step.is_write() && !looked_at.contains(&step.key);
                let Some(list) = before_own(transactions, number, position).filter(|_| is_new) else {
                    continue;
                };
                looked_at.push(step.key);
                let mut source = Some(Source::Beginning);
                for author in list.iter().map(|&element| self.element(element).author()) {
                    if let Some(author) = author {
                        visibility.sees(author, number as u32, step.key);
                    }
                    source = author.map(Source::Transaction);
                }
                visibility.reads(number as u32, step.key, source);
            }
        }
        for key in 0..transactions.names.key_count() as u32 {
            self.add_order(key, transactions, &mut visibility);
        }
        visibility
    }

    /// In what order a key was appended to.
    fn add_order(&self, key: u32, transactions: &Transactions, visibility: &mut Visibility) {
        let order = self.order(key, transactions);
        let mut follow = |before: u32, next: u32| {
            if before != NIL
                && let (Some(before), Some(next)) =
                    (self.element(before).author(), self.element(next).author())
            {
                visibility.follows(before, next, key);
            }
        };
        order.pairs.iter().for_each(|&(before, next)| follow(before, next));
        let unseen = self.appended.of(key).iter().filter(|&&element| !self.element(element).is_seen);
        order.last.iter().for_each(|&last| unseen.clone().for_each(|&next| follow(last, next)));
    }
}

/// Who appends what, and what is appended to which key.
fn appends(transactions: &Transactions) -> (Vec<Element>, Vec<(u32, u32)>) {
    let mut elements = vec![Element::default(); transactions.names.version_count()];
    let mut appended = Vec::new();
    for number in transactions.range() {
        let steps = transactions.steps(number);
        let last = transactions.external_writes(number);
        for step in steps {
            let Some(written) = step.written() else { continue };
            let element = &mut elements[written as usize];
            match element.appender {
                Some(_) => element.second = Some(number as u32),
                None => {
                    element.appender = Some(number as u32);
                    element.place = appended.len() as u32;
                    element.is_last = last.contains(&(step.key, written));
                    let own = steps.iter().filter(|own| own.is_write() && own.key == step.key);
                    element.is_alone = own.count() == 1;
                    appended.push((step.key, written));
                }
            }
        }
    }
    (elements, appended)
}

/// What a step of a transaction read, without what the transaction itself had appended before; none if it lacks that.
fn before_own(transactions: &Transactions, number: usize, position: usize) -> Option<&[u32]> {
    let steps = transactions.steps(number);
    let mut rest = transactions.read(steps[position]);
    for own in steps[..position].iter().rev().filter(|step| step.key == steps[position].key) {
        let Some(written) = own.written() else { continue };
        match rest.split_last() {
            Some((last, before)) if *last == written => rest = before,
            _ => return None,
        }
    }
    Some(rest)
}

#[cfg(test)]
mod tests;
