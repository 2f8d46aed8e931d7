//! One run of the broadcast machine in virtual time, and what it cost.

use crate::simulated::Simulation;
use crate::spawn;
use bench::options::{Fault, Latency, LatencyDistribution, Options, Workload};
use judge::Validity;
use judge::figures::{Figure, stable_latency_ms};
use machines::Broadcast;
use machines::engine::Pace;
use std::fmt;
use std::time::Duration;

/// What a cluster has to bear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// How many nodes there are.
    pub nodes: usize,
    /// Latency between them.
    pub latency_ms: u64,
    /// How that spreads; the idealised model knows only constant latencies.
    pub distribution: LatencyDistribution,
    /// Operations a second, over the whole cluster: half of them broadcasts, half reads.
    pub rate: f64,
    /// How long.
    pub time_limit: Duration,
    /// Whether the network is partitioned now and then.
    pub partitions: bool,
}

/// What a run cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurement {
    /// `:net :servers :msgs-per-op`.
    pub messages_per_operation: f64,
    /// The latency of `:stable-latencies` that half of the values kept to.
    pub median_ms: f64,
    /// The one that 95 % did.
    pub high_ms: f64,
    /// The one that all did.
    pub longest_ms: f64,
    /// Messages between nodes.
    pub messages: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// Values that clients tried to broadcast.
    pub broadcasts: u64,
    /// Those that all could read in the end.
    pub values: u64,
}

impl Load {
    /// The load of challenges 3d and 3e.
    pub const CHALLENGE_3D: Load = Load {
        nodes: 25,
        latency_ms: 100,
        distribution: LatencyDistribution::Constant,
        rate: 100.0,
        time_limit: Duration::from_secs(20),
        partitions: false,
    };

    /// The load of challenge 3b.
    pub const CHALLENGE_3B: Load = Load { nodes: 5, latency_ms: 0, rate: 10.0, ..Load::CHALLENGE_3D };

    fn options(&self, seed: u64) -> Options {
        Options {
            time_limit: self.time_limit,
            rate: self.rate,
            latency: Latency { mean_ms: self.latency_ms, distribution: self.distribution },
            nemesis: if self.partitions { vec![Fault::Partition] } else { Vec::new() },
            seed,
            ..Options::new(Workload::Broadcast, self.nodes)
        }
    }
}

/// Runs the broadcast machine under this load. Fails with the reason if the run is not valid.
pub fn run(load: Load, pace: &Pace, seed: u64) -> Result<Measurement, String> {
    let mut simulation = Simulation::new(load.options(seed), spawn::<Broadcast>(pace.clone()));
    simulation.run_mut().keep_statistics_only();
    while simulation.step() {}
    let record = simulation.into_record();
    let statistics = record.journal.statistics;
    let results = record.judge();
    if record.crash.is_some() || results.valid != Validity::True {
        let why = results.findings.first().map_or("no verdict", |finding| &finding.explanation);
        return Err(format!("{load}, rounds of {:?}, seed {seed}: {why}", pace.round));
    }
    let missing = || format!("{load}, rounds of {:?}, seed {seed}: no value was ever read", pace.round);
    let latency = |quantile| stable_latency_ms(&results.value, quantile).ok_or_else(missing);
    let count = |key| {
        let count = results.value.get("workload").and_then(|workload| workload.get(key)?.as_integer());
        count.map_or(0, i64::unsigned_abs)
    };
    Ok(Measurement {
        messages_per_operation: Figure::MessagesPerOperation.of(&results.value).ok_or_else(missing)?,
        median_ms: latency(0.5)?,
        high_ms: latency(0.95)?,
        longest_ms: latency(1.0)?,
        messages: statistics.servers.messages(),
        bytes: statistics.server_bytes,
        broadcasts: count("attempt-count"),
        values: count("stable-count"),
    })
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Load { nodes, latency_ms, distribution, rate, time_limit, partitions } = self;
        let spread = match distribution {
            LatencyDistribution::Constant => String::new(),
            spread => format!(" ({})", spread.name()),
        };
        let seconds = time_limit.as_secs();
        let faults = if *partitions { ", partitions" } else { "" };
        write!(
            f,
            "{nodes} nodes, {latency_ms} ms latency{spread}, {rate} operations a second for {seconds} s{faults}"
        )
    }
}
