//! A node that is killed and started again from nothing: it gets back whatever a live node holds, and nobody takes its
//! new updates for its old ones.

use std::time::Duration;

use fastrand::Rng;

use super::world::World;

#[test]
fn a_restarted_node_gets_everything_back_without_any_new_traffic() {
    for (size, victim) in [(2, 0), (2, 1), (5, 0), (5, 3), (25, 0), (25, 24)] {
        let mut world = World::new(size, 10, 7);
        world.load(30, 20, &mut Rng::with_seed(7));
        world.assert_settled("before");
        world.cluster.restart(victim);
        world.run_ms(3000);
        world.assert_settled(&format!("{size} nodes, n{victim} restarted"));
    }
}

#[test]
fn updates_of_a_new_life_are_not_taken_for_those_of_the_old_one() {
    for (size, victim) in [(2, 0), (2, 1), (5, 0), (5, 3)] {
        let mut world = World::new(size, 10, 11);
        for _ in 0..5 {
            for _ in 0..4 {
                world.broadcast(victim);
            }
            world.run_ms(1500);
            world.assert_settled(&format!("{size} nodes, n{victim}"));
            world.cluster.restart(victim);
            world.run_ms(100);
        }
    }
}

#[test]
fn late_messages_of_a_former_life_change_nothing() {
    for seed in 0..30 {
        let mut rng = Rng::with_seed(seed);
        let mut world = World::new(5, 20, seed);
        world.load(30, 20, &mut rng);
        world.assert_settled("before");
        world.cluster.faults_mut().delay = 0.5;
        world.cluster.faults_mut().longest_delay = Duration::from_millis(800);
        let victim = rng.usize(..5);
        // Values that only the victim has may die with it; so it takes none just before.
        for _ in 0..10 {
            world.broadcast((victim + 1 + rng.usize(..4)) % 5);
            world.run_ms(50);
        }
        world.cluster.restart(victim);
        world.load(20, 50, &mut rng);
        *world.cluster.faults_mut() = Default::default();
        world.run_ms(4000);
        world.assert_settled(&format!("seed {seed}, n{victim} restarted"));
    }
}
