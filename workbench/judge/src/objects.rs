//! Linearizability of objects other than registers, as Knossos has them: queues, sets, and several registers that transactions
//! read and write at a time.
//!
//! Orders of the operations are tried one after another, each operation between its beginning and its end, and what was done
//! with what state in the end is remembered and not tried again (Wing and Gong, 1993; Lowe, 2017). An operation whose end
//! nobody saw may have happened, later or never. The search has a limit, and beyond it there is no verdict.

use super::context::Context;
use super::{Finding, Validity, Verdict};
use crate::history::{Kind, Op};
use edn::Value;
use std::collections::HashSet;

/// Ways that are looked at, at most: some seconds of work.
const MAX_STEPS: usize = 1 << 21;
/// Steps between two looks at the clock.
const PATIENCE: usize = 1 << 10;

/// What operations work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    /// What is enqueued first is dequeued first.
    FifoQueue,
    /// Whatever is in it may be dequeued.
    UnorderedQueue,
    /// A read shows all that was added.
    Set,
    /// Registers, of which a transaction reads and writes some at one moment.
    Registers,
}

/// What an object holds: elements, or the registers that were written and their values.
type State<'a> = Vec<(&'a Value, &'a Value)>;

static NOTHING: Value = Value::Nil;

/// An operation that happened or may have happened.
struct Call<'a> {
    op: &'a Op,
    start: usize,
    /// None if nobody saw it.
    end: Option<usize>,
}

pub(super) fn check(context: &Context<'_>, object: Object) -> Verdict {
    let calls: Vec<Call<'_>> = context
        .client_ops()
        .filter(|op| op.kind == Kind::Invoke)
        .filter_map(|op| call(context, op))
        .collect();
    if calls.is_empty() {
        return nothing_happened();
    }
    let mut search = Search { object, calls: &calls, seen: HashSet::new(), steps: 0, most: 0, stuck: 0 };
    let (valid, explanation) = match search.run(context) {
        Some(true) => (Validity::True, None),
        Some(false) => {
            let stuck = &calls[search.stuck];
            let (op, f) = (stuck.end.unwrap_or(stuck.start), stuck.op.f);
            (
                Validity::False,
                Some(format!("no order of the operations explains how op {op} could {f} {}", stuck.op.value)),
            )
        }
        None if context.patience.is_over() => (
            Validity::Unknown,
            Some("the time for the analysis was over before an order was found or ruled out".to_owned()),
        ),
        None => (Validity::Unknown, Some("too many operations may have happened in any order".to_owned())),
    };
    let evidence = match valid {
        Validity::False => [Some(calls[search.stuck].start), calls[search.stuck].end],
        _ => [None, None],
    };
    let evidence = evidence.into_iter().flatten().map(|index| context.evidence(index)).collect();
    let value = Value::map([
        ("valid?", valid.into()),
        ("op", if valid == Validity::False { calls[search.stuck].op.to_value() } else { Value::Nil }),
    ]);
    let finding =
        |explanation| Finding { kind: "linearizable", costs: valid, explanation, evidence, more: 0 };
    Verdict { valid, value, findings: explanation.map(finding).into_iter().collect() }
}

/// There were operations, and none that changed anything or told anything.
fn nothing_happened() -> Verdict {
    let valid = Validity::Unknown;
    let explanation = "no operation may have happened, so there is nothing to judge".to_owned();
    let value = Value::map([("valid?", valid.into()), ("error", explanation.as_str().into())]);
    let finding = Finding { kind: "nothing-done", costs: valid, explanation, evidence: Vec::new(), more: 0 };
    Verdict { valid, value, findings: vec![finding] }
}

/// An operation as a call, unless it did not happen, or would have changed nothing that anybody knows of.
fn call<'a>(context: &Context<'a>, invoke: &'a Op) -> Option<Call<'a>> {
    let completion = context.other_half(invoke);
    let start = invoke.index;
    match completion.map(|end| (end.kind, end)) {
        Some((Kind::Ok, end)) => {
            let tells_result = matches!(invoke.f, "dequeue" | "read" | "txn");
            let op = if tells_result { end } else { invoke };
            Some(Call { op, start, end: Some(end.index) })
        }
        Some((Kind::Fail, _)) => None,
        _ => (invoke.f != "read").then_some(Call { op: invoke, start, end: None }),
    }
}

struct Search<'a, 'c> {
    object: Object,
    calls: &'c [Call<'a>],
    /// What was done, as bits, with what state after it.
    seen: HashSet<(Vec<u64>, State<'a>)>,
    steps: usize,
    /// Of the calls that ended, how many an order had at most, and which did not fit then.
    most: usize,
    stuck: usize,
}

/// A place in an order, and what to try next there.
struct Place<'a> {
    done: Vec<u64>,
    next: Vec<(usize, State<'a>)>,
}

impl<'a> Search<'a, '_> {
    /// Whether there is an order; none if the search was given up.
    fn run(&mut self, context: &Context<'_>) -> Option<bool> {
        let ended = self.calls.iter().filter(|call| call.end.is_some()).count();
        if ended == 0 {
            return Some(true);
        }
        let done = vec![0; self.calls.len().div_ceil(64)];
        self.stuck = self.first_end(&done);
        let mut way = vec![self.place(done, &State::new())];
        while let Some(place) = way.last_mut() {
            let Some((call, state)) = place.next.pop() else {
                way.pop();
                continue;
            };
            let mut done = place.done.clone();
            done[call / 64] |= 1 << (call % 64);
            self.steps += 1;
            if self.steps > MAX_STEPS || (self.steps.is_multiple_of(PATIENCE) && context.patience.is_over()) {
                return None;
            }
            if !self.seen.insert((done.clone(), state.clone())) {
                continue;
            }
            let count = (0..self.calls.len())
                .filter(|&one| is_in(&done, one) && self.calls[one].end.is_some())
                .count();
            if count == ended {
                return Some(true);
            }
            let next = self.place(done, &state);
            if count > self.most {
                (self.most, self.stuck) = (count, self.first_end(&next.done));
            }
            way.push(next);
        }
        Some(false)
    }

    /// What can come next: whatever began before anything that is still to come ended. Those that end first are tried first.
    fn place(&self, done: Vec<u64>, state: &State<'a>) -> Place<'a> {
        let waits = |&one: &usize| !is_in(&done, one);
        let end = |one: usize| self.calls[one].end.unwrap_or(usize::MAX);
        let first_end = (0..self.calls.len()).filter(waits).map(end).min().unwrap_or(0);
        let mut candidates: Vec<usize> =
            (0..self.calls.len()).filter(waits).filter(|&one| self.calls[one].start < first_end).collect();
        candidates.sort_by_key(|&one| std::cmp::Reverse(end(one)));
        let next = candidates.into_iter().flat_map(|one| {
            let after = after(self.object, state, &self.calls[one]);
            after.into_iter().map(move |state| (one, state))
        });
        let next = next.collect();
        Place { done, next }
    }

    /// Of those that are still to come the one that ended first.
    fn first_end(&self, done: &[u64]) -> usize {
        let waiting = (0..self.calls.len()).filter(|&one| !is_in(done, one));
        waiting.min_by_key(|&one| self.calls[one].end.unwrap_or(usize::MAX)).unwrap_or(0)
    }
}

fn is_in(done: &[u64], call: usize) -> bool {
    done[call / 64] & (1 << (call % 64)) != 0
}

/// What the object may hold after a call; nothing if the call cannot happen now. Of a call that nobody saw end it is not known
/// what it found.
fn after<'a>(object: Object, state: &State<'a>, call: &Call<'a>) -> Vec<State<'a>> {
    let value = &call.op.value;
    let without = |place: usize| {
        let mut rest = state.clone();
        rest.remove(place);
        rest
    };
    let is_taken = |place: &usize| call.end.is_none() || state[*place].0 == value;
    match (object, call.op.f) {
        (Object::FifoQueue, "enqueue") => {
            let mut more = state.clone();
            more.push((value, &NOTHING));
            vec![more]
        }
        (Object::FifoQueue, _) => (0..state.len().min(1)).filter(is_taken).map(without).collect(),
        (Object::UnorderedQueue, "enqueue") => vec![inserted(state, value)],
        (Object::UnorderedQueue, _) => {
            let places = (0..state.len()).filter(is_taken);
            let mut rests: Vec<State<'a>> = places.map(without).collect();
            rests.dedup();
            rests
        }
        (Object::Set, "add") if state.iter().any(|(element, _)| *element == value) => vec![state.clone()],
        (Object::Set, "add") => vec![inserted(state, value)],
        (Object::Set, _) => {
            let mut shown: Vec<&Value> = value.elements().unwrap_or(&[]).iter().collect();
            shown.sort();
            shown.dedup();
            let is_all = shown.into_iter().eq(state.iter().map(|(element, _)| *element));
            if is_all { vec![state.clone()] } else { Vec::new() }
        }
        (Object::Registers, _) => transacted(state, value).into_iter().collect(),
    }
}

/// With one more element, in order.
fn inserted<'a>(state: &State<'a>, value: &'a Value) -> State<'a> {
    let mut more = state.clone();
    more.push((value, &NOTHING));
    more.sort();
    more
}

/// What registers hold after a transaction. A read of nothing is never wrong.
fn transacted<'a>(state: &State<'a>, steps: &'a Value) -> Option<State<'a>> {
    let mut after = state.clone();
    for step in steps.elements()? {
        let [name, key, value] = step.elements()? else { return None };
        let place = after.binary_search_by_key(&key, |(known, _)| *known);
        match (name.as_name()?, place) {
            ("r" | "read", _) if *value == Value::Nil => {}
            ("r" | "read", Ok(place)) if after[place].1 == value => {}
            ("r" | "read", _) => return None,
            (_, Ok(place)) => after[place].1 = value,
            (_, Err(place)) => after.insert(place, (key, value)),
        }
    }
    Some(after)
}

#[cfg(test)]
mod tests;
