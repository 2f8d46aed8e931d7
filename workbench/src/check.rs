//! Checkers: whether a history is one that a correct system could have produced (§9, §10).
//!
//! Every checker is a function of the history (and the counts of messages), so a verdict on a stored run is the verdict the
//! run itself got. Verdicts and results are Maelstrom's, key for key. Beside them each checker names the operations that
//! prove what it found, in words: a [`Finding`].
//!
//! The description's worked examples are tests; `grep -rn "Appendix B, example" workbench/src` finds all twelve. Every model
//! of §11.6 is tried on a history of every anomaly in `txn/table.rs`, and searches are compared with brute force.

mod anomalies;
mod availability;
mod context;
mod counter;
mod cycles;
mod echo;
mod finding;
mod glossary;
pub(crate) mod kafka;
mod lin_kv;
mod net;
mod set_full;
mod stats;
#[cfg(test)]
mod testing;
mod txn;
mod unique_ids;
mod validity;

pub use finding::{Evidence, Finding};
pub use glossary::meaning;
pub use net::{MessageCounts, NetStats};
pub use validity::Validity;

use crate::edn::Value;
use crate::history::History;
use crate::options::{Options, Workload};
use context::Context;

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
pub fn analyze(options: &Options, history: &History, net: &NetStats) -> Results {
    let context = Context::new(options, history);
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
pub fn stable_latencies_ms(options: &Options, history: &History) -> Option<Vec<u64>> {
    let add = match options.workload {
        Workload::Broadcast => "broadcast",
        Workload::GSet => "add",
        _ => return None,
    };
    Some(set_full::stable_latencies_ms(&Context::new(options, history), add))
}

/// What one checker says.
struct Verdict {
    valid: Validity,
    /// Its entry in the results map, `:valid?` included.
    value: Value,
    findings: Vec<Finding>,
}

impl Verdict {
    fn valid(value: Value) -> Verdict {
        Verdict { valid: Validity::True, value, findings: Vec::new() }
    }
}

fn workload(context: &Context<'_>) -> Verdict {
    match context.options.workload {
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
