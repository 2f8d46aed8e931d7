//! Whether a history is one at all, before anything is judged: what a checker cannot read it would have to pass over, and a
//! verdict about the rest is none.
//!
//! Clients do one thing at a time: an operation begins, and ends. Nobody goes on after an outcome that nobody knows, for
//! what was begun may still take effect. Every operation is one that the checker knows, in the form that it knows.

use crate::check::Check;
use crate::history::{History, Kind, Op, Place, Process};
use crate::verdict::Verdict;
use crate::{Evidence, Finding, Validity};
use edn::Value;
use std::collections::HashMap;

/// Breaches that are told; more are counted.
const MAX_TOLD: usize = 8;

/// What is amiss with an operation.
struct Breach {
    index: usize,
    what: String,
}

/// The verdict on a history that cannot be judged, if this is one.
pub(crate) fn refusal(check: Check, history: &History) -> Option<Verdict> {
    let breaches = breaches(check, history);
    let first = breaches.first()?;
    let tell = |breach: &Breach| {
        let Place { line, index } = history.place(breach.index);
        format!("line {line}, index {index}: {}", breach.what)
    };
    let error = format!("this is no history of {}: {}", check.name(), tell(first));
    let mut findings: Vec<Finding> =
        breaches.iter().take(MAX_TOLD).map(|breach| finding(history, breach, tell(breach))).collect();
    findings
        .iter_mut()
        .last()
        .into_iter()
        .for_each(|last| last.more = breaches.len().saturating_sub(MAX_TOLD));
    let valid = Validity::Unknown;
    let value = Value::map([("valid?", valid.into()), ("error", Value::text(error))]);
    Some(Verdict { valid, value, findings })
}

fn finding(history: &History, breach: &Breach, explanation: String) -> Finding {
    let op = &history.ops[breach.index];
    let what = format!("{} {} {}", op.kind.name(), op.f, crate::finding::brief(&op.value));
    let evidence = vec![Evidence { index: breach.index, process: op.process, node: None, what }];
    Finding { kind: "malformed", costs: Validity::Unknown, explanation, evidence, more: 0 }
}

/// Everything that is amiss, in order.
fn breaches(check: Check, history: &History) -> Vec<Breach> {
    // Lists of answers alone are something that Elle takes.
    let has_invocations = history.ops.iter().any(|op| op.is_client() && op.kind == Kind::Invoke);
    let needs_invocations = has_invocations || !check.takes_answers_alone();
    let mut processes: HashMap<Process, State<'_>> = HashMap::new();
    let mut breaches = Vec::new();
    for (index, op) in history.ops.iter().enumerate().filter(|(_, op)| op.is_client()) {
        let state = processes.entry(op.process).or_insert(State::Idle);
        let what = out_of_turn(state, op, needs_invocations).or_else(|| check.objection(op));
        breaches.extend(what.map(|what| Breach { index, what }));
        *state = match op.kind {
            Kind::Invoke => State::Busy(op),
            Kind::Info => State::Gone(index),
            Kind::Ok | Kind::Fail => State::Idle,
        };
    }
    breaches
}

/// What a process is doing.
enum State<'a> {
    Idle,
    Busy(&'a Op),
    /// Since the operation with this index.
    Gone(usize),
}

fn out_of_turn(state: &State<'_>, op: &Op, needs_invocations: bool) -> Option<String> {
    let process = op.process.to_value();
    match (state, op.kind) {
        (State::Busy(before), Kind::Invoke) => Some(format!(
            "process {process} begins something before what it began at op {} has ended",
            before.index
        )),
        (State::Gone(before), Kind::Invoke) => Some(format!(
            "process {process} goes on after op {before}, of which nobody knows the outcome; what is begun after that needs \
             another process"
        )),
        (State::Idle, Kind::Invoke) => None,
        (State::Busy(before), _) if before.f != op.f => {
            Some(format!("process {process} began :{} at op {}, and :{} ends", before.f, before.index, op.f))
        }
        (State::Busy(_), _) => None,
        (State::Idle | State::Gone(_), _) if needs_invocations => {
            Some(format!("an operation of process {process} ends that nobody began"))
        }
        (State::Idle | State::Gone(_), _) => None,
    }
}

#[cfg(test)]
mod tests;
