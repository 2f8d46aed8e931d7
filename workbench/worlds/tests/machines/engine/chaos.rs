//! Nothing accepted is lost, whatever the network does, and after the last fault all replicas agree within 2 s + 10
//! latencies; then everyone falls silent.

use std::time::Duration;

use bench::options::{Latency, LatencyDistribution};
use fastrand::Rng;

use super::world::{TARGETS, World};

/// Seeds for each size of cluster.
const SEEDS: u64 = 60;

#[test]
fn a_cluster_of_one_talks_to_nobody() {
    let mut world = World::new(1, 10, 1);
    assert!(world.cluster.is_quiet());
    world.load(20, 10, &mut Rng::with_seed(1));
    assert!(world.cluster.is_quiet());
    assert_eq!(world.cluster.messages_between_servers(), 0);
    world.assert_settled("alone");
}

#[test]
fn nothing_is_lost_to_loss_duplication_reordering_pauses_and_partitions_of_any_shape() {
    let mut seen = [0_u64; 4];
    for (size, seed) in [2, 3, 5, 7, 25].iter().flat_map(|size| (0..SEEDS).map(move |seed| (*size, seed))) {
        let mut rng = Rng::with_seed(seed);
        let latency_ms = [0, 5, 100][rng.usize(..3)];
        let mut world = World::new(size, latency_ms, seed);
        let context = format!("{size} nodes, {latency_ms} ms, seed {seed}");
        for _ in 0..3 {
            disturb(&mut world, &mut rng);
            world.load(15, 60, &mut rng);
        }
        calm(&mut world);

        let bound = Duration::from_secs(2) + 10 * Duration::from_millis(latency_ms);
        let (all, accepted): (Vec<usize>, _) = ((0..size).collect(), world.accepted());
        assert!(world.time_until(&all, &accepted, bound).is_some(), "{context}: no agreement");
        world.assert_settled(&context);

        let statistics = world.cluster.journal().statistics;
        let counts = [statistics.lost, statistics.duplicated, statistics.delayed, statistics.cut];
        seen.iter_mut().zip(counts).for_each(|(seen, count)| *seen += count);
    }
    assert!(seen.iter().all(|&count| count > 1000), "lost, duplicated, delayed, cut: {seen:?}");
}

/// One-way links are among the partitions of three nodes; here any link may be cut one way.
#[test]
fn links_that_work_one_way_lose_nothing() {
    for seed in 0..SEEDS {
        let mut rng = Rng::with_seed(seed);
        let size = [2, 3, 5, 7][rng.usize(..4)];
        let mut world = World::new(size, 10, seed);
        for _ in 0..size {
            world.cluster.cut(rng.usize(..size), rng.usize(..size));
        }
        world.load(30, 60, &mut rng);
        world.cluster.heal();
        let (all, accepted): (Vec<usize>, _) = ((0..size).collect(), world.accepted());
        let took = world.time_until(&all, &accepted, Duration::from_millis(2100));
        assert!(took.is_some(), "{size} nodes, seed {seed}: no agreement");
        world.assert_settled(&format!("{size} nodes, seed {seed}"));
    }
}

#[test]
fn a_large_tree_of_small_fan_out_loses_nothing_either() {
    for seed in 0..10 {
        let mut rng = Rng::with_seed(seed);
        let pace = machines::engine::Pace { fan_out: 2, ..Default::default() };
        let mut world = World::with_pace(15, 5, seed, pace);
        world.load(20, 30, &mut rng);
        let grudge = TARGETS[seed as usize % 4].grudge(15, &mut rng);
        world.cut(&grudge);
        world.load(60, 30, &mut rng);
        world.cluster.heal();
        world.run_ms(10_000);
        world.assert_settled(&format!("seed {seed}"));
    }
}

#[test]
fn latencies_that_vary_wildly_lose_nothing() {
    for seed in 0..10 {
        let latency = Latency { mean_ms: 100, distribution: LatencyDistribution::Exponential };
        let spawn = worlds::spawn::<machines::Broadcast>(Default::default());
        let mut world = World::new(1, 0, seed);
        world.cluster = worlds::Cluster::with_latency(7, latency, seed, spawn);
        world.load(60, 50, &mut Rng::with_seed(seed));
        world.run_ms(10_000);
        world.assert_settled(&format!("seed {seed}"));
    }
}

/// What a replica shows is causally closed at every moment: it never holds a value without those that its origin held
/// when it accepted the value.
#[test]
fn whoever_has_seen_a_value_has_seen_what_was_seen_before_it() {
    let mut checked = 0;
    for seed in 0..SEEDS {
        let mut rng = Rng::with_seed(seed);
        let size = [3, 5, 7][rng.usize(..3)];
        let mut world = World::new(size, 5, seed);
        let mut causes: Vec<Vec<u64>> = Vec::new();
        for _ in 0..40 {
            if rng.u8(..8) == 0 {
                disturb(&mut world, &mut rng);
                (0..size).for_each(|node| world.cluster.resume(node));
            }
            world.run_ms(rng.u64(..120));
            let origin = rng.usize(..size);
            causes.push(world.read(origin));
            world.broadcast(origin);
            let observer = rng.usize(..size);
            let seen = world.read(observer);
            for value in &seen {
                let unseen: Vec<&u64> =
                    causes[*value as usize].iter().filter(|cause| !seen.contains(cause)).collect();
                assert!(unseen.is_empty(), "seed {seed}: n{observer} shows {value} without {unseen:?}");
                checked += 1;
            }
        }
    }
    assert!(checked > 10_000, "only {checked} values were looked at");
}

/// Draws faults anew; each kind is off in some draws.
fn disturb(world: &mut World, rng: &mut Rng) {
    let size = world.cluster.size();
    let faults = world.cluster.faults_mut();
    faults.loss = if rng.bool() { 0.3 * rng.f64() } else { 0.0 };
    faults.duplication = if rng.bool() { 0.3 * rng.f64() } else { 0.0 };
    faults.delay = if rng.bool() { 0.3 * rng.f64() } else { 0.0 };
    faults.longest_delay = Duration::from_millis(300);
    world.cluster.heal();
    if rng.bool() {
        let grudge = TARGETS[rng.usize(..4)].grudge(size, rng);
        world.cut(&grudge);
    }
    (0..size).for_each(|node| world.cluster.resume(node));
    if rng.bool() {
        world.cluster.pause(rng.usize(..size));
    }
}

fn calm(world: &mut World) {
    *world.cluster.faults_mut() = Default::default();
    world.cluster.heal();
    (0..world.cluster.size()).for_each(|node| world.cluster.resume(node));
}
