//! Whatever goes wrong: figure 3 holds after every event, what was acknowledged stays, and soon after the last fault there is
//! a leader again.

use std::time::Duration;

use fastrand::Rng;
use machines::Time;

use crate::invariants::{Invariants, Sometimes};
use crate::load::load;
use crate::world::{Ask, Hazards, World};

/// A leader is there again this long after the last fault.
const RECOVERY: Duration = Duration::from_secs(2);

/// Seconds of trouble, with faults as the seed says; then peace.
fn trouble(seed: u64, seconds: u64) -> Sometimes {
    let mut rng = Rng::with_seed(seed);
    let nodes = [3, 5, 5, 4][rng.usize(..4)];
    let (latency, round) = ([0, 1, 10, 30][rng.usize(..4)], [0, 0, 50, 150][rng.usize(..4)]);
    let mut world = World::new(nodes, latency, round, seed);
    let mut share = |worst: f64| if rng.bool() { rng.f64() * worst } else { 0.0 };
    let (loss, duplication, jitter, death) = (share(0.3), share(0.3), share(4.0), share(0.003));
    world.hazards = Hazards { loss, duplication, jitter, death };
    let mut invariants = Invariants::default();
    for _ in 0..seconds {
        disturb(&mut world, &mut rng);
        let rate = [20.0, 100.0, 400.0][rng.usize(..3)];
        load(&mut world, rate, 1, |world| invariants.check(world));
    }
    let jitter = world.hazards.jitter;
    world.hazards = Hazards { jitter, ..Hazards::default() };
    heal(&mut world);
    let recovered = world.now + RECOVERY;
    world.run_until(recovered, |world| invariants.check(world));
    let leader = world.leader().unwrap_or_else(|| panic!("seed {seed}: no leader {RECOVERY:?} after the last fault"));
    let done = world.done.len();
    for node in 0..nodes {
        assert!(world.ask(node, Ask::Write(1_000_000 + node as u64)), "seed {seed}: everyone is up");
    }
    let end = world.now + Duration::from_secs(1);
    world.run_until(end, |world| invariants.check(world));
    let answered = world.done[done..].iter().filter(|done| done.is_ok()).count();
    assert!(answered >= nodes, "seed {seed}: {answered} of {nodes} nodes have written, with n{leader} as leader");
    for done in world.done.iter().filter(|done| done.is_ok()) {
        let command = match done.ask {
            Ask::Read => continue,
            Ask::Write(value) => format!("[1,{value}]"),
            Ask::CompareAndSet(from, to) => format!("[1,{from},{to},false]"),
        };
        assert!(invariants.count(&command) > 0, "seed {seed}: {done:?} was acknowledged, and is not in the log");
    }
    invariants.sometimes
}

/// Cuts links, heals them, kills.
fn disturb(world: &mut World, rng: &mut Rng) {
    let nodes = world.size();
    match rng.usize(..8) {
        0 | 1 => heal(world),
        2 => {
            let alone = rng.usize(..nodes);
            cut(world, |to, from| (to == alone) != (from == alone));
        }
        3 => {
            let side: Vec<bool> = (0..nodes).map(|_| rng.bool()).collect();
            cut(world, |to, from| side[to] != side[from]);
        }
        4 => {
            let shift = rng.usize(..nodes);
            let place = |node: usize| (node * 2 + shift) % nodes;
            cut(world, |to, from| {
                let distance = place(to).abs_diff(place(from));
                distance.min(nodes - distance) > 1
            });
        }
        5 => {
            let (to, from) = (rng.usize(..nodes), rng.usize(..nodes));
            world.cut[to][from] = true;
        }
        6 => world.kill(rng.usize(..nodes)),
        _ => (0..nodes).for_each(|node| world.kill(node)),
    }
}

fn heal(world: &mut World) {
    cut(world, |_, _| false);
}

pub(crate) fn cut(world: &mut World, is_cut: impl Fn(usize, usize) -> bool) {
    let nodes = world.size();
    for to in 0..nodes {
        for from in 0..nodes {
            world.cut[to][from] = is_cut(to, from);
        }
    }
}

#[test]
fn figure_3_holds_whatever_happens_and_a_leader_is_found_soon_after() {
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(40);
    let first: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let mut all = Sometimes::default();
    for seed in first..first + seeds {
        let some = trouble(seed, 10);
        all.elections += some.elections;
        all.cut_back += some.cut_back;
        all.states += some.states;
        all.older_terms += some.older_terms;
        all.ahead += some.ahead;
        all.restarts += some.restarts;
    }
    println!("{all:?}");
    let Sometimes { elections, cut_back, states, older_terms, ahead, restarts } = all;
    let counts = [elections, cut_back, states, older_terms, ahead, restarts];
    assert!(counts.iter().all(|&count| count > seeds / 10), "some scenario is never reached: {all:?}");
}

/// Of what was asked of nodes on the side of a majority, from 2 s after a cut to the next: how much was answered, with certainty.
fn availability(seeds: u64, shape: fn(&mut World, &mut Rng) -> Vec<usize>) -> f64 {
    let (mut asked, mut answered) = (0, 0);
    for seed in 0..seeds {
        let mut rng = Rng::with_seed(seed);
        let mut world = World::new(5, 10, 0, seed);
        load(&mut world, 100.0, 2, |_| {});
        for _ in 0..3 {
            let majority = shape(&mut world, &mut rng);
            let end = world.now + Duration::from_secs(2);
            world.run_until(end, |_| {});
            let done = world.done.len();
            for number in 0..60 {
                let node = majority[number % majority.len()];
                asked += 1;
                world.ask(node, if number % 4 == 0 { Ask::Read } else { Ask::Write(number as u64) });
                let next = world.now + Duration::from_millis(10);
                world.run_until(next, |_| {});
            }
            let end = world.now + Duration::from_secs(1);
            world.run_until(end, |_| {});
            let limit = Duration::from_secs(1);
            let in_time = world.done[done..].iter().filter(|done| done.answered.since(done.asked) < limit);
            answered += in_time.filter(|done| majority.contains(&done.node) && done.is_definite()).count();
        }
    }
    answered as f64 / f64::from(asked)
}

#[test]
fn a_majority_goes_on_two_seconds_after_a_cut() {
    let halves = availability(20, |world, rng| {
        let mut nodes: Vec<usize> = (0..5).collect();
        rng.shuffle(&mut nodes);
        let minority = nodes.split_off(5 - rng.usize(1..3));
        cut(world, |to, from| minority.contains(&to) != minority.contains(&from));
        nodes
    });
    println!("halves: {halves:.3}");
    assert!(halves >= 0.95, "{halves}");
}

#[test]
fn in_a_ring_of_majorities_everyone_goes_on() {
    let ring = availability(20, |world, rng| {
        let mut nodes: Vec<usize> = (0..5).collect();
        rng.shuffle(&mut nodes);
        let place = |node: usize| nodes.iter().position(|&it| it == node).unwrap();
        cut(world, |to, from| {
            let distance = place(to).abs_diff(place(from));
            distance.min(5 - distance) > 1
        });
        (0..5).collect()
    });
    println!("ring: {ring:.3}");
    assert!(ring >= 0.9, "{ring}");
}

#[test]
fn a_lone_node_needs_nobody() {
    let mut world = World::new(1, 10, 0, 3);
    world.run_until(Time::from_millis(100), |_| {});
    assert!(world.ask(0, Ask::Write(7)) && world.ask(0, Ask::Read));
    let bodies: Vec<&str> = world.done.iter().map(|done| &*done.body).collect();
    assert!(bodies.len() == 2 && bodies[1].contains(r#""value":7"#), "{bodies:?}");
}
