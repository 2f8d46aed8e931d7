//! `txn-rw-register` and `txn-list-append`: whether transactions were as isolated as the models asked for say (§9.8, §9.9, §11).
//!
//! Each workload turns its history into anomalies that need no graph (a read of a value that was rolled back, say) and a graph
//! of dependencies whose cycles are anomalies too. What each consistency model makes of them is a table. Models that ask
//! what transactions saw of each other are then decided exactly.

mod append;
#[cfg(test)]
mod brute_force;
mod intern;
pub(crate) mod model;
mod register;
pub(super) mod replies;
mod serial;
#[cfg(test)]
mod table;
#[cfg(test)]
mod testing;
mod transaction;
mod weak;

use super::anomalies::{Anomalies, Case};
use super::context::Context;
use super::cycles::{Builder, Extra, search};
use super::{Finding, Validity, Verdict};
use crate::history::OTHER_THAN_ASKED;
use edn::Value;
use serial::Order;
use std::collections::BTreeSet;
use std::thread;
pub(super) use transaction::{Part, Transactions};
use weak::Scope;

const EMPTY_GRAPH: &str = "empty-transaction-graph";
const TIMEOUT: &str = "cycle-search-timeout";
const OTHER_STEPS: &str = OTHER_THAN_ASKED;
const NO_ORDER: &str = "no-serial-order";

/// What stands in the way of a verdict, though no model prohibits it.
const DOUBTS: [&str; 6] =
    [EMPTY_GRAPH, TIMEOUT, OTHER_STEPS, "written-twice", "appended-twice", "never-appended"];

/// Operations that are taken in at a time.
const SOME: usize = 1 << 14;

/// Registers that are read and written. A history in which nothing depends on anything is invalid, as upstream has it.
pub(super) fn rw_register(context: &Context<'_>) -> Verdict {
    judge(context, "w")
}

/// Lists that are read and appended to.
pub(super) fn list_append(context: &Context<'_>) -> Verdict {
    judge(context, "append")
}

fn judge(context: &Context<'_>, write: &'static str) -> Verdict {
    let mut transactions = Transactions::new(write);
    for ops in context.history.ops.chunks(SOME) {
        let clients = || ops.iter().filter(|op| op.is_client());
        let mut part = Part::new(write);
        clients().for_each(|op| part.read(&op.value));
        transactions.take(part, clients());
    }
    judge_transactions(context, transactions)
}

/// Judges transactions of which the history has been taken in already.
pub(super) fn judge_transactions(context: &Context<'_>, transactions: Transactions) -> Verdict {
    let write = transactions.write();
    let prohibited = match model::prohibited(&context.demands.consistency_models) {
        Ok(prohibited) => prohibited,
        Err(name) => return unknown(name),
    };
    let mut anomalies = analyze(context, &transactions.finish(), &prohibited);
    let found = anomalies.types();
    let costs = |kind: &str| match prohibited.contains(kind) || (kind == EMPTY_GRAPH && write == "w") {
        true => Validity::False,
        false => Validity::Unknown,
    };
    anomalies.retain(|kind| prohibited.contains(kind) || DOUBTS.contains(&kind));
    match anomalies.types().into_iter().map(costs).max() {
        Some(valid) => verdict(valid, anomalies, &found, costs),
        None if write == "w" => Verdict::valid(Value::map([
            ("valid?", true.into()),
            ("anomaly-types", Value::List(Vec::new())),
            ("anomalies", Value::Nil),
        ])),
        None => Verdict::valid(Value::map([("valid?", true.into())])),
    }
}

/// All anomalies of a history that these models care for.
fn analyze(
    context: &Context<'_>,
    transactions: &Transactions,
    prohibited: &BTreeSet<&'static str>,
) -> Anomalies {
    let mut anomalies = Anomalies::default();
    other_steps(context, transactions, &mut anomalies);
    let mut builder = Builder::new(transactions.list.len());
    let known = match transactions.write() {
        "w" => Known::Registers(register::analyze(context, transactions, &mut anomalies, &mut builder)),
        _ => Known::Lists(append::analyze(context, transactions, &mut anomalies, &mut builder)),
    };
    // What transactions saw of each other has nothing to do with circles: another processor may look into it meanwhile.
    let (mut unseen, mut is_complete) = (Anomalies::default(), true);
    thread::scope(|threads| {
        if let Some(scope) = scope(prohibited, &known) {
            let (known, unseen, is_complete) = (&known, &mut unseen, &mut is_complete);
            threads.spawn(move || {
                let visibility = known.visibility(transactions);
                *is_complete = weak::check(context, transactions, visibility, scope, unseen);
            });
        }
        cycles(context, transactions, builder, extra(prohibited), &mut anomalies);
    });
    if is_over(context, &mut anomalies) {
        return anomalies;
    }
    anomalies.absorb(unseen);
    if !is_complete {
        anomalies.note(TIMEOUT, "there are too many transactions to find out what each saw of the others");
    }
    let is_clean = anomalies.types().is_disjoint(prohibited);
    if let Known::Registers(versions) = known
        && is_clean
        && prohibited.contains(NO_ORDER)
    {
        no_order(context, transactions, &versions, prohibited, &mut anomalies);
    }
    anomalies
}

/// What is known of all that was written.
enum Known {
    Registers(register::Versions),
    Lists(append::Lists),
}

impl Known {
    fn visibility(&self, transactions: &Transactions) -> weak::Visibility {
        match self {
            Known::Registers(versions) => versions.visibility(transactions),
            Known::Lists(lists) => lists.visibility(transactions),
        }
    }
}

/// What circles do not show.
fn no_order(
    context: &Context<'_>,
    transactions: &Transactions,
    versions: &register::Versions,
    prohibited: &BTreeSet<&str>,
    anomalies: &mut Anomalies,
) {
    let extra = match (prohibited.contains("G2-item-realtime"), prohibited.contains("G2-item-process")) {
        (true, _) => Extra::Realtime,
        (false, true) => Extra::Process,
        (false, false) => Extra::Nothing,
    };
    if let Order::Impossible(stuck) = serial::search(transactions, versions, extra, context.patience) {
        let ops: Vec<usize> = stuck.iter().map(|&number| transactions.list[number].op()).collect();
        anomalies.add(context, NO_ORDER, || Case {
            value: Value::map([("txns", Value::List(ops.iter().map(|&op| context.quote(op).to_value()).collect()))]),
            explanation: format!(
                "no order of the transactions explains what they read: at best all but {} can be executed one after the \
                 other (Maelstrom's checker does not look for this)",
                ops.len()
            ),
            proof: ops,
        });
    }
}

/// Adds the circles of dependencies.
fn cycles(
    context: &Context<'_>,
    transactions: &Transactions,
    mut builder: Builder,
    extra: Extra,
    anomalies: &mut Anomalies,
) {
    match extra {
        Extra::Nothing => {}
        Extra::Process => builder.processes(&transactions.spans()),
        Extra::Realtime => builder.realtime(&transactions.spans()),
    }
    if !builder.is_touched() {
        anomalies.note(EMPTY_GRAPH, "no transaction depends on any other, so there is nothing to judge");
    }
    if is_over(context, anomalies) {
        return;
    }
    let (graph, complete) = builder.build();
    let found = search(&graph, extra);
    if found.gave_up || !complete {
        anomalies.note(TIMEOUT, "there are too many dependencies to search all of them for cycles");
    }
    for cycle in &found.cycles {
        let op = |transaction: usize| transactions.list[transaction].op();
        anomalies.add_cycle(context, cycle, op, |key| transactions.key(key));
    }
}

/// Whether there is no time for more; that is noted.
fn is_over(context: &Context<'_>, anomalies: &mut Anomalies) -> bool {
    let is_over = context.patience.is_over();
    if is_over {
        anomalies.note(TIMEOUT, "the time for the analysis was over before all was looked at");
    }
    is_over
}

/// The order of time that the models ask for.
fn extra(prohibited: &BTreeSet<&str>) -> Extra {
    if prohibited.contains("G0-realtime") {
        Extra::Realtime
    } else if prohibited.contains("G0-process") {
        Extra::Process
    } else {
        Extra::Nothing
    }
}

/// What the models ask of what transactions saw of each other.
fn scope(prohibited: &BTreeSet<&str>, known: &Known) -> Option<Scope> {
    let scope = Scope {
        sessions: prohibited.contains("fractured-read-process"),
        causal: prohibited.contains("causal-violation"),
    };
    // Where the order of writes is known, circles of dependencies show all that stronger models prohibit.
    let is_shown =
        matches!(known, Known::Lists(_)) && (!scope.sessions || prohibited.contains("G2-item-process"));
    (prohibited.contains("fractured-read") && !is_shown).then_some(scope)
}

/// A reply says what was done; if that is not what was asked for, nobody can tell what it is worth.
fn other_steps(context: &Context<'_>, transactions: &Transactions, anomalies: &mut Anomalies) {
    for &number in &transactions.strangers {
        let span = transactions.list[number].span;
        let ops = [span.invoke, transactions.list[number].op()];
        anomalies.add(context, OTHER_STEPS, || Case {
            value: Value::map([("txns", Value::List(ops.map(|op| context.quote(op).to_value()).to_vec()))]),
            explanation: "a transaction was answered with other steps than those that were asked for"
                .to_owned(),
            proof: ops.to_vec(),
        });
    }
}

fn verdict(
    valid: Validity,
    anomalies: Anomalies,
    found: &BTreeSet<&'static str>,
    costs: impl Fn(&str) -> Validity,
) -> Verdict {
    let keywords = |names: Vec<&'static str>| names.into_iter().map(Value::keyword).collect();
    let (not, also_not) = model::ruled_out(found);
    let types = anomalies.types().into_iter().collect();
    let mut cases = Vec::new();
    let mut findings = Vec::new();
    for (kind, found) in anomalies.into_cases() {
        cases.push((Value::keyword(kind), Value::List(found.examples)));
        findings.extend(found.findings.into_iter().map(|finding| Finding { costs: costs(kind), ..finding }));
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

fn unknown(model: &str) -> Verdict {
    let explanation = format!("there is no consistency model named {model}");
    let value = Value::map([("valid?", Validity::Unknown.into()), ("error", explanation.as_str().into())]);
    let finding = Finding {
        kind: "consistency-models",
        costs: Validity::Unknown,
        explanation,
        evidence: Vec::new(),
        more: 0,
    };
    Verdict { valid: Validity::Unknown, value, findings: vec![finding] }
}
