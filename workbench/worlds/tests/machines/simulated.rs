//! Whole runs of the machines that ship, in virtual time.

use std::time::Duration;

use bench::network::Event;
use bench::options::{Availability, Fault, Latency, LatencyDistribution, Options, Workload};
use bench::run::Record;
use judge::Validity;
use machines::{Broadcast, Echo, UniqueIds};
use worlds::{Spawn, simulated, spawn};

fn options(workload: Workload, nodes: usize, rate: f64, seed: u64) -> Options {
    Options { time_limit: Duration::from_secs(20), rate, seed, ..Options::new(workload, nodes) }
}

/// Challenge 3d's flags: 25 nodes, 100 ms of latency, 100 operations a second.
fn broadcast_3d(seed: u64) -> Options {
    let latency = Latency { mean_ms: 100, distribution: LatencyDistribution::Constant };
    Options { latency, ..options(Workload::Broadcast, 25, 100.0, seed) }
}

#[track_caller]
fn run_valid(options: Options, spawn: Spawn) -> Record {
    let record = simulated::run(options, spawn);
    assert_eq!(record.crash, None);
    assert!(record.nodes.iter().all(|node| node.muted.is_none()), "{:?}", record.nodes);
    let results = record.judge();
    assert_eq!(results.valid, Validity::True, "{}", results.value);
    record
}

#[test]
fn echo_is_valid() {
    run_valid(options(Workload::Echo, 1, 5.0, 1), spawn::<Echo>(()));
}

#[test]
fn unique_ids_are_valid_and_always_there_under_partitions() {
    let mut options = options(Workload::UniqueIds, 3, 1_000.0, 1);
    options.nemesis = vec![Fault::Partition];
    options.availability = Some(Availability::Total);
    run_valid(options, spawn::<UniqueIds>(()));
}

#[test]
fn broadcast_is_valid_and_a_partition_did_cut_links() {
    let mut cut = 0;
    for seed in 1..=4 {
        let mut options = broadcast_3d(seed);
        options.nemesis = vec![Fault::Partition];
        let record = run_valid(options, spawn::<Broadcast>(Default::default()));
        assert!(record.journal.entries.iter().any(|entry| entry.event == Event::Cut));
        cut += record.journal.statistics.cut;
    }
    // The less is sent into a partition, the better: there must only have been one.
    assert!(cut > 100, "{cut} messages were cut");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let bytes = |seed| {
        let mut options = broadcast_3d(seed);
        options.nemesis = vec![Fault::Partition];
        options.latency.distribution = LatencyDistribution::Exponential;
        let record = simulated::run(options, spawn::<Broadcast>(Default::default()));
        let ops: Vec<String> = record.history.ops.iter().map(|op| op.to_value().to_string()).collect();
        (ops, record.journal.entries)
    };
    let (first, again, other) = (bytes(2), bytes(2), bytes(3));
    assert!(first.1.len() > 5_000);
    assert!(first == again, "the same seed gave another run");
    assert!(first != other, "another seed gave the same run");
}

#[test]
fn clients_of_nodes_that_wait_for_servers_wait_too() {
    let record = run_valid(broadcast_3d(4), spawn::<Broadcast>(Default::default()));
    let pairs = record.history.pairs();
    let mut delays: Vec<Duration> = record
        .history
        .ops
        .iter()
        .filter(|op| op.is_client_completion())
        .filter_map(|op| {
            Some(Duration::from_nanos(op.time_ns - record.history.ops[pairs[op.index]?].time_ns))
        })
        .collect();
    delays.sort_unstable();
    let worst = delays[delays.len() - 1];
    assert!(delays[0].is_zero(), "machines take no time to answer");
    assert!(worst > Duration::from_millis(20) && worst <= Duration::from_millis(200), "{worst:?}");
}
