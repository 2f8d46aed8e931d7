//! What all checkers of one analysis share: the history, which completion belongs to which invocation, and who is who.

use super::Evidence;
use super::finding::{brief, reason};
use crate::Demands;
use crate::history::{History, Kind, Op, Process};
use crate::patience::Patience;
use crate::tape::Tape;
use edn::Value;
use std::borrow::Cow;

pub(super) struct Context<'a> {
    pub(super) demands: &'a Demands,
    pub(super) history: &'a History,
    pub(super) patience: Patience<'a>,
    /// Where operations are that are not in the history.
    tape: Option<&'a Tape<'a>>,
    pairs: Vec<Option<usize>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(demands: &'a Demands, history: &'a History) -> Context<'a> {
        Context { demands, history, patience: Patience::default(), tape: None, pairs: history.pairs() }
    }

    /// The same of a history of which only a part is at hand.
    pub(super) fn on_tape(self, tape: &'a Tape<'a>) -> Context<'a> {
        Context { tape: Some(tape), ..self }
    }

    pub(super) fn within(self, patience: Patience<'a>) -> Context<'a> {
        Context { patience, ..self }
    }

    pub(super) fn op(&self, index: usize) -> &'a Op {
        &self.history.ops[index]
    }

    /// An operation, to be shown.
    pub(super) fn quote(&self, index: usize) -> Cow<'a, Op> {
        self.tape.map_or_else(|| Cow::Borrowed(self.op(index)), |tape| Cow::Owned(tape.op(index)))
    }

    /// The invocation of a completion, the completion of an invocation.
    pub(super) fn other_half(&self, op: &Op) -> Option<&'a Op> {
        self.pairs[op.index].map(|index| self.op(index))
    }

    /// Everything that clients did, in order.
    pub(super) fn client_ops(&self) -> impl Iterator<Item = &'a Op> {
        self.history.ops.iter().filter(|op| op.is_client())
    }

    /// How many operations clients began (§10.4, §10.5).
    pub(super) fn invocations(&self) -> usize {
        self.client_ops().filter(|op| op.kind == Kind::Invoke).count()
    }

    /// Thread i talks to node i mod n, always, and a thread's process numbers differ by the number of threads (§6.1).
    pub(super) fn node(&self, process: Process) -> Option<String> {
        let Process::Client(process) = process else { return None };
        let thread = usize::try_from(process % self.demands.concurrency.max(1) as u64).ok()?;
        let nodes = &self.demands.nodes;
        nodes.get(thread % nodes.len().max(1)).cloned()
    }

    pub(super) fn evidence(&self, index: usize) -> Evidence {
        let op = self.quote(index);
        let mut what = format!("{} {}", op.kind.name(), op.f);
        if op.value != Value::Nil {
            what.push_str(&format!(" {}", brief(&op.value)));
        }
        if let Some(error) = &op.error {
            what.push_str(&format!(", {}", reason(error)));
        }
        Evidence { index, process: op.process, node: self.node(op.process), what }
    }
}
