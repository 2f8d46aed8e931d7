//! A sweep as data for other programs: what `sweep.edn` and `sweep.json` hold.

use super::{Distribution, Outcome, Sweep, Verdict};
use edn::Value;

impl Sweep {
    /// Everything there is to know: totals, distributions, and a row for each run.
    pub fn to_value(&self) -> Value {
        let verdicts = Verdict::ALL.map(|verdict| (verdict.name(), Value::count(self.count(verdict))));
        let figures = FIGURES
            .iter()
            .filter_map(|(name, figure)| Some((Value::keyword(name), self.distribution(figure)?.to_value())));
        let totals = COUNTS.map(|(name, count)| {
            let (mut events, mut runs) = (0, 0);
            for outcome in &self.outcomes {
                events += count(outcome);
                runs += u64::from(count(outcome) > 0);
            }
            (name, Value::map([("total", number(events)), ("runs", number(runs))]))
        });
        Value::map([
            ("workload", Value::keyword(self.options.workload.name())),
            ("valid?", self.verdict().into()),
            ("first-seed", number(self.options.seed)),
            ("seeds", Value::count(self.outcomes.len())),
            ("verdicts", Value::map(verdicts)),
            ("figures", Value::Map(figures.collect())),
            ("totals", Value::map(totals)),
            ("simulated-seconds", Value::Float(self.simulated().as_secs_f64())),
            ("runs", Value::Vector(self.outcomes.iter().map(Outcome::to_value).collect())),
        ])
    }
}

/// The figures that a sweep shows the distribution of.
pub const FIGURES: [Figure; 4] = [
    ("msgs-per-op", |outcome| outcome.messages_per_operation),
    ("median-latency-ms", |outcome| outcome.median_latency_ms),
    ("longest-latency-ms", |outcome| outcome.longest_latency_ms),
    ("ok-fraction", Outcome::availability),
];

/// A figure of a run, by name.
pub type Figure = (&'static str, fn(&Outcome) -> Option<f64>);

/// What a sweep counts, over all runs, and in how many runs it occurred.
pub const COUNTS: [Count; 19] = [
    ("operations", |outcome| outcome.operations),
    ("messages", |outcome| outcome.statistics.servers.messages()),
    ("cut", |outcome| outcome.statistics.cut),
    ("lost", |outcome| outcome.statistics.lost),
    ("duplicated", |outcome| outcome.statistics.duplicated),
    ("delayed", |outcome| outcome.statistics.delayed),
    ("partitions", |outcome| outcome.faults[0]),
    ("kills", |outcome| outcome.faults[1]),
    ("pauses", |outcome| outcome.faults[2]),
    ("one-way-links", |outcome| outcome.faults[3]),
    ("latency-spikes", |outcome| outcome.faults[4]),
    ("drifting-clocks", |outcome| u64::from(outcome.hazards.drift_ppm > 0)),
    ("slow-nodes", |outcome| u64::from(!outcome.hazards.slowness.is_zero())),
    ("all-nodes-dead", |outcome| outcome.extinctions),
    ("unsynced-lost", |outcome| outcome.disks.unsynced_lost),
    ("torn-tails", |outcome| outcome.disks.torn),
    ("checkpoints", |outcome| outcome.disks.checkpoints),
    ("checkpoints-cut-short", |outcome| outcome.disks.checkpoints_cut_short),
    ("full-disks", |outcome| outcome.disks.full),
];

/// Something that is counted in a run, by name.
pub type Count = (&'static str, fn(&Outcome) -> u64);

impl Distribution {
    fn to_value(self) -> Value {
        Value::map([
            ("min", Value::Float(self.least)),
            ("median", Value::Float(self.median)),
            ("99%", Value::Float(self.high)),
            ("max", Value::Float(self.greatest)),
            ("min-seed", number(self.least_seed)),
            ("max-seed", number(self.greatest_seed)),
        ])
    }
}

impl Outcome {
    fn to_value(&self) -> Value {
        let mut entries = vec![("seed", number(self.seed)), ("valid?", self.verdict.into())];
        entries.extend(self.why.as_ref().map(|why| ("why", Value::text(why.as_str()))));
        entries
            .extend(FIGURES.iter().filter_map(|(name, figure)| Some((*name, Value::Float(figure(self)?)))));
        entries.extend(COUNTS.iter().map(|(name, count)| (*name, number(count(self)))));
        Value::Map(entries.into_iter().map(|(key, value)| (Value::keyword(key), value)).collect())
    }
}

/// Seeds may be too large for most readers' integers; those that are not, are integers.
fn number(number: u64) -> Value {
    Value::from_digits(&number.to_string())
}
