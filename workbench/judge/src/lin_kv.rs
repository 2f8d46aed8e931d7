//! `lin-kv`: whether each key is a linearizable register with compare-and-set (§9.6, §13).
//!
//! Keys are judged one by one: a history is linearizable when the part of it about each object is (Herlihy and Wing).

mod register;

use super::context::Context;
use super::finding::findings;
use super::{Finding, Validity, Verdict};
use crate::history::{Kind, Op};
use edn::Value;
use register::{Action, Call, Judgement, Path};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many of the register's possible states the results list, and how many ways from there.
const MAX_CONFIGURATIONS_LISTED: usize = 10;

pub(super) fn check(context: &Context<'_>) -> Verdict {
    let mut by_key: BTreeMap<&Value, Vec<Call<'_>>> = BTreeMap::new();
    for invoke in context.client_ops().filter(|op| op.kind == Kind::Invoke) {
        if let Some((key, call)) = call(context, invoke) {
            by_key.entry(key).or_default().extend(call);
        }
    }
    let mut valid = Validity::True;
    let mut results = Vec::new();
    let mut failures = Vec::new();
    let mut found = Vec::new();
    for (key, calls) in by_key {
        let judgement = register::judge(&calls);
        let verdict = judgement.validity();
        if verdict == Validity::False {
            failures.push(key.clone());
        }
        found.extend(finding(context, key, &calls, &judgement));
        results.push((key.clone(), result(context, &calls, &judgement)));
        valid = valid.max(verdict);
    }
    // What is certain is told before what is not.
    found.sort_by_key(|finding| Reverse(finding.costs));
    Verdict {
        valid,
        value: Value::map([
            ("valid?", valid.into()),
            ("results", Value::Map(results)),
            ("failures", Value::Vector(failures)),
        ]),
        findings: findings(&found, Finding::clone),
    }
}

/// The key that an operation is about, and the operation as a call, unless it did not happen or constrains nothing: a read
/// of nothing may always be, and so may one whose result nobody saw.
fn call<'a>(context: &Context<'a>, invoke: &'a Op) -> Option<(&'a Value, Option<Call<'a>>)> {
    let completion = context.other_half(invoke);
    let outcome = completion.map_or(Kind::Info, |op| op.kind);
    let [key, argument] = invoke.value.elements()? else { return None };
    let action = match invoke.f {
        "read" => match completion.filter(|_| outcome == Kind::Ok).and_then(|op| op.value.elements()) {
            Some([_, value]) if *value != Value::Nil => Action::Read(value),
            _ => return Some((key, None)),
        },
        "write" => Action::Write(argument),
        "cas" => match argument.elements() {
            Some([from, to]) => Action::CompareAndSet(from, to),
            _ => return None,
        },
        _ => return None,
    };
    let end = completion.filter(|_| outcome == Kind::Ok).map(|op| op.index);
    let call = Call { action, start: invoke.index, end };
    Some((key, (outcome != Kind::Fail).then_some(call)))
}

fn result(context: &Context<'_>, calls: &[Call<'_>], judgement: &Judgement<'_>) -> Value {
    let mut entries = vec![("valid?", judgement.validity().into())];
    let mut paths = Vec::new();
    match judgement {
        Judgement::Linearizable { states } => {
            entries.push(("configs", configurations(context, calls, states, usize::MAX)));
        }
        Judgement::Stuck { call, states, paths: found } => {
            let end = calls[*call].last();
            entries.push(("op", without_key(context.op(end))));
            entries.push(("previous-ok", previous_op(context, calls, end)));
            entries.push(("configs", configurations(context, calls, states, end)));
            let found = found.iter().take(MAX_CONFIGURATIONS_LISTED);
            paths.extend(found.map(|path| final_path(context, calls, *call, path)));
        }
        Judgement::TooComplex => {
            entries.push(("error", "too many operations may have happened in any order".into()))
        }
    }
    entries.push(("final-paths", Value::List(paths)));
    let entries = entries.into_iter().map(|(key, value)| (Value::keyword(key), value)).collect();
    Value::map([
        ("linearizable", Value::Map(entries)),
        ("timeline", Value::map([("valid?", true.into())])),
        ("valid?", judgement.validity().into()),
    ])
}

/// What the register may hold before the operation `end`, in the shape that upstream has for it.
fn configurations(context: &Context<'_>, calls: &[Call<'_>], states: &[&Value], end: usize) -> Value {
    let is_pending = |call: &&Call<'_>| call.start < end && call.end.is_none_or(|ends| ends >= end);
    let pending = calls.iter().filter(is_pending).map(|call| without_key(context.op(call.start)));
    let pending = Value::Vector(pending.collect());
    let configuration = |state: &&Value| {
        let last = previous_op(context, calls, end);
        Value::map([("model", register(state)), ("last-op", last), ("pending", pending.clone())])
    };
    Value::List(states.iter().take(MAX_CONFIGURATIONS_LISTED).map(configuration).collect())
}

/// A way that ends at the call that no way gets past: the operations that take effect, and what the register is after each.
fn final_path(context: &Context<'_>, calls: &[Call<'_>], stuck: usize, path: &Path<'_>) -> Value {
    let op = |call: usize| without_key(context.op(calls[call].last()));
    let mut steps = vec![(previous_op(context, calls, calls[stuck].last()), register(path.state))];
    steps.extend(path.steps.iter().map(|&(call, state)| (op(call), register(state))));
    let state = path.steps.last().map_or(path.state, |(_, state)| state);
    let why = match calls[stuck].action {
        Action::CompareAndSet(from, to) => {
            format!("a register that holds {state} cannot go from {from} to {to}")
        }
        Action::Read(value) => format!("a register that holds {state} cannot be read as {value}"),
        Action::Write(_) => unreachable!("a write can take effect whatever the register holds"),
    };
    steps.push((op(stuck), model("Inconsistent", Value::map([("msg", Value::text(why))]))));
    let step = |(op, model)| Value::map([("op", op), ("model", model)]);
    Value::Vector(steps.into_iter().map(step).collect())
}

fn register(state: &Value) -> Value {
    model("CASRegister", Value::map([("value", state.clone())]))
}

fn model(name: &str, value: Value) -> Value {
    Value::Tagged(Box::new((format!("knossos.model.{name}").into(), value)))
}

/// The operation as the history of its key alone has it.
fn without_key(op: &Op) -> Value {
    let mut op = op.clone();
    if let Some([_, argument]) = op.value.elements() {
        op.value = argument.clone();
    }
    op.to_value()
}

fn previous_op(context: &Context<'_>, calls: &[Call<'_>], end: usize) -> Value {
    previous_ok(calls, end).map_or(Value::Nil, |index| without_key(context.op(index)))
}

/// The last call that ended before `end`.
fn previous_ok(calls: &[Call<'_>], end: usize) -> Option<usize> {
    calls.iter().filter_map(|call| call.end).filter(|other| *other < end).max()
}

fn finding(
    context: &Context<'_>,
    key: &Value,
    calls: &[Call<'_>],
    judgement: &Judgement<'_>,
) -> Option<Finding> {
    let (explanation, evidence) = match judgement {
        Judgement::Linearizable { .. } => return None,
        Judgement::TooComplex => {
            (format!("too many operations on key {key} may have happened in any order"), Vec::new())
        }
        Judgement::Stuck { call, states, .. } => {
            let end = calls[*call].last();
            let states: Vec<String> = states.iter().map(|state| state.to_string()).collect();
            let explanation = format!(
                "no order of the operations on key {key} explains how op {end} {}: until then it can only have been {}",
                did(&calls[*call].action),
                states.join(" or ")
            );
            (explanation, previous_ok(calls, end).into_iter().chain([calls[*call].start, end]).collect())
        }
    };
    let evidence = evidence.into_iter().map(|index: usize| context.evidence(index)).collect();
    Some(Finding { kind: "linearizable", costs: judgement.validity(), explanation, evidence, more: 0 })
}

fn did(action: &Action<'_>) -> String {
    match action {
        Action::Read(value) => format!("read {value}"),
        Action::Write(value) => format!("wrote {value}"),
        Action::CompareAndSet(from, to) => format!("set {from} to {to}"),
    }
}

#[cfg(test)]
mod tests;
