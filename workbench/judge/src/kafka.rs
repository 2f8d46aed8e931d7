//! `kafka`: whether polls show each log as what it is, one order of messages without holes (§12.4–§12.6).
//!
//! A key's log is made of what offsets acknowledged sends and polls mention. Offsets may be sparse: positions are counted among
//! the offsets that hold something. Messages must not vanish from it, move in it, or be jumped over by whoever reads along;
//! when a poll sees a message is up to the system.
//!
//! Three things on which upstream's analysis breaks down are met more calmly here: a message that nobody sent makes the
//! verdict unknown but not the analysis void; a key that only ever came with an empty list is an empty log; and large offsets
//! cost nothing, as logs are not arrays indexed by offset.

mod contents;
mod lag;
mod log;
mod order;
mod record;
mod view;

use super::anomalies::Anomalies;
use super::context::Context;
use super::cycles::{Builder, Extra, Kind as Edge, search};
use super::{Finding, Validity, Verdict};
use crate::history::Kind;
use edn::Value;
use log::Logs;
use record::Record;
use std::collections::BTreeSet;

pub use lag::Lag;
pub use view::{Access, Course, TroubledLog, View};

/// A message polled that nobody sent: the one type that makes a verdict unknown, not false. (Those of the description that
/// are harmless take two sends in an operation.)
const PHANTOM: &str = "phantom";

pub(super) fn check(context: &Context<'_>) -> Verdict {
    let record = Record::new(context);
    let logs = Logs::new(&record);
    let mut anomalies = Anomalies::default();
    contents::check(context, &record, &logs, &mut anomalies);
    order::check(context, &record, &logs, &mut anomalies);
    cycles(context, &record, &mut anomalies);
    let unseen = contents::unseen(context, &record);
    let mut types = anomalies.types();
    types.extend(unseen.is_some().then_some("unseen"));
    let fatal: Vec<_> = types.iter().copied().filter(|&kind| kind != PHANTOM).collect();
    let valid = match (fatal.is_empty(), types.contains(PHANTOM)) {
        (false, _) => Validity::False,
        (true, true) => Validity::Unknown,
        (true, false) => Validity::True,
    };
    let keywords = |names: Vec<&'static str>| Value::List(names.into_iter().map(Value::keyword).collect());
    let mut entries = vec![
        ("valid?", valid.into()),
        ("worst-realtime-lag", lag::worst(context, &record, &logs)),
        ("bad-error-types", keywords(fatal)),
        ("error-types", keywords(types.into_iter().collect())),
        ("info-txn-causes", causes(&record)),
    ];
    let mut findings = Vec::new();
    for (kind, cases) in anomalies.into_cases() {
        let costs = if kind == PHANTOM { Validity::Unknown } else { Validity::False };
        let report = [("count", Value::count(cases.count)), ("errs", Value::List(cases.examples))];
        entries.push((kind, Value::map(report)));
        findings.extend(cases.findings.into_iter().map(|finding| Finding { costs, ..finding }));
    }
    if let Some((report, finding)) = unseen {
        entries.push(("unseen", report));
        findings.push(finding);
    }
    let value = entries.into_iter().map(|(key, value)| (Value::keyword(key), value)).collect();
    Verdict { valid, value: Value::Map(value), findings }
}

/// The distinct errors of sends and polls of unknown outcome.
fn causes(record: &Record<'_>) -> Value {
    let errors = record.operations.iter().filter(|operation| operation.op.kind == Kind::Info);
    let mut seen = BTreeSet::new();
    let causes =
        errors.filter_map(|operation| operation.op.error.as_ref()).filter(|error| seen.insert(*error));
    Value::List(causes.cloned().collect())
}

/// A send comes before the polls that see its message, and before whatever began after it had ended.
fn cycles(context: &Context<'_>, record: &Record<'_>, anomalies: &mut Anomalies) {
    let mut builder = Builder::new(record.operations.len());
    for (poll, operation) in record.operations.iter().enumerate() {
        for polled in &operation.polled {
            for &(_, message) in &polled.messages {
                if let Some(send) = record.messages[message].send {
                    builder.add(send, poll, Edge::Wr, polled.key);
                }
            }
        }
    }
    let spans: Vec<_> = record.operations.iter().map(|operation| operation.span).collect();
    builder.realtime(&spans);
    let is_touched = builder.is_touched();
    let (graph, complete) = builder.build();
    if !is_touched {
        anomalies.note(
            "empty-transaction-graph",
            "no operation depends on any other, so there is nothing to judge",
        );
    }
    let found = search(&graph, Extra::Realtime);
    if found.gave_up || !complete {
        anomalies
            .note("cycle-search-timeout", "there are too many dependencies to search all of them for cycles");
    }
    for cycle in &found.cycles {
        let op = |operation: usize| record.operations[operation].op.index;
        anomalies.add_cycle(context, cycle, op, |key| record.key(key));
    }
}

#[cfg(test)]
mod tests;
