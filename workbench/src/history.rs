//! The history of a run: every operation's invocation and completion, in the order in which they happened.
//!
//! This is Jepsen's history (Maelstrom behaviour §8.3, §14): checkers judge it and nothing else, so whatever wrote it
//! (virtual time, wall time, a stored run) gets the same verdict.

use crate::edn::Value;
use machines::Time;

/// A history: dense indices, times that never go back.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The operations; `ops[i].index == i`.
    pub ops: Vec<Op>,
}

/// One invocation or completion.
#[derive(Clone, Debug)]
pub struct Op {
    /// Position in the history.
    pub index: usize,
    /// When, since the start of the main phase.
    pub time: Time,
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

impl History {
    /// Appends `op` and gives it its index.
    pub fn push(&mut self, mut op: Op) -> &Op {
        op.index = self.ops.len();
        self.ops.push(op);
        self.ops.last().expect("just pushed")
    }

    /// For each operation its other half: the completion of an invocation, the invocation of a completion. An invocation
    /// that never completed, and nemesis operations, have none.
    pub fn pairs(&self) -> Vec<Option<usize>> {
        let mut pairs = vec![None; self.ops.len()];
        let mut open = std::collections::BTreeMap::new();
        for op in self.ops.iter().filter(|op| op.process != Process::Nemesis) {
            if op.kind == Kind::Invoke {
                open.insert(op.process, op.index);
            } else if let Some(invoke) = open.remove(&op.process) {
                pairs[invoke] = Some(op.index);
                pairs[op.index] = Some(invoke);
            }
        }
        pairs
    }
}
