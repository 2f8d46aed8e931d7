//! The history of a run: every operation's invocation and completion, in the order in which they happened.
//!
//! This is Jepsen's history (Maelstrom behaviour §8.3, §14): checkers judge it and nothing else, so whatever wrote it
//! (virtual time, wall time, a stored run) gets the same verdict.

mod draft;
mod error;
mod parts;
mod read;
mod text;

pub use error::HistoryError;
pub use read::read;
pub(crate) use read::{Numbered, Reader};
pub use text::{text_line, write_edn, write_text};

use edn::Value;

/// A history: dense indices, times that never go back. A part of one keeps the indices of the whole.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The operations; `ops[i].index == i`, unless it is a part of a history.
    pub ops: Vec<Op>,
    /// Where each came from, if its index does not say so.
    places: Vec<Place>,
}

/// Where an operation stands in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from one.
    pub line: usize,
    /// The index that it has there.
    pub index: u64,
}

/// One invocation or completion.
#[derive(Clone, Debug)]
pub struct Op {
    /// Position in the history.
    pub index: usize,
    /// When, in nanoseconds since the start of the main phase.
    pub time_ns: u64,
    /// Invocation, or how it ended.
    pub kind: Kind,
    /// Who did it.
    pub process: Process,
    /// What was done: `broadcast`, `read`, `start-partition`, …
    pub f: &'static str,
    /// Arguments at the invocation, result at the completion.
    pub value: Value,
    /// Part of the final phase and marked so (`:final? true`).
    pub is_final: bool,
    /// Why it failed, or why its outcome is unknown.
    pub error: Option<Value>,
    /// The class of the exception behind an unknown outcome (a malformed reply, say).
    pub exception: Option<&'static str>,
    /// Further keys, in order (kafka's `:seek-to-beginning?`, `:unseen`, …).
    pub extra: Vec<(&'static str, Value)>,
}

/// An operation whose error begins with this keyword was answered, but not with what was asked for.
pub const OTHER_THAN_ASKED: &str = "other-than-asked";

/// Invocation, or the way an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It began.
    Invoke,
    /// It happened.
    Ok,
    /// It did not happen.
    Fail,
    /// Nobody knows; the process that did it is gone.
    Info,
}

/// Who did an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Process {
    /// A client process. It does one operation at a time, and none after one whose outcome is unknown.
    Client(u64),
    /// The nemesis: it breaks things.
    Nemesis,
}

impl Kind {
    /// The name in histories.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Invoke => "invoke",
            Kind::Ok => "ok",
            Kind::Fail => "fail",
            Kind::Info => "info",
        }
    }
}

impl Process {
    /// As histories show it: a number, or `:nemesis`.
    pub fn to_value(self) -> Value {
        match self {
            Process::Client(number) => Value::from_digits(&number.to_string()),
            Process::Nemesis => Value::keyword("nemesis"),
        }
    }
}

impl Op {
    /// Whether a client did it. All checks but the nemesis's own are about these.
    pub fn is_client(&self) -> bool {
        self.process != Process::Nemesis
    }

    /// Whether it is how a client's operation ended.
    pub fn is_client_completion(&self) -> bool {
        self.is_client() && self.kind != Kind::Invoke
    }

    /// The operation as a line of `history.edn` has it (§14), and as results quote it.
    pub fn to_value(&self) -> Value {
        let mut entries = vec![
            ("index", Value::count(self.index)),
            ("time", Value::from_digits(&self.time_ns.to_string())),
            ("type", Value::keyword(self.kind.name())),
            ("process", self.process.to_value()),
            ("f", Value::keyword(self.f)),
            ("value", self.value.clone()),
        ];
        if self.is_final {
            entries.push(("final?", true.into()));
        }
        entries.extend(self.extra.iter().cloned());
        if let Some(error) = &self.error {
            entries.push(("error", error.clone()));
        }
        if let Some(class) = self.exception {
            let cause = Value::map([("type", Value::Symbol(class.into()))]);
            entries.push(("exception", Value::map([("via", Value::Vector(vec![cause]))])));
        }
        Value::Map(entries.into_iter().map(|(key, value)| (Value::keyword(key), value)).collect())
    }
}

impl History {
    /// A history, or a part of one, of these operations.
    pub fn new(ops: Vec<Op>) -> History {
        History { ops, places: Vec::new() }
    }

    /// Where an operation, told by its index, stands in the file that it was read from.
    pub fn place(&self, index: usize) -> Place {
        let plain = Place { line: index + 1, index: index as u64 };
        self.places.get(index).copied().unwrap_or(plain)
    }

    /// Whether operations have other indices here than in the file that they were read from.
    pub fn is_renumbered(&self) -> bool {
        self.places.iter().enumerate().any(|(index, place)| place.index != index as u64)
    }

    /// How often the nemesis did this. Each time has an invocation and a completion.
    pub fn nemesis_count(&self, f: &str) -> usize {
        self.ops.iter().filter(|op| op.process == Process::Nemesis && op.f == f).count() / 2
    }

    /// Appends `op` and gives it its index.
    pub fn push(&mut self, mut op: Op) -> &Op {
        op.index = self.ops.len();
        self.ops.push(op);
        self.ops.last().expect("just pushed")
    }

    /// For each operation, by position, its other half: the completion of an invocation, the invocation of a completion. An
    /// invocation that never completed, and nemesis operations, have none.
    pub fn pairs(&self) -> Vec<Option<usize>> {
        let mut pairs = vec![None; self.ops.len()];
        let mut open = std::collections::BTreeMap::new();
        for (position, op) in self.ops.iter().enumerate().filter(|(_, op)| op.process != Process::Nemesis) {
            if op.kind == Kind::Invoke {
                open.insert(op.process, position);
            } else if let Some(invoke) = open.remove(&op.process) {
                pairs[invoke] = Some(position);
                pairs[position] = Some(invoke);
            }
        }
        pairs
    }
}
