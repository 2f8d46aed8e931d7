//! Checkers: whether a history is one that a correct system could have produced.
//!
//! A [`History`] goes in, made in memory or read with [`history::read`] from the `history.edn` that Jepsen and Maelstrom
//! leave; a verdict comes out, with the operations that prove it, in words ([`Finding`]). [`Demands`] say what the history is
//! held to. Nothing else decides, so a stored run gets the verdict that the run itself got. Verdicts and results are
//! Maelstrom's, key for key ("§" is a section of the description of it that this follows, which is kept apart).
//!
//! It stands on [`edn`] alone. It must never know where histories come from: no nodes, networks, options of a bench, files.
//!
//! ```
//! use judge::{Demands, NetStats, Validity, Workload, analyze, history};
//!
//! // Both read nothing and both write, so one of the two updates is lost.
//! let history = history::read(
//!     "{:index 0, :time 0, :type :invoke, :process 0, :f :txn, :value [[:r 1 nil] [:append 1 7]]}
//!      {:index 1, :time 1, :type :invoke, :process 1, :f :txn, :value [[:r 1 nil] [:append 1 8]]}
//!      {:index 2, :time 2, :type :ok, :process 0, :f :txn, :value [[:r 1 nil] [:append 1 7]]}
//!      {:index 3, :time 3, :type :ok, :process 1, :f :txn, :value [[:r 1 nil] [:append 1 8]]}
//!      {:index 4, :time 4, :type :invoke, :process 0, :f :txn, :value [[:r 1 nil]]}
//!      {:index 5, :time 5, :type :ok, :process 0, :f :txn, :value [[:r 1 [7 8]]]}",
//! )?;
//! let results = analyze(&Demands::new(Workload::TxnListAppend), &history, &NetStats::default());
//! assert_eq!(results.valid, Validity::False);
//! assert!(results.findings.iter().any(|finding| finding.kind == "lost-update"), "{:?}", results.findings);
//! # Ok::<(), judge::history::HistoryError>(())
//! ```
//!
//! | to know or change | see |
//! | --- | --- |
//! | what a history is, and its text | [`history`] |
//! | what it can be held to | [`Demands`] |
//! | what a history can be checked as, and what others' have | [`Check`], `foreign` |
//! | whether it is a history at all | `audit` |
//! | what a workload's checker asks | one module each, named after it; transactions in `txn`, sets in `set_full` |
//! | cycles of operations that wait for each other | `cycles` |
//! | what an anomaly means | [`meaning`] |
//! | whether a run was cheap and quick enough | [`figures`] |
//!
//! The description's worked examples are tests; `grep -rn "Appendix B, example" workbench` finds all twelve. Every model
//! of §11.6 is tried on a history of every anomaly in `txn/table.rs`, and searches are compared with brute force.

mod anomalies;
mod audit;
mod availability;
mod check;
mod context;
mod counter;
mod cycles;
mod demands;
mod echo;
pub mod figures;
mod finding;
mod foreign;
mod glossary;
pub mod history;
pub mod kafka;
mod lin_kv;
mod net;
mod objects;
mod patience;
mod set_full;
mod stats;
mod tape;
#[cfg(test)]
mod testing;
mod txn;
mod unique_ids;
mod validity;
mod verdict;

pub use check::Check;
pub use demands::{Availability, BankRules, Demands, Workload};
pub use finding::{Evidence, Finding};
pub use glossary::meaning;
pub use history::{History, Kind, Op, Process};
pub use net::{MessageCounts, NetStats};
pub use patience::Patience;
pub use txn::model::{objection, toothless};
pub use validity::Validity;
use verdict::Verdict;

use context::Context;
use edn::Value;
use objects::Object;
use std::borrow::Cow;
use tape::Tape;

/// What the checkers say about a run.
#[derive(Clone, Debug)]
pub struct Results {
    /// The verdict.
    pub valid: Validity,
    /// Maelstrom's results map: what `results.edn` holds.
    pub value: Value,
    /// What stands in the way of a valid verdict, the gravest first, and causes before what follows from them.
    pub findings: Vec<Finding>,
}

/// Judges a run.
pub fn analyze(demands: &Demands, history: &History, net: &NetStats) -> Results {
    analyze_within(Patience::default(), demands, history, net)
}

/// Judges a run, unless that takes longer than somebody is willing to wait: then the verdict is unknown.
pub fn analyze_within(
    patience: Patience<'_>,
    demands: &Demands,
    history: &History,
    net: &NetStats,
) -> Results {
    let refusal = audit::refusal(Check::Workload(demands.workload), history);
    let is_refused = refusal.is_some();
    let context = Context::new(demands, history).within(patience);
    let always_valid = || Verdict::valid(Value::map([("valid?", true.into())]));
    let mut parts = [
        ("perf", Verdict::valid(perf())),
        ("timeline", always_valid()),
        ("exceptions", stats::exceptions(&context)),
        ("stats", stats::stats(&context)),
        ("availability", availability::check(&context)),
        ("net", net::report(net, context.invocations())),
        ("workload", refusal.unwrap_or_else(|| workload(&context, Check::Workload(demands.workload)))),
    ];
    if is_refused {
        // Counts are what they are, but nothing is held against anybody.
        parts.iter_mut().filter(|(name, _)| *name != "workload").for_each(|(_, part)| part.findings.clear());
        return results(Validity::Unknown, parts);
    }
    let valid = parts.iter().map(|(_, part)| part.valid).max().unwrap_or(Validity::True);
    results(valid, parts)
}

/// Judges a history by itself, whoever made it: the verdict is that of the checker, and nothing else decides. Of `demands` only
/// what is asked beyond the checker's own rules counts.
pub fn check(check: Check, demands: &Demands, history: &History, patience: Patience<'_>) -> Results {
    let part = audit::refusal(check, history).unwrap_or_else(|| {
        let context = Context::new(demands, history).within(patience);
        workload(&context, check)
    });
    results(part.valid, [("workload", part)])
}

/// What there is to say about a text that is a history.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What the checker says.
    pub results: Results,
    /// How many operations begin or end in it.
    pub events: usize,
    /// Whether operations are told by other indices than they have there.
    pub is_renumbered: bool,
}

/// The same of a history's text. Transactions are judged as they are read, in a fraction of the memory that they would take.
pub fn check_text(
    check: Check,
    demands: &Demands,
    text: &str,
    patience: Patience<'_>,
) -> Result<Checked, history::HistoryError> {
    let write = match check {
        Check::Workload(Workload::TxnListAppend) => "append",
        Check::Workload(Workload::TxnRwRegister) => "w",
        _ => {
            let history = history::read(text)?;
            let (events, is_renumbered) = (history.ops.len(), history.is_renumbered());
            return Ok(Checked {
                results: self::check(check, demands, &history, patience),
                events,
                is_renumbered,
            });
        }
    };
    let (mut audit, mut transactions) = (audit::Audit::new(check), txn::Transactions::new(write));
    // Replies to something else are told by the errors of those who got them.
    let mut failures = Vec::new();
    let mut has_operations = false;
    let new = || (Vec::new(), txn::Part::new(write));
    let digest = |(objections, steps): &mut (Vec<Option<String>>, txn::Part), op: &mut Op| {
        objections.push(check.objection(op).filter(|_| op.is_client()));
        if op.is_client() {
            steps.read(&op.value);
        }
        if op.kind != Kind::Info || op.error.is_none() {
            op.value = Value::Nil;
        }
    };
    let tape = Tape::read(text, &new, &digest, &mut |(objections, steps), ops| {
        for ((op, place, _), objection) in ops.iter().zip(objections) {
            audit.take(op, *place, objection);
        }
        let clients = || ops.iter().map(|(op, ..)| op).filter(|op| op.is_client());
        has_operations |= clients().next().is_some();
        transactions.take(steps, clients());
        let with_error = |op: &Op| op.kind == Kind::Info && op.error.is_some();
        failures.extend(ops.into_iter().map(|(op, ..)| op).filter(with_error));
    })?;
    let failures = History::new(failures);
    let context = Context::new(demands, &failures).on_tape(&tape).within(patience);
    let part = match audit.refusal(|index| Cow::Owned(tape.op(index))) {
        Some(refusal) => refusal,
        None if !has_operations => nothing(),
        None => txn::replies::check(&context, txn::judge_transactions(&context, transactions)),
    };
    let results = results(part.valid, [("workload", part)]);
    Ok(Checked { results, events: tape.len(), is_renumbered: tape.is_renumbered() })
}

/// The results map of several parts, and their findings.
fn results<const N: usize>(valid: Validity, parts: [(&'static str, Verdict); N]) -> Results {
    let mut entries = Vec::new();
    let mut findings = Vec::new();
    for (name, part) in parts {
        entries.push((Value::keyword(name), part.value));
        findings.extend(part.findings);
    }
    entries.push((Value::keyword("valid?"), valid.into()));
    glossary::sort(&mut findings);
    Results { valid, value: Value::Map(entries), findings }
}

/// How long each value took until it was there to stay, for workloads whose values are read as a set. The results have
/// only quantiles of these.
pub fn stable_latencies_ms(demands: &Demands, history: &History) -> Option<Vec<u64>> {
    let add = match demands.workload {
        Workload::Broadcast => "broadcast",
        Workload::GSet => "add",
        _ => return None,
    };
    Some(set_full::stable_latencies_ms(&Context::new(demands, history), add))
}

/// The names of the consistency models that transactions can be held to.
pub fn consistency_models() -> impl Iterator<Item = &'static str> {
    txn::model::names()
}

/// What the checker says. Where nothing was done there is nothing to say.
fn workload(context: &Context<'_>, check: Check) -> Verdict {
    if context.client_ops().next().is_none() {
        return nothing();
    }
    match check {
        Check::Workload(Workload::Echo) => echo::check(context),
        Check::Workload(Workload::UniqueIds) => unique_ids::check(context),
        Check::Workload(Workload::Broadcast) => set_full::check(context, "broadcast"),
        Check::Workload(Workload::GSet) | Check::SetFull => set_full::check(context, "add"),
        Check::Workload(Workload::GCounter | Workload::PnCounter) => counter::check(context),
        Check::Workload(Workload::TxnRwRegister) => txn::replies::check(context, txn::rw_register(context)),
        Check::Workload(Workload::TxnListAppend) => txn::replies::check(context, txn::list_append(context)),
        Check::Workload(Workload::Kafka) => kafka::check(context),
        Check::Workload(Workload::LinKv) => lin_kv::check(context),
        Check::Register | Check::Mutex => lin_kv::check_foreign(context, check),
        Check::Bank => foreign::bank(context, context.demands.bank),
        Check::Counter => foreign::counter(context),
        Check::LongFork => foreign::long_fork(context),
        Check::Set => foreign::set(context),
        Check::Comments => foreign::comments(context),
        Check::Sequential => foreign::sequential(context),
        Check::FifoQueue => objects::check(context, Object::FifoQueue),
        Check::UnorderedQueue => objects::check(context, Object::UnorderedQueue),
        Check::LinearizableSet => objects::check(context, Object::Set),
        Check::MultiRegister => objects::check(context, Object::Registers),
    }
}

fn nothing() -> Verdict {
    let valid = Validity::Unknown;
    let explanation = "clients did nothing, so there is nothing to judge".to_owned();
    let value = Value::map([("valid?", valid.into()), ("error", explanation.as_str().into())]);
    let finding = Finding { kind: "nothing-done", costs: valid, explanation, evidence: Vec::new(), more: 0 };
    Verdict { valid, value, findings: vec![finding] }
}

/// The shape in which Maelstrom reports that it has drawn its graphs (§10.6).
fn perf() -> Value {
    let drawn = || Value::map([("valid?", true.into())]);
    Value::map([("latency-graph", drawn()), ("rate-graph", drawn()), ("valid?", true.into())])
}

#[cfg(test)]
mod tests;
