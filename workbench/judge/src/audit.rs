//! Whether a history is one at all, before anything is judged: what a checker cannot read it would have to pass over, and a
//! verdict about the rest is none.
//!
//! Clients do one thing at a time: an operation begins, and ends. Nobody goes on after an outcome that nobody knows, for
//! what was begun may still take effect. Every operation is one that the checker knows, in the form that it knows.

use crate::check::Check;
use crate::finding::brief;
use crate::history::{History, Kind, Op, Place, Process};
use crate::verdict::Verdict;
use crate::{Evidence, Finding, Validity};
use edn::Value;
use hashbrown::HashMap;
use std::borrow::Cow;

/// Breaches that are told; more are counted.
const MAX_TOLD: usize = 8;

/// The verdict on a history that cannot be judged, if this is one.
pub(crate) fn refusal(check: Check, history: &History) -> Option<Verdict> {
    let mut audit = Audit::new(check);
    for op in &history.ops {
        audit.take(op, history.place(op.index), check.objection(op));
    }
    audit.refusal(|index| Cow::Borrowed(&history.ops[index]))
}

/// Goes through a history, operation by operation.
pub(crate) struct Audit {
    check: Check,
    processes: HashMap<Process, State>,
    has_invocations: bool,
    breaches: Breaches,
    /// Ends that nobody began: all that there is in lists of answers alone, which Elle takes.
    alone: Breaches,
}

/// Everything of a kind that is amiss: how much, and of the first few the operation and what about it.
#[derive(Default)]
struct Breaches {
    told: Vec<(usize, String)>,
    count: usize,
}

impl Breaches {
    fn add(&mut self, op: &Op, place: Place, what: &str) {
        self.count += 1;
        if self.told.len() < MAX_TOLD {
            self.told.push((op.index, format!("line {}, index {}: {what}", place.line, place.index)));
        }
    }
}

/// What a process is doing.
#[derive(Clone, Copy)]
enum State {
    Idle,
    /// The operation with this index, and its name.
    Busy(usize, &'static str),
    /// Since the operation with this index.
    Gone(usize),
}

impl Audit {
    pub(crate) fn new(check: Check) -> Audit {
        let (breaches, alone) = Default::default();
        Audit { check, processes: HashMap::new(), has_invocations: false, breaches, alone }
    }

    /// Looks at the next operation, and at what its checker objects to it. Its value need not be at hand.
    pub(crate) fn take(&mut self, op: &Op, place: Place, objection: Option<String>) {
        if !op.is_client() {
            return;
        }
        self.has_invocations |= op.kind == Kind::Invoke;
        let state = self.processes.entry(op.process).or_insert(State::Idle);
        match (*state, op.kind) {
            (State::Idle | State::Gone(_), Kind::Ok | Kind::Fail | Kind::Info) => {
                let what =
                    format!("an operation of process {} ends that nobody began", op.process.to_value());
                self.alone.add(op, place, &what);
            }
            (state, _) => {
                let what = out_of_turn(state, op);
                what.iter().for_each(|what| self.breaches.add(op, place, what));
            }
        }
        *state = match op.kind {
            Kind::Invoke => State::Busy(op.index, op.f),
            Kind::Info => State::Gone(op.index),
            Kind::Ok | Kind::Fail => State::Idle,
        };
        objection.iter().for_each(|what| self.breaches.add(op, place, what));
    }

    /// The verdict, if this is no history that can be judged. `quote` gives an operation, whole.
    pub(crate) fn refusal<'a>(self, quote: impl Fn(usize) -> Cow<'a, Op>) -> Option<Verdict> {
        let mut breaches = self.breaches;
        if self.has_invocations || !self.check.takes_answers_alone() {
            breaches.count += self.alone.count;
            breaches.told.extend(self.alone.told);
            breaches.told.sort_by_key(|(index, _)| *index);
            breaches.told.truncate(MAX_TOLD);
        }
        let finding = |(index, what)| finding(&quote(index), what);
        let mut findings: Vec<Finding> = breaches.told.into_iter().map(finding).collect();
        let first = findings.first()?;
        let error = format!("this is no history of {}: {}", self.check.name(), first.explanation);
        let more = breaches.count - findings.len();
        findings.iter_mut().last().into_iter().for_each(|last| last.more = more);
        let valid = Validity::Unknown;
        let value = Value::map([("valid?", valid.into()), ("error", Value::text(error))]);
        Some(Verdict { valid, value, findings })
    }
}

fn finding(op: &Op, explanation: String) -> Finding {
    let what = format!("{} {} {}", op.kind.name(), op.f, brief(&op.value));
    let evidence = vec![Evidence { index: op.index, process: op.process, node: None, what }];
    Finding { kind: "malformed", costs: Validity::Unknown, explanation, evidence, more: 0 }
}

fn out_of_turn(state: State, op: &Op) -> Option<String> {
    let process = op.process.to_value();
    match (state, op.kind) {
        (State::Busy(before, _), Kind::Invoke) => {
            Some(format!("process {process} begins something before what it began at op {before} has ended"))
        }
        (State::Gone(before), Kind::Invoke) => Some(format!(
            "process {process} goes on after op {before}, of which nobody knows the outcome; what is begun after that needs \
             another process"
        )),
        (State::Busy(before, f), _) if f != op.f => {
            Some(format!("process {process} began :{f} at op {before}, and :{} ends", op.f))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
