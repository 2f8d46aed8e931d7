//! Anomalies as they are found: counted by type, with examples for the results and for people.

use super::transaction::{Transaction, Transactions};
use crate::check::context::Context;
use crate::check::cycles::{Cycle, Kind, Step};
use crate::check::finding::MAX_FINDINGS_PER_KIND;
use crate::check::{Finding, Validity};
use crate::edn::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Of each type, at most this many cases are kept.
const MAX_CASES: usize = 32;

#[derive(Default)]
pub(super) struct Anomalies {
    by_type: BTreeMap<&'static str, Cases>,
}

#[derive(Default)]
struct Cases {
    examples: Vec<Value>,
    findings: Vec<Finding>,
}

/// One case of an anomaly.
pub(super) struct Case<'t, 'a> {
    /// For the results: what `:anomalies` lists.
    pub(super) value: Value,
    /// For people.
    pub(super) explanation: String,
    /// The transactions that prove it.
    pub(super) proof: Vec<&'t Transaction<'a>>,
}

impl Anomalies {
    pub(super) fn add<'t, 'a: 't>(
        &mut self,
        context: &Context<'_>,
        kind: &'static str,
        case: impl FnOnce() -> Case<'t, 'a>,
    ) {
        let cases = self.by_type.entry(kind).or_default();
        if cases.examples.len() == MAX_CASES {
            return;
        }
        let Case { value, explanation, proof } = case();
        cases.examples.push(value);
        if cases.findings.len() < MAX_FINDINGS_PER_KIND {
            let proof = proof.iter().take(MAX_FINDINGS_PER_KIND);
            let evidence = proof.map(|transaction| context.evidence(transaction.op.index)).collect();
            cases.findings.push(Finding { kind, costs: Validity::False, explanation, evidence });
        }
    }

    /// Adds something that is not about single transactions.
    pub(super) fn note(&mut self, kind: &'static str, explanation: String) {
        let finding = Finding { kind, costs: Validity::Unknown, explanation, evidence: Vec::new() };
        self.by_type.insert(kind, Cases { examples: vec![true.into()], findings: vec![finding] });
    }

    pub(super) fn add_cycle(
        &mut self,
        context: &Context<'_>,
        transactions: &Transactions<'_>,
        cycle: &Cycle,
    ) {
        self.add(context, cycle.anomaly, || {
            let proof: Vec<_> = cycle.steps.iter().map(|step| &transactions.list[step.from]).collect();
            let around = proof.iter().chain(proof.first()).map(|transaction| transaction.op.to_value());
            let steps = cycle.steps.iter().map(|step| describe(transactions, step));
            let told: Vec<String> = cycle.steps.iter().map(|step| tell(transactions, step)).collect();
            Case {
                value: Value::map([
                    ("cycle", Value::Vector(around.collect())),
                    ("steps", Value::List(steps.collect())),
                    ("type", Value::keyword(cycle.anomaly)),
                ]),
                explanation: told.join("; "),
                proof,
            }
        });
    }

    pub(super) fn types(&self) -> BTreeSet<&'static str> {
        self.by_type.keys().copied().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_type.is_empty()
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&'static str) -> bool) {
        self.by_type.retain(|kind, _| keep(kind));
    }

    /// The map from types to cases, and the findings, now that it is known what they cost.
    pub(super) fn into_report(self, costs: Validity) -> (Value, Vec<Finding>) {
        let mut entries = Vec::new();
        let mut findings = Vec::new();
        for (kind, cases) in self.by_type {
            entries.push((Value::keyword(kind), Value::List(cases.examples)));
            findings.extend(cases.findings.into_iter().map(|finding| Finding { costs, ..finding }));
        }
        (Value::Map(entries), findings)
    }
}

fn describe(transactions: &Transactions<'_>, step: &Step) -> Value {
    let kind = match step.kind {
        Kind::Ww => "ww",
        Kind::Wr => "wr",
        Kind::Rw => "rw",
        Kind::Process => "process",
        Kind::Realtime => "realtime",
    };
    let mut entries = vec![(Value::keyword("type"), Value::keyword(kind))];
    entries.extend(step.key.map(|key| (Value::keyword("key"), transactions.key(key).clone())));
    Value::Map(entries)
}

fn tell(transactions: &Transactions<'_>, step: &Step) -> String {
    let name = |transaction: usize| transactions.list[transaction].op.index;
    let key = step.key.map_or(&Value::Nil, |key| transactions.key(key));
    let (from, to) = (name(step.from), name(step.to));
    match step.kind {
        Kind::Ww => format!("op {from} wrote key {key} before op {to} did"),
        Kind::Wr => format!("op {to} read what op {from} wrote to key {key}"),
        Kind::Rw => format!("op {from} read key {key} as it was before op {to} wrote it"),
        Kind::Process => format!("op {to} followed op {from} in its process"),
        Kind::Realtime => format!("op {to} began after op {from} had ended"),
    }
}
