//! Transactions, out of a history's operations: numbers in a few long arrays, which hold nothing of the history itself.
//!
//! Keys are numbered, and so are *versions*: pairs of a key and a value that is written to it or read from it. A transaction
//! of four steps takes about a hundred bytes, whatever its values are, and a million of them can be judged side by side.

use super::intern::{NIL, Names};
use crate::cycles::Span;
use crate::history::{Kind, Op, Process};
use edn::Value;
use hashbrown::HashMap;
use std::ops::Range;

/// All transactions of a history, in the order in which they began.
pub(crate) struct Transactions {
    pub(super) list: Vec<Transaction>,
    pub(super) names: Names,
    steps: Vec<Step>,
    /// The lists that were read, one behind the other.
    elements: Vec<u32>,
    /// What the history calls a write.
    write: &'static str,
    /// Numbers of transactions whose reply has other steps than were asked for.
    pub(super) strangers: Vec<usize>,
    open: HashMap<Process, Open>,
}

/// A transaction: what the reply says it did if it succeeded, what it was asked to do otherwise.
#[derive(Clone, Copy)]
pub(super) struct Transaction {
    pub(super) span: Span,
    steps: (u32, u32),
}

/// A read or write within a transaction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    /// Number of its key.
    pub(super) key: u32,
    pub(super) what: What,
}

/// What a step does. Versions are told by their numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What {
    /// It writes, or appends, this version.
    Write(u32),
    /// It reads this version; [`NIL`] if there was none.
    Read(u32),
    /// It reads a list, which is kept between these places.
    List(u32, u32),
}

/// A transaction that has not ended, as far as the history was read.
struct Open {
    number: usize,
    asked: Vec<Step>,
}

impl Step {
    pub(super) fn is_write(self) -> bool {
        matches!(self.what, What::Write(_))
    }

    /// The version that it writes.
    pub(super) fn written(self) -> Option<u32> {
        if let What::Write(version) = self.what { Some(version) } else { None }
    }
}

impl Transaction {
    pub(super) fn outcome(&self) -> Kind {
        self.span.outcome
    }

    /// The index of its completion; if it never ended, of its invocation.
    pub(super) fn op(&self) -> usize {
        self.span.complete.unwrap_or(self.span.invoke)
    }
}

impl Transactions {
    /// `write` is what the history calls a write.
    pub(crate) fn new(write: &'static str) -> Transactions {
        Transactions {
            list: Vec::new(),
            names: Names::default(),
            steps: Vec::new(),
            elements: Vec::new(),
            write,
            strangers: Vec::new(),
            open: HashMap::new(),
        }
    }

    /// Takes the next operations of clients, whose steps are these.
    pub(crate) fn take<'o>(&mut self, part: Part, ops: impl Iterator<Item = &'o Op>) {
        let keys: Vec<u32> = part.names.keys().map(|key| self.names.key(key)).collect();
        let versions: Vec<u32> =
            part.names.versions().map(|(key, value)| self.names.version(keys[key as usize], value)).collect();
        let first = place(self.elements.len());
        self.elements.extend(part.elements.iter().map(|&version| versions[version as usize]));
        let renumbered = |step: &Step| Step {
            key: keys[step.key as usize],
            what: match step.what {
                What::Write(version) => What::Write(versions[version as usize]),
                What::Read(NIL) => What::Read(NIL),
                What::Read(version) => What::Read(versions[version as usize]),
                What::List(start, end) => What::List(first + start, first + end),
            },
        };
        let mut start = 0;
        for (op, end) in ops.zip(part.ends) {
            self.take_op(op, part.steps[start..end].iter().map(renumbered).collect());
            start = end;
        }
    }

    fn take_op(&mut self, op: &Op, steps: Vec<Step>) {
        let Process::Client(process) = op.process else { return };
        if op.kind == Kind::Invoke {
            let span = Span { invoke: op.index, complete: None, outcome: Kind::Info, process };
            self.list.push(Transaction { span, steps: (0, 0) });
            let number = self.list.len() - 1;
            if let Some(before) = self.open.insert(op.process, Open { number, asked: steps }) {
                self.keep(before.number, &before.asked);
            }
            return;
        }
        let Open { number, asked } = self.open.remove(&op.process).unwrap_or_else(|| {
            // Nobody knows when it began, and so it began after nothing.
            let span = Span { invoke: op.index, complete: None, outcome: Kind::Info, process };
            self.list.push(Transaction { span, steps: (0, 0) });
            Open { number: self.list.len() - 1, asked: Vec::new() }
        });
        let span = &mut self.list[number].span;
        (span.complete, span.outcome) = (Some(op.index), op.kind);
        if op.kind != Kind::Ok && !asked.is_empty() {
            return self.keep(number, &asked);
        }
        if !asked.is_empty() && !self.answers(&asked, &steps) {
            self.strangers.push(number);
        }
        self.keep(number, &steps);
    }

    /// Those that never ended did what they were asked to do, or not.
    pub(super) fn finish(mut self) -> Transactions {
        let mut open: Vec<Open> = std::mem::take(&mut self.open).into_values().collect();
        open.sort_unstable_by_key(|open| open.number);
        for Open { number, asked } in open {
            self.keep(number, &asked);
        }
        self
    }

    /// What the history calls a write.
    pub(super) fn write(&self) -> &'static str {
        self.write
    }

    fn keep(&mut self, number: usize, steps: &[Step]) {
        let start = place(self.steps.len());
        self.steps.extend_from_slice(steps);
        self.list[number].steps = (start, place(self.steps.len()));
    }

    /// Whether these are the steps that were asked for, with what was read filled in.
    fn answers(&self, asked: &[Step], done: &[Step]) -> bool {
        let fits = |(asked, done): (&Step, &Step)| asked.key == done.key && asked.written() == done.written();
        asked.len() == done.len() && asked.iter().zip(done).all(fits)
    }

    pub(super) fn steps(&self, number: usize) -> &[Step] {
        let (start, end) = self.list[number].steps;
        &self.steps[start as usize..end as usize]
    }

    /// The list that a step read. Nothing is an empty one.
    pub(super) fn read(&self, step: Step) -> &[u32] {
        match step.what {
            What::List(start, end) => &self.elements[start as usize..end as usize],
            _ => &[],
        }
    }

    /// What a step read, in print.
    pub(super) fn value_read(&self, step: Step) -> Value {
        match step.what {
            What::Read(NIL) => Value::Nil,
            What::Read(version) | What::Write(version) => self.names.value(version).clone(),
            What::List(..) => self.list_of(self.read(step)),
        }
    }

    /// These versions as a list.
    pub(super) fn list_of(&self, versions: &[u32]) -> Value {
        Value::Vector(versions.iter().map(|&version| self.names.value(version).clone()).collect())
    }

    /// A step as histories have it.
    pub(super) fn quote(&self, step: Step) -> Value {
        let name = if step.is_write() { self.write } else { "r" };
        Value::Vector(vec![Value::keyword(name), self.key(step.key).clone(), self.value_read(step)])
    }

    pub(super) fn key(&self, key: u32) -> &Value {
        self.names.key_value(key)
    }

    /// With their numbers.
    pub(super) fn with_outcome(&self, outcome: Kind) -> impl Iterator<Item = usize> {
        self.range().filter(move |&number| self.list[number].outcome() == outcome)
    }

    pub(super) fn range(&self) -> Range<usize> {
        0..self.list.len()
    }

    /// When each took place.
    pub(super) fn spans(&self) -> Vec<Span> {
        self.list.iter().map(|transaction| transaction.span).collect()
    }

    /// For each key that a transaction touches first by reading: that read (§11.1).
    pub(super) fn external_reads(&self, number: usize) -> Vec<Step> {
        let steps = self.steps(number);
        let mut found = Vec::new();
        let mut touched = Touched::new(steps.len());
        for step in steps {
            if touched.is_new(step.key) && !step.is_write() {
                found.push(*step);
            }
        }
        found
    }

    /// For each key that a transaction writes: the last write (§11.1), the last key first.
    pub(super) fn external_writes(&self, number: usize) -> Vec<(u32, u32)> {
        let steps = self.steps(number);
        let mut found = Vec::new();
        let mut touched = Touched::new(steps.len());
        for step in steps.iter().rev() {
            if let Some(version) = step.written().filter(|_| touched.is_new(step.key)) {
                found.push((step.key, version));
            }
        }
        found
    }
}

/// The steps of some operations, with keys, versions and lists numbered among themselves.
pub(crate) struct Part {
    names: Names,
    steps: Vec<Step>,
    /// Where the steps of each operation end.
    ends: Vec<usize>,
    elements: Vec<u32>,
    /// Where the last list is that was read of each key: the next will begin like it.
    last_lists: Vec<(u32, u32)>,
    write: &'static str,
}

impl Part {
    /// `write` is what the history calls a write.
    pub(crate) fn new(write: &'static str) -> Part {
        let (names, steps, ends, elements, last_lists) = Default::default();
        Part { names, steps, ends, elements, last_lists, write }
    }

    /// Takes the value of the next operation.
    pub(crate) fn read(&mut self, value: &Value) {
        for step in value.elements().unwrap_or(&[]) {
            let step = self.read_step(step);
            self.steps.extend(step);
        }
        self.ends.push(self.steps.len());
    }

    fn read_step(&mut self, whole: &Value) -> Option<Step> {
        let [name, key, value] = whole.elements()? else { return None };
        let key = self.names.key(key);
        let what = match name.as_name()? {
            name if name == self.write => What::Write(self.names.version(key, value)),
            _ if *value == Value::Nil => What::Read(NIL),
            _ => match value {
                Value::List(list) | Value::Vector(list) if self.write == "append" => {
                    self.read_list(key, list)
                }
                value => What::Read(self.names.version(key, value)),
            },
        };
        Some(Step { key, what })
    }

    fn read_list(&mut self, key: u32, list: &[Value]) -> What {
        let start = place(self.elements.len());
        self.last_lists.resize(self.names.key_count(), (0, 0));
        let (mut alike, end) = self.last_lists[key as usize];
        for element in list {
            let known = (alike < end).then(|| self.elements[alike as usize]);
            let version = match known.filter(|&version| self.names.value(version) == element) {
                Some(version) => version,
                None => self.names.version(key, element),
            };
            self.elements.push(version);
            alike += 1;
        }
        let end = place(self.elements.len());
        self.last_lists[key as usize] = (start, end);
        What::List(start, end)
    }
}

fn place(length: usize) -> u32 {
    u32::try_from(length).expect("a history in memory has fewer than 2^32 steps and elements")
}

/// Keys seen so far. Nearly all transactions touch so few that looking through them is quickest.
enum Touched {
    Few(Vec<u32>),
    Many(std::collections::HashSet<u32>),
}

/// Transactions with more steps than this look their keys up.
const FEW: usize = 16;

impl Touched {
    fn new(steps: usize) -> Touched {
        if steps <= FEW { Touched::Few(Vec::new()) } else { Touched::Many(Default::default()) }
    }

    fn is_new(&mut self, key: u32) -> bool {
        match self {
            Touched::Few(keys) if keys.contains(&key) => false,
            Touched::Few(keys) => {
                keys.push(key);
                true
            }
            Touched::Many(keys) => keys.insert(key),
        }
    }
}
