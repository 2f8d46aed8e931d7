//! During a partition every component converges by itself within two seconds, whether or not the hub is in it.

use std::collections::BTreeSet;
use std::time::Duration;

use bench::nemesis::Target;
use fastrand::Rng;
use machines::engine::Pace;

use super::world::{TARGETS, World, component};

const SEEDS: u64 = 12;

/// What design section 3, point 3 allows.
const BOUND: Duration = Duration::from_secs(2);

#[test]
fn every_component_of_every_partition_converges_within_two_seconds() {
    let mut without_hub = 0;
    let mut indirect = 0;
    for (size, latency_ms) in [(2, 0), (3, 10), (5, 0), (5, 100), (7, 10), (7, 100), (25, 0), (25, 100)] {
        for (target, seed) in TARGETS.iter().flat_map(|target| (0..SEEDS).map(move |seed| (*target, seed))) {
            let context = format!("{size} nodes, {latency_ms} ms, {target:?}, seed {seed}");
            let mut rng = Rng::with_seed(seed);
            let mut world = World::new(size, latency_ms, seed);
            world.load(rng.usize(..20), 100, &mut rng);
            let grudge = target.grudge(size, &mut rng);
            world.cut(&grudge);
            world.run_ms(rng.u64(..1500));

            let origin = rng.usize(..size);
            let members = component(origin, &grudge);
            let value = world.broadcast(origin);
            let took = world.time_until(&members, &BTreeSet::from([value]), BOUND);
            assert!(took.is_some(), "{context}: n{origin}'s value has not reached all of {members:?}");

            without_hub += usize::from(members.len() > 1 && !members.contains(&0));
            indirect += usize::from(members.iter().any(|&member| grudge[member].contains(&origin)));
        }
    }
    assert!(without_hub > 20, "only {without_hub} components had lost the hub");
    assert!(indirect > 20, "only {indirect} values had to take a detour");
}

/// What waited for the hub while it stood still is answered all at once, late. That is no reason to wait for it longer.
#[test]
fn a_hub_that_stood_still_before_is_missed_no_later_than_any_other() {
    for (pause_ms, seed) in
        [5_000, 20_000].into_iter().flat_map(|pause_ms| (0..10).map(move |seed| (pause_ms, seed)))
    {
        let mut rng = Rng::with_seed(seed);
        let mut world = World::new(5, 20, seed);
        world.load(20, 100, &mut rng);
        world.cluster.pause(0);
        world.load(pause_ms / 100, 100, &mut rng);
        world.cluster.resume(0);
        world.load(rng.usize(..20), 100, &mut rng);
        world.cluster.partition(&[&[0], &[1, 2, 3, 4]]);
        world.run_ms(rng.u64(..500));
        let value = world.broadcast(1);
        let took = world.time_until(&[1, 2, 3, 4], &BTreeSet::from([value]), BOUND);
        assert!(took.is_some(), "a pause of {pause_ms} ms, seed {seed}");
    }
}

/// Two leaves of a star cannot see that the hub has lost one of them: the hub must tell, and be heard.
#[test]
fn whoever_is_told_of_a_loss_hears_it_even_if_messages_get_lost() {
    let mut detours = 0;
    for seed in 0..60 {
        let mut rng = Rng::with_seed(seed);
        let mut world = World::new(3, 20, seed);
        world.load(rng.usize(..5), 100, &mut rng);
        world.cluster.partition(&[&[0], &[2]]);
        world.cluster.faults_mut().loss = 0.3;
        let value = world.broadcast(1);
        world.run_ms(2_500);
        world.cluster.faults_mut().loss = 0.0;
        detours += usize::from(!world.holds(2, &BTreeSet::from([value])));
        let took = world.time_until(&[0, 1, 2], &BTreeSet::from([value]), 5 * BOUND);
        assert!(took.is_some(), "seed {seed}");
    }
    assert!(detours > 5, "only {detours} values took longer than the losses");
}

#[test]
fn a_component_stays_converged_under_load_and_all_agree_soon_after_the_heal() {
    let mut rng = Rng::with_seed(3);
    for (size, latency_ms) in [(5, 10), (25, 100)] {
        for target in TARGETS {
            let context = format!("{size} nodes, {latency_ms} ms, {target:?}");
            let mut world = World::new(size, latency_ms, rng.u64(..));
            world.load(20, 50, &mut rng);
            let grudge = target.grudge(size, &mut rng);
            world.cut(&grudge);
            world.load(200, 50, &mut rng);

            let healed = BOUND + 10 * Duration::from_millis(latency_ms);
            world.cluster.heal();
            let (all, accepted): (Vec<usize>, _) = ((0..size).collect(), world.accepted());
            assert!(world.time_until(&all, &accepted, healed).is_some(), "{context}: no agreement");
            world.assert_settled(&context);
        }
    }
}

/// In a tree of two levels the children of a lost node need not be lost themselves. Those that have nothing to say do not notice
/// that their parent is gone, and it is not there to tell: the node above it finds them.
#[test]
fn whoever_rests_under_a_lost_node_hears_what_is_new_all_the_same() {
    let (size, lost) = (60, 2);
    for seed in 0..6 {
        let mut world = World::new(size, 20, seed);
        world.load(60, 20, &mut Rng::with_seed(seed));
        world.run_ms(3000);
        (0..size).for_each(|node| world.cluster.cut(node, lost));
        (0..size).for_each(|node| world.cluster.cut(lost, node));
        let value = world.broadcast(0);
        let others: Vec<usize> = (0..size).filter(|&node| node != lost).collect();
        let took = world.time_until(&others, &BTreeSet::from([value]), 2 * BOUND);
        assert!(took.is_some(), "seed {seed}");
    }
}

/// Where everybody reaches another half of all, those that the first node tells of a loss may not reach whom it has lost. Those
/// that they find may.
#[test]
fn whoever_rests_far_off_in_a_ring_is_found_by_those_who_were_found() {
    for seed in 0..60 {
        let mut rng = Rng::with_seed(seed);
        let mut world = World::new(25, 0, seed);
        world.load(rng.usize(..20), 100, &mut rng);
        let grudge = Target::MajoritiesRing.grudge(25, &mut rng);
        world.cut(&grudge);
        world.run_ms(rng.u64(..1500));
        let value = world.broadcast(rng.usize(..25));
        let all: Vec<usize> = (0..25).collect();
        assert!(world.time_until(&all, &BTreeSet::from([value]), 2 * BOUND).is_some(), "seed {seed}");
    }
}

/// Sizes, latencies and seeds in which trees of components are looked at.
const TREES: [(usize, u64, u64); 4] = [(5, 10, 4), (25, 0, 1), (25, 100, 2), (100, 20, 1)];

/// Everybody has something to say now and then, so everybody notices the cut within two seconds.
#[test]
fn under_load_a_value_is_everywhere_in_its_component_within_three_rounds_and_six_latencies() {
    let mut indirect = 0;
    for (size, latency_ms, seeds) in TREES {
        for (target, seed) in TARGETS.iter().flat_map(|target| (0..seeds).map(move |seed| (*target, seed))) {
            let context = format!("{size} nodes, {latency_ms} ms, {target:?}, seed {seed}");
            let mut rng = Rng::with_seed(seed);
            let mut world = World::new(size, latency_ms, seed);
            let gap_ms = 500 / size as u64;
            world.load(6 * size, gap_ms, &mut rng);
            let grudge = target.grudge(size, &mut rng);
            world.cut(&grudge);
            let cut_at = world.cluster.now();
            let mut around = Vec::new();
            for _ in 0..8 {
                world.load(size / 5 + 1, gap_ms, &mut rng);
                let origin = rng.usize(..size);
                around.push((origin, world.broadcast(origin)));
            }
            while world.cluster.now().since(cut_at) < BOUND + 10 * Duration::from_millis(latency_ms) {
                world.load(1, gap_ms, &mut rng);
            }
            for (origin, value) in around {
                let members = component(origin, &grudge);
                let missing: Vec<usize> =
                    members.iter().copied().filter(|&node| !world.holds(node, &[value].into())).collect();
                assert!(missing.is_empty(), "{context}: n{origin}'s early value is not at {missing:?}");
            }
            for _ in 0..4 {
                world.load(size, gap_ms, &mut rng);
                let origin = rng.usize(..size);
                let members = component(origin, &grudge);
                let value = world.broadcast(origin);
                let bound = 3 * Pace::default().round + 6 * Duration::from_millis(latency_ms);
                let took = world.time_until(&members, &[value].into(), bound);
                assert!(took.is_some(), "{context}: n{origin}'s value is not at all of {members:?}");
                indirect += usize::from(members.iter().any(|&member| grudge[member].contains(&origin)));
            }
        }
    }
    assert!(indirect > 10, "only {indirect} values had to take a detour");
}
