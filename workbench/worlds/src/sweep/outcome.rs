//! What is kept of each run of a sweep.

use crate::patience::within;
use bench::network::Statistics;
use bench::options::{Fault, Hazards};
use bench::run::{DiskRecord, Record};
use edn::Value;
use judge::figures::{Figure, stable_latency_ms};
use judge::{Results, Validity};
use std::time::Duration;

/// What one run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The run's seed.
    pub seed: u64,
    /// How it ended.
    pub verdict: Verdict,
    /// The first thing that is wrong, in words; none if nothing is.
    pub why: Option<String>,
    /// Operations of clients that ended, and those of them that were ok.
    pub operations: u64,
    /// … of which so many were ok.
    pub ok: u64,
    /// `:net :servers :msgs-per-op`.
    pub messages_per_operation: Option<f64>,
    /// The stable latency that half of the values kept to, in workloads that have it.
    pub median_latency_ms: Option<f64>,
    /// The one that all of them did.
    pub longest_latency_ms: Option<f64>,
    /// What the network did.
    pub statistics: Statistics,
    /// How often the nemesis did each thing, in the order of [`Fault::ALL`].
    pub faults: [u64; Fault::ALL.len()],
    /// What was wrong all the time.
    pub hazards: Hazards,
    /// How often all nodes were dead at a time.
    pub extinctions: u64,
    /// What befell the nodes' disks, all in all.
    pub disks: DiskRecord,
    /// How much virtual time passed.
    pub simulated: Duration,
}

/// How a run ended. The later, the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing is wrong.
    Valid,
    /// Too little is known to tell.
    Unknown,
    /// Something is wrong.
    Invalid,
    /// The run broke off: a node did not come up, or wrote what is no message.
    Broken,
}

impl Outcome {
    /// Judges a run.
    pub fn of(record: &Record) -> Outcome {
        let results = match record.options.analysis_timeout {
            None => record.judge(),
            limit => within(limit, |_| {}, |patience| record.judge_within(patience)),
        };
        let (verdict, why) = judge(record, &results);
        let count = |key| results.value.get("stats").and_then(|stats| stats.get(key)?.as_integer());
        let count = |key| count(key).map_or(0, i64::unsigned_abs);
        Outcome {
            seed: record.options.seed,
            verdict,
            why,
            operations: count("count"),
            ok: count("ok-count"),
            messages_per_operation: Figure::MessagesPerOperation.of(&results.value),
            median_latency_ms: stable_latency_ms(&results.value, 0.5),
            longest_latency_ms: stable_latency_ms(&results.value, 1.0),
            statistics: record.journal.statistics,
            faults: Fault::ALL.map(|fault| record.history.nemesis_count(beginning(fault)) as u64),
            hazards: record.options.hazards,
            extinctions: record.extinctions,
            disks: disks(record),
            simulated: record.duration,
        }
    }

    /// What kind of thing is wrong first: what comes before the colon.
    pub fn kind(&self) -> &str {
        let why = self.why.as_deref().unwrap_or_default();
        why.split_once(':').map_or(why, |(kind, _)| kind)
    }

    /// What share of the operations were ok.
    pub fn availability(&self) -> Option<f64> {
        (self.operations > 0).then(|| self.ok as f64 / self.operations as f64)
    }
}

/// What befell the nodes' disks, all in all.
fn disks(record: &Record) -> DiskRecord {
    let sum = |count: fn(&DiskRecord) -> u64| record.nodes.iter().map(|node| count(&node.disk)).sum();
    DiskRecord {
        unsynced_lost: sum(|disk| disk.unsynced_lost),
        torn: sum(|disk| disk.torn),
        checkpoints: sum(|disk| disk.checkpoints),
        checkpoints_cut_short: sum(|disk| disk.checkpoints_cut_short),
        full: sum(|disk| disk.full),
    }
}

/// The name in the history of the operation that begins a fault.
fn beginning(fault: Fault) -> &'static str {
    match fault {
        Fault::Partition => "start-partition",
        Fault::Kill => "kill",
        Fault::Pause => "pause",
        Fault::OneWayLink => "start-one-way-link",
        Fault::LatencySpike => "start-latency-spike",
    }
}

/// The verdict, and the first reason if it is not a good one. Machines in this process have no excuse for a line that is
/// no message.
fn judge(record: &Record, results: &Results) -> (Verdict, Option<String>) {
    if let Some(crash) = &record.crash {
        return (Verdict::Broken, Some(format!("broke off: {}", crash.reason)));
    }
    if let Some((node, muted)) = record.nodes.iter().find_map(|node| Some((node, node.muted.as_ref()?))) {
        return (Verdict::Broken, Some(format!("no message: from {}: {}", node.name, muted.reason)));
    }
    let why = results.findings.first().map(|finding| format!("{}: {}", finding.kind, finding.explanation));
    match results.valid {
        Validity::True => (Verdict::Valid, None),
        Validity::Unknown => (Verdict::Unknown, why),
        Validity::False => (Verdict::Invalid, why),
    }
}

impl Verdict {
    /// All, from the best to the worst.
    pub const ALL: [Verdict; 4] = [Verdict::Valid, Verdict::Unknown, Verdict::Invalid, Verdict::Broken];

    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Valid => "valid",
            Verdict::Unknown => "unknown",
            Verdict::Invalid => "invalid",
            Verdict::Broken => "broken",
        }
    }
}

impl From<Verdict> for Value {
    fn from(verdict: Verdict) -> Value {
        match verdict {
            Verdict::Valid => Value::Bool(true),
            Verdict::Invalid => Value::Bool(false),
            Verdict::Unknown | Verdict::Broken => Value::keyword(verdict.name()),
        }
    }
}
