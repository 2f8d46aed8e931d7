//! Transactions, out of a history's operations.

use crate::context::Context;
use crate::cycles::Span;
use crate::history::{Kind, Op, Process};
use edn::Value;
use std::collections::{BTreeMap, HashMap};

/// All transactions of a history, in the order in which they began.
pub(super) struct Transactions<'a> {
    pub(super) list: Vec<Transaction<'a>>,
    /// Keys by their numbers.
    pub(super) keys: Vec<&'a Value>,
}

/// A transaction: what the reply says it did if it succeeded, what it was asked to do otherwise.
pub(super) struct Transaction<'a> {
    /// Its completion; if it never ended, its invocation.
    pub(super) op: &'a Op,
    pub(super) outcome: Kind,
    pub(super) span: Span,
    pub(super) steps: Vec<Step<'a>>,
}

/// A read or write within a transaction.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) is_write: bool,
    /// Number of its key.
    pub(super) key: u32,
    pub(super) value: &'a Value,
    /// As it stands in the history.
    pub(super) whole: &'a Value,
}

impl<'a> Transactions<'a> {
    /// `write` is what the history calls a write.
    pub(super) fn new(context: &Context<'a>, write: &str) -> Transactions<'a> {
        let mut transactions = Transactions { list: Vec::new(), keys: Vec::new() };
        let mut numbers = HashMap::new();
        for invoke in context.client_ops().filter(|op| op.kind == Kind::Invoke) {
            let completion = context.other_half(invoke);
            let outcome = completion.map_or(Kind::Info, |op| op.kind);
            let Process::Client(process) = invoke.process else { continue };
            let source = completion.filter(|_| outcome == Kind::Ok).unwrap_or(invoke);
            let steps = source.value.elements().unwrap_or(&[]).iter();
            let steps = steps.filter_map(|step| transactions.step(step, write, &mut numbers)).collect();
            let complete = completion.map(|op| op.index);
            let span = Span { invoke: invoke.index, complete, outcome, process };
            transactions.list.push(Transaction { op: completion.unwrap_or(invoke), outcome, span, steps });
        }
        transactions
    }

    fn step(
        &mut self,
        whole: &'a Value,
        write: &str,
        numbers: &mut HashMap<&'a Value, u32>,
    ) -> Option<Step<'a>> {
        let [name, key, value] = whole.elements()? else { return None };
        let key = *numbers.entry(key).or_insert_with(|| {
            self.keys.push(key);
            u32::try_from(self.keys.len() - 1).expect("a history in memory has fewer than 2^32 keys")
        });
        Some(Step { is_write: name.as_name()? == write, key, value, whole })
    }

    pub(super) fn key(&self, key: u32) -> &'a Value {
        self.keys[key as usize]
    }

    /// With their numbers.
    pub(super) fn with_outcome(&self, outcome: Kind) -> impl Iterator<Item = (usize, &Transaction<'a>)> {
        self.list.iter().enumerate().filter(move |(_, transaction)| transaction.outcome == outcome)
    }

    /// When each took place.
    pub(super) fn spans(&self) -> Vec<Span> {
        self.list.iter().map(|transaction| transaction.span).collect()
    }
}

impl<'a> Transaction<'a> {
    /// For each key it touches first by reading: that read (§11.1).
    pub(super) fn external_reads(&self) -> BTreeMap<u32, Step<'a>> {
        let mut first = BTreeMap::new();
        for step in &self.steps {
            first.entry(step.key).or_insert(*step);
        }
        first.retain(|_, step| !step.is_write);
        first
    }

    /// For each key it writes: the last write (§11.1).
    pub(super) fn external_writes(&self) -> BTreeMap<u32, Step<'a>> {
        self.steps.iter().filter(|step| step.is_write).map(|step| (step.key, *step)).collect()
    }
}
