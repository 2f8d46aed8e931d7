//! `txn-rw-register` and `txn-list-append`: transactions, one after the other.
//!
//! The cheats are the ways in which databases fall short of that: what an aborted transaction did stays, or what one has yet
//! to finish is seen; transactions read from an old state what others overwrite at the same time; and so on. Each keeps all
//! that the next weaker model asks for.

mod views;
mod writes;

use super::state::{Values, error, key};
use super::{Keeper, Occasions};
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};

/// Transactions that write a multiple of this abort.
const UNLUCKY: i64 = 7;

pub(super) struct Transactions {
    cheat: &'static str,
    occasions: Occasions,
    state: Values,
    /// The last two transactions that wrote something, the newer one last.
    recent: Vec<Done>,
    /// Steps of the last transaction that have yet to take effect.
    held_back: Vec<Step>,
    /// States that those who only read are shown next.
    shown: VecDeque<Values>,
}

/// A transaction that wrote something.
struct Done {
    /// The state that it found.
    before: Values,
    reads: BTreeSet<String>,
    writes: BTreeSet<String>,
}

impl Done {
    fn is_unrelated_to(&self, other: &Done) -> bool {
        self.writes.is_disjoint(&other.writes)
            && self.writes.is_disjoint(&other.reads)
            && self.reads.is_disjoint(&other.writes)
    }
}

/// A step of a transaction: what it does, to which key, with which value.
#[derive(Clone)]
struct Step {
    kind: String,
    key: String,
    value: Value,
}

impl Transactions {
    pub(super) fn new(cheat: &'static str) -> Transactions {
        let (occasions, state, recent, held_back, shown) = Default::default();
        Transactions { cheat, occasions, state, recent, held_back, shown }
    }

    /// Executes a transaction: the values of its steps, or nothing if it aborts, as some do everywhere.
    fn execute(&mut self, steps: &[Step]) -> Option<Vec<Value>> {
        let aborts = steps
            .iter()
            .any(|step| !step.is_read() && step.value.as_i64().is_some_and(|value| value % UNLUCKY == 0));
        if aborts && self.cheat != "keep-aborted" {
            return None;
        }
        if steps.iter().any(|step| !step.is_read()) {
            self.finish_the_last();
        }
        let values = self.look(steps);
        self.finish_the_last();
        self.write(steps);
        (!aborts).then_some(values)
    }
}

impl Keeper for Transactions {
    fn answer(&mut self, request: &Value) -> Value {
        self.answer_all(std::slice::from_ref(request)).remove(0)
    }

    fn at_once(&self) -> usize {
        if matches!(self.cheat, "see-each-other" | "overwrite-each-other") { 2 } else { 1 }
    }

    fn answer_all(&mut self, requests: &[Value]) -> Vec<Value> {
        let steps =
            |request: &Value| request["txn"].as_array().into_iter().flatten().map(Step::parse).collect();
        let transactions: Vec<Vec<Step>> = requests.iter().map(steps).collect();
        let results = match &transactions[..] {
            [a, b] if self.are_at_once(a, b) => self.execute_at_once(a, b),
            _ => transactions.iter().map(|steps| self.execute(steps)).collect(),
        };
        requests.iter().zip(results).map(|(request, values)| reply(request, values)).collect()
    }
}

fn reply(request: &Value, values: Option<Vec<Value>>) -> Value {
    let Some(values) = values else { return error(30, "conflict") };
    let mut steps = request["txn"].clone();
    for (step, value) in steps.as_array_mut().into_iter().flatten().zip(values) {
        step[2] = value;
    }
    json!({"type": "txn_ok", "txn": steps})
}

impl Step {
    fn parse(step: &Value) -> Step {
        let kind = step[0].as_str().unwrap_or_default().to_owned();
        Step { kind, key: key(&step[1]), value: step[2].clone() }
    }

    fn is_read(&self) -> bool {
        self.kind == "r"
    }

    fn apply(&self, state: &mut Values) {
        match self.kind.as_str() {
            "w" => drop(state.insert(self.key.clone(), self.value.clone())),
            "append" => list(state, &self.key).push(self.value.clone()),
            _ => {}
        }
    }
}

/// The list at a key; a new one if there is none.
fn list<'a>(state: &'a mut Values, key: &str) -> &'a mut Vec<Value> {
    let value = state.entry(key.to_owned()).or_insert_with(|| json!([]));
    value.as_array_mut().expect("what is appended to is a list")
}

/// The keys that steps read.
fn read_by(steps: &[Step]) -> BTreeSet<String> {
    steps.iter().filter(|step| step.is_read()).map(|step| step.key.clone()).collect()
}

/// The keys that steps write.
fn written_by(steps: &[Step]) -> BTreeSet<String> {
    steps.iter().filter(|step| !step.is_read()).map(|step| step.key.clone()).collect()
}
