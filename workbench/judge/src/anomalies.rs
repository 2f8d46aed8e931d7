//! Anomalies as they are found: counted by type, with examples for the results and for people.

use super::context::Context;
use super::cycles::{Cycle, Kind, Step};
use super::finding::MAX_FINDINGS_PER_KIND;
use super::{Finding, Validity};
use edn::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Of each type, at most this many cases are kept; all are counted.
const MAX_CASES: usize = 32;

/// What was found so far.
#[derive(Default)]
pub(super) struct Anomalies {
    by_type: BTreeMap<&'static str, Cases>,
}

/// The cases of one type.
#[derive(Default)]
pub(super) struct Cases {
    pub(super) count: usize,
    pub(super) examples: Vec<Value>,
    pub(super) findings: Vec<Finding>,
}

/// One case of an anomaly.
pub(super) struct Case {
    /// For the results.
    pub(super) value: Value,
    /// For people.
    pub(super) explanation: String,
    /// The operations that prove it, by their indices.
    pub(super) proof: Vec<usize>,
}

impl Anomalies {
    pub(super) fn add(&mut self, context: &Context<'_>, kind: &'static str, case: impl FnOnce() -> Case) {
        let cases = self.by_type.entry(kind).or_default();
        cases.count += 1;
        if cases.findings.len() == MAX_FINDINGS_PER_KIND {
            cases.findings[MAX_FINDINGS_PER_KIND - 1].more += 1;
        }
        if cases.examples.len() == MAX_CASES {
            return;
        }
        let Case { value, explanation, proof } = case();
        cases.examples.push(value);
        if cases.findings.len() < MAX_FINDINGS_PER_KIND {
            let mut told = BTreeSet::new();
            let proof = proof.into_iter().filter(|&index| told.insert(index)).take(MAX_FINDINGS_PER_KIND);
            let evidence = proof.map(|index| context.evidence(index)).collect();
            cases.findings.push(Finding { kind, costs: Validity::False, explanation, evidence, more: 0 });
        }
    }

    /// Adds something that is not about single operations.
    pub(super) fn note(&mut self, kind: &'static str, explanation: &str) {
        let explanation = explanation.to_owned();
        let finding = Finding { kind, costs: Validity::False, explanation, evidence: Vec::new(), more: 0 };
        let cases = Cases { count: 1, examples: vec![true.into()], findings: vec![finding] };
        self.by_type.insert(kind, cases);
    }

    /// Adds a cycle. `op` gives the index of a vertex's operation, `key` what the key with some number is.
    pub(super) fn add_cycle<'a>(
        &mut self,
        context: &Context<'_>,
        cycle: &Cycle,
        op: impl Fn(usize) -> usize,
        key: impl Fn(u32) -> &'a Value,
    ) {
        self.add(context, cycle.anomaly, || {
            let proof: Vec<usize> = cycle.steps.iter().map(|step| op(step.from)).collect();
            let around = proof.iter().chain(proof.first()).map(|&index| context.quote(index).to_value());
            let steps = cycle.steps.iter().map(|step| describe(step, &key));
            let told: Vec<String> = cycle.steps.iter().map(|step| tell(step, &op, &key)).collect();
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

    /// Adds what was found elsewhere, behind what was found here.
    pub(super) fn absorb(&mut self, others: Anomalies) {
        for (kind, others) in others.by_type {
            let cases = self.by_type.entry(kind).or_default();
            cases.count += others.count;
            cases.examples.extend(others.examples);
            cases.examples.truncate(MAX_CASES);
            cases.findings.extend(others.findings);
            cases.findings.truncate(MAX_FINDINGS_PER_KIND);
            let more = cases.count - cases.findings.len();
            cases.findings.iter_mut().for_each(|finding| finding.more = 0);
            cases.findings.iter_mut().last().into_iter().for_each(|last| last.more = more);
        }
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

    /// All cases by type, in the order of their names.
    pub(super) fn into_cases(self) -> impl Iterator<Item = (&'static str, Cases)> {
        self.by_type.into_iter()
    }
}

fn describe<'a>(step: &Step, key: impl Fn(u32) -> &'a Value) -> Value {
    let kind = match step.kind {
        Kind::Ww => "ww",
        Kind::Wr => "wr",
        Kind::Rw => "rw",
        Kind::Process => "process",
        Kind::Realtime => "realtime",
    };
    let mut entries = vec![(Value::keyword("type"), Value::keyword(kind))];
    entries.extend(step.key.map(|number| (Value::keyword("key"), key(number).clone())));
    Value::Map(entries)
}

fn tell<'a>(step: &Step, op: impl Fn(usize) -> usize, key: impl Fn(u32) -> &'a Value) -> String {
    let (from, to) = (op(step.from), op(step.to));
    let key = step.key.map_or(&Value::Nil, key);
    match step.kind {
        Kind::Ww => format!("op {from} wrote key {key} before op {to} did"),
        Kind::Wr => format!("op {to} read what op {from} wrote to key {key}"),
        Kind::Rw => format!("op {from} read key {key} as it was before op {to} wrote it"),
        Kind::Process => format!("op {to} followed op {from} in its process"),
        Kind::Realtime => format!("op {to} began after op {from} had ended"),
    }
}
