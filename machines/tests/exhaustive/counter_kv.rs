//! The counter in `seq-kv`, and with it the layer of calls: late, lost and repeated answers, and a store that shows the past.

use machines::{CounterKv, Node};
use serde_json::Value;

use crate::bags::digits;
use crate::subject::Subject;

/// The k-th `add` adds 10ᵏ, so the digits of a sum tell which are in it, and how often.
pub(crate) struct CounterKvSubject {
    pub(crate) script: &'static [&'static [&'static str]],
}

/// What an onlooker remembers.
#[derive(Clone, Default, Hash)]
pub(crate) struct Witness {
    /// The adds that were asked for, and those that were answered.
    asked: u16,
    answered: u16,
    /// For each node and number of a request: what had been answered when it was asked, if it is a read.
    due: Vec<(usize, usize, u16)>,
    /// The requests that have no answer yet.
    open: Vec<(usize, usize)>,
}

impl CounterKvSubject {
    /// The digit that a request adds; none if it is a read.
    fn added(&self, node: usize, number: usize) -> Option<usize> {
        let request: Value = serde_json::from_str(self.script[node].get(number)?).expect("scripts are JSON");
        let delta = request.get("delta")?.as_u64().expect("deltas are powers of ten");
        Some(delta.ilog10() as usize)
    }
}

impl Subject for CounterKvSubject {
    type Process = Node<CounterKv>;
    type Witness = Witness;

    fn nodes(&self) -> usize {
        self.script.len()
    }

    fn start(&self, seed: u64) -> Self::Process {
        // Calls are numbered from a place that the upper bits of the seed tell.
        Node::new((), seed << 22)
    }

    fn script(&self, node: usize) -> &[&'static str] {
        self.script[node]
    }

    fn last_request(&self) -> Option<&'static str> {
        Some(r#"{"type":"read"}"#)
    }

    fn asked(&self, witness: &mut Witness, node: usize, number: usize) {
        match self.added(node, number) {
            Some(digit) => witness.asked |= 1 << digit,
            None => witness.due.push((node, number, witness.answered)),
        }
        witness.open.push((node, number));
        witness.open.sort_unstable();
        witness.due.sort_unstable();
    }

    fn answered(&self, witness: &mut Witness, node: usize, body: &str) -> Result<(), String> {
        let answer: Value = serde_json::from_str(body).map_err(|wrong| wrong.to_string())?;
        let number = answer["in_reply_to"].as_u64().ok_or_else(|| body.to_string())? as usize;
        let position = witness.open.iter().position(|open| *open == (node, number));
        witness.open.remove(position.ok_or_else(|| format!("n{node} answers twice: {body}"))?);
        if let Some(digit) = self.added(node, number) {
            witness.answered |= 1 << digit;
            return Ok(());
        }
        let due = witness.due.iter().position(|due| (due.0, due.1) == (node, number));
        let (_, _, due) = witness.due.remove(due.expect("reads are noted when they are asked"));
        let counted = digits(body)?;
        if due & !counted != 0 {
            return Err(format!("n{node} reads {body}, without an `add` that was answered before"));
        }
        if counted & !witness.asked != 0 {
            return Err(format!("n{node} reads {body}, with something that nobody added"));
        }
        Ok(())
    }

    fn restarted(&self, witness: &mut Witness, node: usize) {
        witness.open.retain(|(asked, _)| *asked != node);
        witness.due.retain(|(asked, ..)| *asked != node);
    }

    fn rested(&self, witness: &Witness, _: &[&str]) -> Result<(), String> {
        let is_done = witness.open.is_empty();
        is_done.then_some(()).ok_or_else(|| format!("nobody answers {:?} (node, request)", witness.open))
    }
}
