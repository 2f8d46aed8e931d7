//! How far behind the logs polls were, in time. For information only: nothing says that polls must be recent.
//!
//! A poll lags on a key if, when it was invoked, a message was known that lies beyond everything that its process has seen of
//! the key by the end of the poll. It lags by as long as that message had been known.

use super::log::Logs;
use super::record::{Operation, Record};
use crate::context::Context;
use crate::history::{Kind, Op, Process};
use edn::Value;
use std::collections::BTreeMap;

/// How far behind a poll was on a key.
pub struct Lag<'a> {
    /// The poll's invocation.
    pub poll: &'a Op,
    /// The key.
    pub key: &'a Value,
    /// By how much, in lag_nseconds.
    pub lag_ns: u64,
}

/// The longest lag: `{:time s, :process p, :key k, :lag s}`.
pub(super) fn worst(context: &Context<'_>, record: &Record<'_>, logs: &Logs<'_>) -> Value {
    let mut worst: Option<Lag<'_>> = None;
    each(context, record, logs, |lag| {
        if lag.lag_ns > worst.as_ref().map_or(0, |worst| worst.lag_ns) {
            worst = Some(lag);
        }
    });
    describe(worst)
}

/// Tells of each ok poll how far behind it was on every key that its process had been assigned.
pub(super) fn each<'a>(
    context: &Context<'a>,
    record: &Record<'a>,
    logs: &Logs<'_>,
    mut tell: impl FnMut(Lag<'a>),
) {
    let passed = passed(record, logs);
    let mut seen: BTreeMap<Process, BTreeMap<u32, usize>> = BTreeMap::new();
    let mut operations = record.operations.iter().peekable();
    for op in context.client_ops().filter(|op| op.kind == Kind::Ok) {
        if op.f == "assign" {
            let keys = op.value.elements().unwrap_or(&[]).iter();
            let keys = keys.filter_map(|key| record.key_number(key));
            let before = seen.remove(&op.process).unwrap_or_default();
            let kept = keys.map(|key| (key, before.get(&key).copied().unwrap_or(0)));
            seen.insert(op.process, kept.collect());
        }
        while operations.next_if(|operation| operation.op.index < op.index).is_some() {}
        let Some(operation) = operations.next_if(|operation| operation.op.index == op.index) else {
            continue;
        };
        let Some(positions) = seen.get_mut(&op.process).filter(|_| op.f == "poll") else { continue };
        advance(positions, operation, logs);
        let poll = context.op(operation.span.invoke);
        for (&key, &position) in &*positions {
            let known = passed[key as usize].get(position).copied().unwrap_or(u64::MAX);
            tell(Lag { poll, key: record.key(key), lag_ns: poll.time_ns.saturating_sub(known) });
        }
    }
}

/// For each key and each number of messages seen: when it became known that there are more.
fn passed(record: &Record<'_>, logs: &Logs<'_>) -> Vec<Vec<u64>> {
    let mut passed: Vec<Vec<u64>> = logs.iter().map(|(_, log)| vec![u64::MAX; log.entries.len()]).collect();
    let mut know = |key: u32, offset: &Value, time: u64| {
        if let Some(index) = logs.index(key, offset) {
            let known = &mut passed[key as usize][index];
            *known = time.min(*known);
        }
    };
    for operation in record.operations.iter().filter(|operation| operation.span.outcome == Kind::Ok) {
        let time = operation.op.time_ns;
        operation
            .sent
            .iter()
            .for_each(|sent| sent.offset.iter().for_each(|offset| know(sent.key, offset, time)));
        for polled in &operation.polled {
            polled.messages.iter().for_each(|(offset, _)| know(polled.key, offset, time));
        }
    }
    for times in &mut passed {
        for index in (1..times.len()).rev() {
            times[index - 1] = times[index - 1].min(times[index]);
        }
    }
    passed
}

fn advance(positions: &mut BTreeMap<u32, usize>, operation: &Operation<'_>, logs: &Logs<'_>) {
    for polled in &operation.polled {
        let indices = polled.messages.iter().filter_map(|(offset, _)| logs.index(polled.key, offset));
        if let (Some(position), Some(last)) = (positions.get_mut(&polled.key), indices.max()) {
            *position = (*position).max(last + 1);
        }
    }
}

fn describe(worst: Option<Lag<'_>>) -> Value {
    let seconds = |lag_ns: u64| Value::Float(lag_ns as f64 / 1e9);
    match worst {
        Some(Lag { poll, key, lag_ns }) => Value::map([
            ("time", seconds(poll.time_ns)),
            ("process", poll.process.to_value()),
            ("key", key.clone()),
            ("lag", seconds(lag_ns)),
        ]),
        None => Value::map([
            ("time", Value::Integer(0)),
            ("process", Value::Nil),
            ("key", Value::Nil),
            ("lag", Value::Float(0.0)),
        ]),
    }
}
