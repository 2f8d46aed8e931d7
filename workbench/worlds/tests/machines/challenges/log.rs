//! Challenge 5: `kafka`. A checker calls a run invalid if a write is lost or never seen, if a consumer skips something or
//! goes back, or if two messages share an offset.

use std::time::Duration;

use bench::options::{Latency, LatencyDistribution, Options, Workload};
use machines::{Log, Machine};
use worlds::{Spawn, spawn};

use super::sweep::{Judged, exponential, flags, partitioned, run_valid, sweep};
use crate::seeds;

/// So many operations a second, from two clients a node.
fn challenge_5(nodes: usize, seed: u64) -> Options {
    Options { seed, ..flags(Workload::Kafka, nodes, 2 * nodes, 1_000.0) }
}

fn log() -> Spawn {
    spawn::<Log>(Log::default_config())
}

/// How many messages polls showed.
fn polled(judged: &Judged) -> u64 {
    let polls = judged.completions().filter(|op| op.f == "poll");
    polls.map(|op| op.value.to_string().matches(" [").count() as u64).sum()
}

#[test]
fn on_5a_a_lone_node_is_valid_and_says_nothing_to_itself() {
    let judged = run_valid(challenge_5(1, 1), log());
    judged.assert_all_ok(&["send", "poll", "assign"]);
    assert_eq!(judged.record.journal.statistics.servers.messages(), 0);
    assert!(polled(&judged) > 5_000);
}

#[test]
fn on_5b_and_5c_every_operation_is_ok_at_three_messages_per_hundred() {
    let seeds = seeds(3);
    let [seen] = sweep(0..seeds, |seed| {
        let judged = run_valid(challenge_5(2, seed), log());
        judged.assert_all_ok(&["send", "poll", "assign"]);
        judged.assert_cheap(0.03);
        [polled(&judged)]
    });
    assert!(seen > 5_000 * seeds, "only {seen} messages were polled");
}

/// 5 nodes that are 100 ms apart, under the partitions of the published interval.
#[test]
fn five_nodes_far_apart_under_partitions_lose_nothing_and_answer_every_send_and_poll() {
    let latency = Latency { mean_ms: 100, distribution: LatencyDistribution::Constant };
    let seeds = seeds(3);
    let [cut, seen] = sweep(0..seeds, |seed| {
        let options = Options { latency, ..challenge_5(5, seed) };
        let judged = run_valid(partitioned(options, Duration::from_secs(10)), log());
        judged.assert_all_ok(&["send", "poll"]);
        judged.assert_cheap(0.15);
        [judged.record.journal.statistics.cut, polled(&judged)]
    });
    // The less is sent into a partition, the better: there must only have been one.
    assert!(cut > 16 * seeds && seen > 5_000 * seeds, "{cut} messages were cut, {seen} polled");
}

/// The same in small and fast, for more shapes of clusters and partitions.
#[test]
fn logs_are_valid_in_every_short_run_under_quick_partitions() {
    let seeds = seeds(40);
    let [cut, seen] = sweep(0..seeds, |seed| {
        let latency = exponential([0, 10, 40][seed as usize % 3]);
        let time_limit = Duration::from_secs(6);
        let nodes = [2, 3, 5, 7][seed as usize % 4];
        let options = Options { latency, time_limit, rate: 200.0, ..challenge_5(nodes, seed) };
        let judged = run_valid(partitioned(options, Duration::from_millis(1_500)), log());
        judged.assert_all_ok(&["send", "poll"]);
        [judged.record.journal.statistics.cut, polled(&judged)]
    });
    assert!(cut > 50 * seeds && seen > 500 * seeds, "{cut} messages were cut, {seen} polled");
}
