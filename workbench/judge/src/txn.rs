//! `txn-rw-register` and `txn-list-append`: whether transactions were as isolated as the models asked for say (§9.8, §9.9, §11).
//!
//! Each workload turns its history into anomalies that need no graph (a read of a value that was rolled back, say) and a graph
//! of dependencies whose cycles are anomalies too. What each consistency model makes of them is a table.

mod append;
#[cfg(test)]
mod brute_force;
pub(super) mod model;
mod register;
#[cfg(test)]
mod table;
#[cfg(test)]
mod testing;
mod transaction;

use super::anomalies::Anomalies;
use super::context::Context;
use super::cycles::{Builder, Extra, search};
use super::{Finding, Validity, Verdict};
use edn::Value;
use std::collections::BTreeSet;
use transaction::Transactions;

const EMPTY_GRAPH: &str = "empty-transaction-graph";
const TIMEOUT: &str = "cycle-search-timeout";

/// Registers that are read and written. Any anomaly that is left to report makes the verdict false, even the unknown kinds,
/// except that upstream's wrapper strikes out the search's timeout.
pub(super) fn rw_register(context: &Context<'_>) -> Verdict {
    let (mut anomalies, prohibited) = match analyze(context, "w", register::analyze) {
        Ok(analysis) => analysis,
        Err(error) => return unknown(error),
    };
    let found = anomalies.types();
    anomalies.retain(|kind| prohibited.contains(kind) || kind == EMPTY_GRAPH);
    if anomalies.is_empty() {
        return Verdict::valid(Value::map([
            ("valid?", true.into()),
            ("anomaly-types", Value::List(Vec::new())),
            ("anomalies", Value::Nil),
        ]));
    }
    verdict(Validity::False, anomalies, &found)
}

/// Lists that are read and appended to.
pub(super) fn list_append(context: &Context<'_>) -> Verdict {
    let (mut anomalies, prohibited) = match analyze(context, "append", append::analyze) {
        Ok(analysis) => analysis,
        Err(error) => return unknown(error),
    };
    let found = anomalies.types();
    anomalies.retain(|kind| prohibited.contains(kind) || kind == EMPTY_GRAPH || kind == TIMEOUT);
    if anomalies.is_empty() {
        return Verdict::valid(Value::map([("valid?", true.into())]));
    }
    let is_prohibited = anomalies.types().iter().any(|kind| prohibited.contains(kind));
    verdict(if is_prohibited { Validity::False } else { Validity::Unknown }, anomalies, &found)
}

/// Why a history cannot be judged.
struct Unjudgeable(Finding);

type Analyze =
    for<'a> fn(&Context<'a>, &Transactions<'a>, &mut Anomalies, &mut Builder) -> Result<(), Unjudgeable>;

/// All anomalies of a history, and those that the models asked for prohibit.
fn analyze(
    context: &Context<'_>,
    write: &str,
    analyze: Analyze,
) -> Result<(Anomalies, BTreeSet<&'static str>), Unjudgeable> {
    let prohibited = model::prohibited(&context.demands.consistency_models).map_err(|name| {
        Unjudgeable(Finding {
            kind: "consistency-models",
            costs: Validity::Unknown,
            explanation: format!("there is no consistency model named {name}"),
            evidence: Vec::new(),
            more: 0,
        })
    })?;
    let transactions = Transactions::new(context, write);
    let mut anomalies = Anomalies::default();
    let mut builder = Builder::new(transactions.list.len());
    analyze(context, &transactions, &mut anomalies, &mut builder)?;
    let extra = extra(&prohibited);
    match extra {
        Extra::Nothing => {}
        Extra::Process => builder.processes(&transactions.spans()),
        Extra::Realtime => builder.realtime(&transactions.spans()),
    }
    let (graph, complete) = builder.build();
    if graph.is_empty() {
        anomalies.note(EMPTY_GRAPH, "no transaction depends on any other, so there is nothing to judge");
    }
    let found = search(&graph, extra);
    if found.gave_up || !complete {
        anomalies.note(TIMEOUT, "there are too many dependencies to search all of them for cycles");
    }
    for cycle in &found.cycles {
        let op = |transaction: usize| transactions.list[transaction].op.index;
        anomalies.add_cycle(context, cycle, op, |key| transactions.key(key));
    }
    Ok((anomalies, prohibited))
}

/// The order of time that the models ask for.
fn extra(prohibited: &BTreeSet<&str>) -> Extra {
    let any = |suffix| prohibited.iter().any(|kind| kind.ends_with(suffix));
    if any("-realtime") {
        Extra::Realtime
    } else if any("-process") {
        Extra::Process
    } else {
        Extra::Nothing
    }
}

fn verdict(valid: Validity, anomalies: Anomalies, found: &BTreeSet<&'static str>) -> Verdict {
    let keywords = |names: Vec<&'static str>| names.into_iter().map(Value::keyword).collect();
    let (not, also_not) = model::ruled_out(found);
    let types = anomalies.types().into_iter().collect();
    let mut cases = Vec::new();
    let mut findings = Vec::new();
    for (kind, found) in anomalies.into_cases() {
        cases.push((Value::keyword(kind), Value::List(found.examples)));
        findings.extend(found.findings.into_iter().map(|finding| Finding { costs: valid, ..finding }));
    }
    Verdict {
        valid,
        value: Value::map([
            ("valid?", valid.into()),
            ("anomaly-types", Value::List(keywords(types))),
            ("anomalies", Value::Map(cases)),
            ("not", Value::Set(keywords(not))),
            ("also-not", Value::Set(keywords(also_not))),
        ]),
        findings,
    }
}

fn unknown(Unjudgeable(finding): Unjudgeable) -> Verdict {
    let error = Value::text(finding.explanation.clone());
    let value = Value::map([("valid?", Validity::Unknown.into()), ("error", error)]);
    Verdict { valid: Validity::Unknown, value, findings: vec![finding] }
}
