//! During a partition every component converges by itself within two seconds, whether or not the hub is in it.

use std::collections::BTreeSet;
use std::time::Duration;

use fastrand::Rng;

use crate::world::{TARGETS, World, component};

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
