//! Transactions: each reads x and writes itself to x and y, so both always show one and the same.

use machines::engine::Pace;
use machines::{Machine, Node, Txn};
use serde_json::Value;

use crate::durable::CanRemember;
use crate::subject::Subject;

/// Transactions are numbered from 1, and 0 is what was there before.
pub(crate) struct TxnSubject {
    pub(crate) fan_out: usize,
    pub(crate) script: &'static [&'static [&'static str]],
}

/// Transactions, each a bit.
type Transactions = u16;

/// What an onlooker remembers.
#[derive(Clone, Default, Hash)]
pub(crate) struct Witness {
    /// What each node must hold, from what it has shown and been asked.
    holds: [Transactions; 4],
    /// What the node that ran a transaction held then: what that overwrites.
    causes: [Transactions; 10],
    /// The transaction that each node was asked to run.
    ran: [usize; 4],
}

impl Witness {
    /// A node shows what this transaction wrote.
    fn see(&mut self, node: usize, x: usize, y: usize) -> Result<(), String> {
        if x != y {
            return Err(format!("n{node} shows x as {x} left it and y as {y} did"));
        }
        let overwriting =
            (0..10).find(|it| self.holds[node] >> it & 1 == 1 && self.causes[*it] >> x & 1 == 1);
        if let Some(later) = overwriting {
            return Err(format!("n{node} shows {x}, which {later} has overwritten there"));
        }
        self.holds[node] |= self.causes[x] | 1 << x;
        Ok(())
    }
}

impl Subject for TxnSubject {
    type Process = Node<Txn>;
    type Witness = Witness;

    fn nodes(&self) -> usize {
        self.script.len()
    }

    fn start(&self, seed: u64) -> Self::Process {
        Node::new(self.pace(), seed)
    }

    fn script(&self, node: usize) -> &[&'static str] {
        self.script[node]
    }

    fn look(&self) -> Option<&'static str> {
        Some(r#"{"type":"txn","txn":[["r","x",null],["r","y",null]]}"#)
    }

    fn asked(&self, witness: &mut Witness, node: usize, number: usize) {
        let request: Value = serde_json::from_str(self.script[node][number]).expect("scripts are JSON");
        witness.ran[node] = written(&request["txn"][1]).expect("the second operation is a write");
    }

    fn answered(&self, witness: &mut Witness, node: usize, body: &str) -> Result<(), String> {
        let answer: Value = serde_json::from_str(body).map_err(|wrong| wrong.to_string())?;
        let read = written(&answer["txn"][0]).ok_or_else(|| body.to_string())?;
        witness.see(node, read, read)?;
        let ran = witness.ran[node];
        witness.causes[ran] = witness.holds[node];
        witness.holds[node] |= 1 << ran;
        Ok(())
    }

    fn saw(&self, witness: &mut Witness, node: usize, shown: &str) -> Result<(), String> {
        let (x, y) = registers(shown)?;
        witness.see(node, x, y)
    }

    fn restarted(&self, witness: &mut Witness, node: usize) {
        witness.holds[node] = 0;
    }

    fn rested(&self, witness: &Witness, shown: &[&str]) -> Result<(), String> {
        let last = registers(shown[0])?;
        if shown.iter().any(|shown| registers(shown) != Ok(last)) {
            return Err(format!("nodes at rest show {shown:?}"));
        }
        let held = witness.holds.iter().fold(0, |all, held| all | held);
        let overwritten = witness.causes.iter().fold(0, |all, causes| all | causes);
        let is_last = held == 0 && last.0 == 0 || held >> last.0 & !overwritten >> last.0 & 1 == 1;
        is_last.then_some(()).ok_or_else(|| format!("{last:?} is left, of {held:b} without {overwritten:b}"))
    }
}

impl CanRemember for TxnSubject {
    type Machine = Txn;

    fn pace(&self) -> Pace {
        Pace { fan_out: self.fan_out, ..Txn::default_config() }
    }
}

fn registers(shown: &str) -> Result<(usize, usize), String> {
    let answer: Value = serde_json::from_str(shown).map_err(|wrong| wrong.to_string())?;
    let operations = &answer["txn"];
    written(&operations[0]).zip(written(&operations[1])).ok_or_else(|| shown.to_string())
}

/// The transaction that wrote what an operation reads or writes.
fn written(operation: &Value) -> Option<usize> {
    let value = operation.get(2)?;
    if value.is_null() { Some(0) } else { value.as_u64().map(|value| value as usize) }
}
