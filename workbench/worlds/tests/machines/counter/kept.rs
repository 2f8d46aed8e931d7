//! `CounterKv`: exact although `seq-kv` shows the past, and although its requests and answers are lost, late, repeated.

use std::time::Duration;

use fastrand::Rng;
use machines::CounterKv;
use worlds::spawn;

use super::stale::stale_reads;
use super::world::{Add, World, exponential};
use crate::seeds;

const SEEDS: u64 = 100;

/// After this a client is gone (§5.4).
const CLIENT_PATIENCE: Duration = Duration::from_secs(5);

fn world(latency_ms: u64, seed: u64) -> World {
    let mut world = World::new(3, exponential(latency_ms), seed, spawn::<CounterKv>(()));
    world.deltas = 0..=4;
    world
}

#[test]
fn on_the_flags_of_challenge_4_all_seeds_are_exact_and_stale_reads_did_occur() {
    for seed in 0..seeds(25) {
        let mut rng = Rng::with_seed(seed);
        let latency_ms = [0, 5, 20][rng.usize(..3)];
        let context = format!("{latency_ms} ms, seed {seed}");
        let mut world = world(latency_ms, seed);
        world.load(2_000, 10, &mut rng);
        world.run_ms(10_000);
        world.assert_all_answered(CLIENT_PATIENCE, &context);
        assert_eq!(world.agreed(&context), world.sum(|_| true), "{context}");
        world.assert_reads_see_what_was_answered(&context);
        assert!(world.cluster.is_quiet(), "{context}");
        let stale = stale_reads(world.cluster.journal());
        // Without latency nothing happens between a mark and the reads after it.
        assert!(stale > 20 || latency_ms == 0, "{context}: only {stale} reads were stale");
    }
}

#[test]
fn lost_late_and_repeated_requests_and_answers_leave_every_sum_exact() {
    let mut seen = [0_u64; 4];
    let mut late = 0;
    for seed in 0..SEEDS {
        let mut rng = Rng::with_seed(seed);
        let latency_ms = [0, 5, 100][rng.usize(..3)];
        let context = format!("{latency_ms} ms, seed {seed}");
        let mut world = world(latency_ms, seed);
        // Sums that come again are what a save must not be fooled by.
        world.deltas = if seed % 2 == 0 { -1..=1 } else { 0..=4 };
        let faults = world.cluster.faults_mut();
        faults.reach_services = true;
        faults.loss = 0.2 * rng.f64();
        faults.duplication = 0.5 * rng.f64();
        faults.delay = 0.5 * rng.f64();
        // Some saves come to the store long after the node has given them up.
        faults.longest_delay = Duration::from_secs(4);
        world.load(200, 50, &mut rng);
        world.calm();
        world.run_ms(10_000);
        late += world.unanswered(CLIENT_PATIENCE, &context);
        assert_eq!(world.agreed(&context), world.sum(|_| true), "{context}");
        if seed % 2 != 0 {
            world.assert_reads_see_what_was_answered(&context);
        }
        assert!(world.cluster.is_quiet(), "{context}");

        let statistics = world.cluster.journal().statistics;
        let stale = stale_reads(world.cluster.journal()) as u64;
        let counts = [statistics.lost, statistics.duplicated, statistics.delayed, stale];
        seen.iter_mut().zip(counts).for_each(|(seen, count)| *seen += count);
    }
    assert!(seen.iter().all(|&count| count > 200), "lost, duplicated, delayed, stale: {seen:?}");
    // Those counted all the same.
    assert!((100..SEEDS as usize * 200 / 2).contains(&late), "{late} were done too late to be answered");
}

/// What was answered survives; of what was not, the store may have the first few.
#[test]
fn a_restart_loses_nothing_that_was_answered() {
    let (mut unanswered, mut survived_unanswered) = (0, 0);
    for seed in 0..SEEDS {
        let mut rng = Rng::with_seed(seed);
        let context = format!("seed {seed}");
        let mut world = world(20, seed);
        world.deltas = 1..=4;
        let faults = world.cluster.faults_mut();
        faults.reach_services = true;
        (faults.loss, faults.duplication) = (0.1, 0.1);
        (faults.delay, faults.longest_delay) = (0.3, Duration::from_secs(4));
        world.load(60, 50, &mut rng);
        let victim = rng.usize(..3);
        world.restart(victim);
        world.load(60, 50, &mut rng);
        world.calm();
        world.run_ms(10_000);

        // A node that lives saves what it has taken, too late to be answered or not.
        let is_saved = |add: &Add| world.is_answered(add) || !add.bereft;
        let saved = world.sum(is_saved);
        let lacking: Vec<Add> = world.adds.iter().filter(|add| !is_saved(add)).cloned().collect();
        let mut more = world.agreed(&context) - saved;
        for add in lacking {
            assert_eq!(add.node, victim, "{context}");
            unanswered += 1;
            if more > 0 {
                more -= i128::from(add.delta);
                survived_unanswered += 1;
            }
        }
        assert_eq!(more, 0, "{context}: not the first few of what n{victim} had not answered");
        assert!(world.cluster.is_quiet(), "{context}");
    }
    assert!(survived_unanswered > 20 && unanswered > survived_unanswered + 20);
}

#[test]
fn while_the_store_is_away_nothing_is_answered_and_nothing_is_lost() {
    let mut world = world(5, 3);
    let mut rng = Rng::with_seed(3);
    world.load(50, 20, &mut rng);
    world.run_ms(1_000);
    let answered = |world: &World| world.adds.iter().filter(|add| world.is_answered(add)).count();
    assert_eq!(answered(&world), world.adds.len());
    let before = world.cluster.messages_between_servers();
    let faults = world.cluster.faults_mut();
    (faults.reach_services, faults.loss) = (true, 1.0);
    for node in 0..3 {
        world.add(node, 1);
        world.read(node);
    }
    world.run_ms(60_000);
    assert_eq!(answered(&world), world.adds.len() - 3);
    let asked = world.cluster.messages_between_servers() - before;
    assert!(asked < 3 * 2 * 60, "each node keeps asking, but not more than need be: {asked}");
    world.calm();
    world.run_ms(3_000);
    assert_eq!(world.unanswered(CLIENT_PATIENCE, "it came back"), 6, "whose clients have long been gone");
    assert_eq!(world.agreed("it came back"), world.sum(|_| true));
}
