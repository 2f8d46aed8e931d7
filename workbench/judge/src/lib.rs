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
//! | what a workload's checker asks | one module each, named after it; transactions in `txn`, sets in `set_full` |
//! | cycles of operations that wait for each other | `cycles` |
//! | what an anomaly means | [`meaning`] |
//! | whether a run was cheap and quick enough | [`figures`] |
//!
//! The description's worked examples are tests; `grep -rn "Appendix B, example" workbench` finds all twelve. Every model
//! of §11.6 is tried on a history of every anomaly in `txn/table.rs`, and searches are compared with brute force.

mod anomalies;
mod availability;
mod context;
mod counter;
mod cycles;
mod demands;
mod echo;
pub mod figures;
mod finding;
mod glossary;
pub mod history;
pub mod kafka;
mod lin_kv;
mod net;
mod set_full;
mod stats;
#[cfg(test)]
mod testing;
mod txn;
mod unique_ids;
mod validity;
mod verdict;

pub use demands::{Availability, Demands, Workload};
pub use finding::{Evidence, Finding};
pub use glossary::meaning;
pub use history::{History, Kind, Op, Process};
pub use net::{MessageCounts, NetStats};
pub use validity::Validity;
use verdict::Verdict;

use context::Context;
use edn::Value;

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
    let context = Context::new(demands, history);
    let always_valid = || Verdict::valid(Value::map([("valid?", true.into())]));
    let parts = [
        ("perf", Verdict::valid(perf())),
        ("timeline", always_valid()),
        ("exceptions", stats::exceptions(&context)),
        ("stats", stats::stats(&context)),
        ("availability", availability::check(&context)),
        ("net", net::report(net, context.invocations())),
        ("workload", workload(&context)),
    ];
    let valid = parts.iter().map(|(_, part)| part.valid).max().unwrap_or(Validity::True);
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

fn workload(context: &Context<'_>) -> Verdict {
    match context.demands.workload {
        Workload::Echo => echo::check(context),
        Workload::UniqueIds => unique_ids::check(context),
        Workload::Broadcast => set_full::check(context, "broadcast"),
        Workload::GSet => set_full::check(context, "add"),
        Workload::GCounter | Workload::PnCounter => counter::check(context),
        Workload::TxnRwRegister => txn::rw_register(context),
        Workload::TxnListAppend => txn::list_append(context),
        Workload::Kafka => kafka::check(context),
        Workload::LinKv => lin_kv::check(context),
    }
}

/// The shape in which Maelstrom reports that it has drawn its graphs (§10.6).
fn perf() -> Value {
    let drawn = || Value::map([("valid?", true.into())]);
    Value::map([("latency-graph", drawn()), ("rate-graph", drawn()), ("valid?", true.into())])
}

#[cfg(test)]
mod tests;
