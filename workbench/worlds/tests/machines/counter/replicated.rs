//! `Counter`: exact at the end, available throughout, cheap.

use std::time::Duration;

use bench::nemesis::Nemesis;
use bench::options::{Fault, Latency, LatencyDistribution};
use fastrand::Rng;
use machines::{Counter, Machine};
use worlds::spawn;

use super::world::{World, exponential};
use crate::seeds;

const SEEDS: u64 = 100;

fn world(size: usize, latency: Latency, seed: u64) -> World {
    World::new(size, latency, seed, spawn::<Counter>(Counter::default_config()))
}

/// Nodes answer at once. But a request may wait behind a message from another node on its way in (Maelstrom behaviour
/// §4.3), for a latency that is exponentially distributed.
fn receiver_delay(latency_ms: u64) -> Duration {
    Duration::from_millis(20 * latency_ms)
}

#[test]
fn every_sum_is_exact_in_the_end_whatever_the_network_did() {
    let mut seen = [0_u64; 4];
    for seed in 0..SEEDS {
        let mut rng = Rng::with_seed(seed);
        let (size, latency_ms) = ([1, 2, 3, 5, 7][rng.usize(..5)], [0, 5, 100][rng.usize(..3)]);
        let context = format!("{size} nodes, {latency_ms} ms, seed {seed}");
        let mut world = world(size, exponential(latency_ms), seed);
        world.deltas = -5..=4;
        let mut nemesis = Nemesis::new(&[Fault::Partition], Duration::from_secs(2), rng.fork());
        for _ in 0..3 {
            let faults = world.cluster.faults_mut();
            faults.loss = 0.3 * rng.f64();
            faults.duplication = 0.3 * rng.f64();
            faults.delay = 0.3 * rng.f64();
            faults.longest_delay = Duration::from_secs(1);
            world.load_under(&mut nemesis, 60, 40, &mut rng);
        }
        world.calm();
        world.run_ms(6_000 + 10 * latency_ms);
        world.assert_all_answered(receiver_delay(latency_ms), &context);
        assert_eq!(world.agreed(&context), world.sum(|_| true), "{context}");
        assert!(world.cluster.run_until_quiet(Duration::from_secs(30)).is_some(), "{context}: not quiet");

        let statistics = world.cluster.journal().statistics;
        let counts = [statistics.lost, statistics.duplicated, statistics.delayed, statistics.cut];
        seen.iter_mut().zip(counts).for_each(|(seen, count)| *seen += count);
    }
    assert!(seen.iter().all(|&count| count > 500), "lost, duplicated, delayed, cut: {seen:?}");
}

/// A node that dies takes along what it had told nobody, and that can only be the last of what it took.
#[test]
fn a_restart_loses_at_most_the_latest_adds_of_the_node_that_died() {
    let mut lossy = 0;
    for seed in 0..SEEDS {
        let mut rng = Rng::with_seed(seed);
        let context = format!("seed {seed}");
        let mut world = world(3, exponential(5), seed);
        world.deltas = 1..=4;
        world.load(60, 20, &mut rng);
        let victim = rng.usize(..3);
        world.restart(victim);
        world.load(60, 20, &mut rng);
        assert!(world.cluster.run_until_quiet(Duration::from_secs(30)).is_some(), "{context}: not quiet");

        let certain = world.sum(|add| !add.bereft);
        let mut survived = world.agreed(&context) - certain;
        let total = world.sum(|add| add.bereft);
        lossy += u64::from(survived < total);
        for add in world.adds.iter().filter(|add| add.bereft) {
            if survived <= 0 {
                break;
            }
            survived -= i128::from(add.delta);
        }
        assert_eq!(survived, 0, "{context}: not the first few of what n{victim} took");
    }
    assert!(lossy > SEEDS / 4 && lossy < SEEDS, "in {lossy} runs something was lost");
}

#[test]
fn a_restart_in_a_quiet_moment_loses_nothing() {
    for seed in 0..SEEDS {
        let mut rng = Rng::with_seed(seed);
        let mut world = world(3, exponential(5), seed);
        for _ in 0..3 {
            world.load(20, 20, &mut rng);
            assert!(world.cluster.run_until_quiet(Duration::from_secs(30)).is_some(), "seed {seed}");
            world.restart(rng.usize(..3));
        }
        assert!(world.cluster.run_until_quiet(Duration::from_secs(30)).is_some(), "seed {seed}");
        assert_eq!(world.agreed("after restarts"), world.sum(|_| true), "seed {seed}");
    }
}

#[test]
fn nothing_overflows_and_nothing_that_counts_nothing_is_told() {
    let mut world = world(3, exponential(5), 1);
    assert!(world.cluster.run_until_quiet(Duration::from_secs(9)).is_some());
    let before = world.cluster.messages_between_servers();
    (0..3).for_each(|node| world.add(node, 0));
    assert!(world.cluster.is_quiet());
    assert_eq!(world.cluster.messages_between_servers(), before);
    for _ in 0..10 {
        (0..3).for_each(|node| world.add(node, i64::MIN));
        world.add(0, i64::MAX);
    }
    world.cluster.run_until_quiet(Duration::from_secs(9)).expect("quiet");
    assert_eq!(world.agreed("extremes"), 30 * i128::from(i64::MIN) + 10 * i128::from(i64::MAX));
}

/// What a run on challenge 4's flags costs, from the first `init` to the last read: 3 nodes, 100 operations a second for
/// 20 s, partitions as Maelstrom makes them or none, 10 s to recover, a read a node.
fn messages_per_operation(latency_ms: u64, seed: u64, partitions: bool) -> f64 {
    let mut rng = Rng::with_seed(seed);
    let latency = Latency { mean_ms: latency_ms, distribution: LatencyDistribution::Constant };
    let mut world = world(3, latency, seed);
    if partitions {
        let mut nemesis = Nemesis::new(&[Fault::Partition], Duration::from_secs(10), rng.fork());
        world.load_under(&mut nemesis, 2_000, 10, &mut rng);
        world.calm();
    } else {
        world.load(2_000, 10, &mut rng);
    }
    world.run_ms(10_000);
    (0..3).for_each(|node| world.read(node));
    world.assert_all_answered(receiver_delay(latency_ms), "available throughout");
    let sum = world.sum(|_| true);
    assert_eq!(world.agreed("at the end"), sum, "seed {seed}");
    let operations = world.adds.len() + world.reads.len();
    world.cluster.messages_between_servers() as f64 / operations as f64
}

#[test]
fn on_the_flags_of_challenge_4_it_costs_little_and_all_seeds_are_exact() {
    let seeds = seeds(30);
    for (latency_ms, partitions, most) in [(0, false, 0.1), (100, false, 0.1), (0, true, 0.15)] {
        let costs: Vec<f64> =
            (0..seeds).map(|seed| messages_per_operation(latency_ms, seed, partitions)).collect();
        let highest = costs.iter().copied().fold(0.0, f64::max);
        let mean = costs.iter().sum::<f64>() / seeds as f64;
        println!("{latency_ms} ms, partitions: {partitions}: {mean:.3} on average, {highest:.3} at the most");
        assert!(highest <= most, "{highest} messages an operation");
    }
}
