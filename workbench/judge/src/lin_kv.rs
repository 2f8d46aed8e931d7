//! `lin-kv`: whether each key is a linearizable register with compare-and-set (§9.6, §13).
//!
//! Keys are judged one by one: a history is linearizable when the part of it about each object is (Herlihy and Wing).

mod register;

use super::context::Context;
use super::finding::findings;
use super::{Finding, Validity, Verdict};
use crate::Check;
use crate::history::{Kind, Op};
use edn::Value;
use register::{Action, Call, Judgement, Path};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How many of the register's possible states the results list, and how many ways from there.
const MAX_CONFIGURATIONS_LISTED: usize = 10;

/// Each operation is about a key.
pub(super) fn check(context: &Context<'_>) -> Verdict {
    judge(context, Shape::Keyed)
}

/// Registers with or without keys, and locks.
pub(super) fn check_foreign(context: &Context<'_>, check: Check) -> Verdict {
    let is_pair = |value: &Value| value.elements().is_some_and(|pair| pair.len() == 2);
    // Of a register without a key, a write has no pair and a comparison has no pair within its pair.
    let has_key = |op: &Op| match (op.f, op.value.elements()) {
        ("cas", Some([_, argument])) => is_pair(argument),
        _ => is_pair(&op.value),
    };
    let shape = match check {
        Check::Mutex => Shape::Lock,
        _ if context.client_ops().filter(|op| op.kind == Kind::Invoke).all(has_key) => Shape::Keyed,
        _ => Shape::Bare,
    };
    judge(context, shape)
}

/// What operations are like.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// `[key value]`.
    Keyed,
    /// `value`.
    Bare,
    /// Somebody holds a lock, or nobody does: a register that goes from one to the other and back.
    Lock,
}

/// The one object that there is where there are no keys.
static ALONE: Value = Value::Nil;
static FREE: Value = Value::Nil;
static HELD: Value = Value::Bool(true);

fn judge(context: &Context<'_>, shape: Shape) -> Verdict {
    let mut by_key: BTreeMap<&Value, Vec<Call<'_>>> = BTreeMap::new();
    for invoke in context.client_ops().filter(|op| op.kind == Kind::Invoke) {
        if let Some((key, call)) = call(context, invoke, shape) {
            by_key.entry(key).or_default().extend(call);
        }
    }
    let mut valid = Validity::True;
    let mut results = Vec::new();
    let mut failures = Vec::new();
    let mut found = Vec::new();
    let judgements = judge_all(context, &by_key);
    for ((key, calls), judgement) in by_key.into_iter().zip(judgements) {
        let verdict = judgement.validity();
        if verdict == Validity::False {
            failures.push(key.clone());
        }
        found.extend(finding(context, key, shape, &calls, &judgement));
        results.push((key.clone(), result(context, shape, &calls, &judgement)));
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

/// The judgement on each key, in order. Keys have nothing to do with each other, so each processor takes the next.
fn judge_all<'a>(context: &Context<'a>, by_key: &BTreeMap<&'a Value, Vec<Call<'a>>>) -> Vec<Judgement<'a>> {
    let patience = context.patience;
    let all: Vec<&Vec<Call<'a>>> = by_key.values().collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let numbers =
            std::iter::from_fn(|| Some(next.fetch_add(1, Relaxed)).filter(|number| *number < all.len()));
        numbers.map(|number| (number, register::judge(all[number], &patience))).collect::<Vec<_>>()
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(all.len());
    if workers < 2 {
        return work().into_iter().map(|(_, judgement)| judgement).collect();
    }
    let mut done: Vec<(usize, Judgement<'a>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("checkers do not panic")).collect()
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, judgement)| judgement).collect()
}

/// The key that an operation is about, and the operation as a call, unless it did not happen or constrains nothing: a read
/// of nothing may always be, and so may one whose result nobody saw.
fn call<'a>(context: &Context<'a>, invoke: &'a Op, shape: Shape) -> Option<(&'a Value, Option<Call<'a>>)> {
    let completion = context.other_half(invoke);
    let outcome = completion.map_or(Kind::Info, |op| op.kind);
    let (key, argument) = split(&invoke.value, shape)?;
    let action = match invoke.f {
        "read" => match completion.filter(|_| outcome == Kind::Ok).and_then(|op| split(&op.value, shape)) {
            Some((_, value)) if *value != Value::Nil => Action::Read(value),
            _ => return Some((key, None)),
        },
        "write" => Action::Write(argument),
        "acquire" => Action::CompareAndSet(&FREE, &HELD),
        "release" => Action::CompareAndSet(&HELD, &FREE),
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

/// The key and the rest of a value.
fn split(value: &Value, shape: Shape) -> Option<(&Value, &Value)> {
    match (shape, value.elements()) {
        (Shape::Keyed, Some([key, argument])) => Some((key, argument)),
        (Shape::Keyed, _) => None,
        (Shape::Bare | Shape::Lock, _) => Some((&ALONE, value)),
    }
}

fn result(context: &Context<'_>, shape: Shape, calls: &[Call<'_>], judgement: &Judgement<'_>) -> Value {
    let mut entries = vec![("valid?", judgement.validity().into())];
    let mut paths = Vec::new();
    match judgement {
        Judgement::Linearizable { states } => {
            entries.push(("configs", configurations(context, shape, calls, states, usize::MAX)));
        }
        Judgement::Stuck { call, states, paths: found } => {
            let end = calls[*call].last();
            entries.push(("op", without_key(context.op(end), shape)));
            entries.push(("previous-ok", previous_op(context, shape, calls, end)));
            entries.push(("configs", configurations(context, shape, calls, states, end)));
            let found = found.iter().take(MAX_CONFIGURATIONS_LISTED);
            paths.extend(found.map(|path| final_path(context, shape, calls, *call, path)));
        }
        Judgement::TooComplex => entries.push(("error", Value::text(no_verdict(context, "")))),
    }
    entries.push(("final-paths", Value::List(paths)));
    let entries = entries.into_iter().map(|(key, value)| (Value::keyword(key), value)).collect();
    Value::map([
        ("linearizable", Value::Map(entries)),
        ("timeline", Value::map([("valid?", true.into())])),
        ("valid?", judgement.validity().into()),
    ])
}

/// Why nobody knows.
fn no_verdict(context: &Context<'_>, about: &str) -> String {
    match context.patience.is_over() {
        true => format!(
            "the time for the analysis was over before an order of the operations{about} was found or ruled out"
        ),
        false => format!("too many operations{about} may have happened in any order"),
    }
}

/// What the register may hold before the operation `end`, in the shape that upstream has for it.
fn configurations(
    context: &Context<'_>,
    shape: Shape,
    calls: &[Call<'_>],
    states: &[&Value],
    end: usize,
) -> Value {
    let is_pending = |call: &&Call<'_>| call.start < end && call.end.is_none_or(|ends| ends >= end);
    let pending = calls.iter().filter(is_pending).map(|call| without_key(context.op(call.start), shape));
    let pending = Value::Vector(pending.collect());
    let configuration = |state: &&Value| {
        let last = previous_op(context, shape, calls, end);
        Value::map([("model", register(state)), ("last-op", last), ("pending", pending.clone())])
    };
    Value::List(states.iter().take(MAX_CONFIGURATIONS_LISTED).map(configuration).collect())
}

/// A way that ends at the call that no way gets past: the operations that take effect, and what the register is after each.
fn final_path(
    context: &Context<'_>,
    shape: Shape,
    calls: &[Call<'_>],
    stuck: usize,
    path: &Path<'_>,
) -> Value {
    let op = |call: usize| without_key(context.op(calls[call].last()), shape);
    let mut steps = vec![(previous_op(context, shape, calls, calls[stuck].last()), register(path.state))];
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
fn without_key(op: &Op, shape: Shape) -> Value {
    let mut op = op.clone();
    if let Some((_, argument)) = split(&op.value, shape) {
        op.value = argument.clone();
    }
    op.to_value()
}

fn previous_op(context: &Context<'_>, shape: Shape, calls: &[Call<'_>], end: usize) -> Value {
    previous_ok(calls, end).map_or(Value::Nil, |index| without_key(context.op(index), shape))
}

/// The last call that ended before `end`.
fn previous_ok(calls: &[Call<'_>], end: usize) -> Option<usize> {
    calls.iter().filter_map(|call| call.end).filter(|other| *other < end).max()
}

fn finding(
    context: &Context<'_>,
    key: &Value,
    shape: Shape,
    calls: &[Call<'_>],
    judgement: &Judgement<'_>,
) -> Option<Finding> {
    let about = if shape == Shape::Keyed { format!(" on key {key}") } else { String::new() };
    let (explanation, evidence) = match judgement {
        Judgement::Linearizable { .. } => return None,
        Judgement::TooComplex => (no_verdict(context, &about), Vec::new()),
        Judgement::Stuck { call, states, .. } => {
            let end = calls[*call].last();
            let states: Vec<String> = states.iter().map(|state| state.to_string()).collect();
            let explanation = format!(
                "no order of the operations{about} explains how op {end} {}: until then it can only have been {}",
                did(context.op(end), &calls[*call].action),
                states.join(" or ")
            );
            (explanation, previous_ok(calls, end).into_iter().chain([calls[*call].start, end]).collect())
        }
    };
    let evidence = evidence.into_iter().map(|index: usize| context.evidence(index)).collect();
    Some(Finding { kind: "linearizable", costs: judgement.validity(), explanation, evidence, more: 0 })
}

fn did(op: &Op, action: &Action<'_>) -> String {
    match action {
        _ if ["acquire", "release"].contains(&op.f) => format!("could {} the lock", op.f),
        Action::Read(value) => format!("read {value}"),
        Action::Write(value) => format!("wrote {value}"),
        Action::CompareAndSet(from, to) => format!("set {from} to {to}"),
    }
}

#[cfg(test)]
mod tests;
