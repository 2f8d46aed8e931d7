//! Seconds of trouble, and what must be so after them.

use std::time::Duration;

use fastrand::Rng;

use machines::Time;

use crate::invariants::{Invariants, Sometimes};
use crate::load::{load, settled};
use crate::world::{Ask, Hazards, World};

/// A leader is there again this long after the last fault.
const RECOVERY: Duration = Duration::from_secs(2);

/// One seed of so many has writes that do not fit one message together.
const LARGE_EVERY: u64 = 8;

/// Seconds of trouble, with faults as the seed says; then peace.
pub(crate) fn trouble(seed: u64, seconds: u64) -> Sometimes {
    let mut rng = Rng::with_seed(seed);
    let nodes = [3, 5, 5, 4][rng.usize(..4)];
    let (latency, round) = ([0, 1, 10, 30][rng.usize(..4)], [0, 0, 50, 150][rng.usize(..4)]);
    let mut world = World::new(nodes, latency, round, seed);
    let mut share = |worst: f64| if rng.bool() { rng.f64() * worst } else { 0.0 };
    let (loss, duplication, jitter, death) = (share(0.3), share(0.3), share(4.0), share(0.003));
    world.hazards = Hazards { loss, duplication, jitter, death };
    world.writes_large = seed % LARGE_EVERY == LARGE_EVERY - 1;
    let mut invariants = Invariants::default();
    for _ in 0..seconds {
        disturb(&mut world, &mut rng);
        let rate = [20.0, 100.0, 400.0][rng.usize(..3)] * if world.writes_large { 0.2 } else { 1.0 };
        load(&mut world, rate, 1, |world| invariants.check(world));
    }
    let jitter = world.hazards.jitter;
    world.hazards = Hazards { jitter, ..Hazards::default() };
    heal(&mut world);
    let recovered = world.now + RECOVERY;
    world.run_until(recovered, |world| invariants.check(world));
    let leader =
        world.leader().unwrap_or_else(|| panic!("seed {seed}: no leader {RECOVERY:?} after the last fault"));
    let done = world.done.len();
    for node in 0..nodes {
        assert!(world.ask(node, Ask::Write(1_000_000 + node as u64)), "seed {seed}: everyone is up");
    }
    let end = world.now + Duration::from_secs(1);
    world.run_until(end, |world| invariants.check(world));
    let answered = world.done[done..].iter().filter(|done| done.is_ok()).count();
    assert!(
        answered >= nodes,
        "seed {seed}: {answered} of {nodes} nodes have written, with n{leader} as leader"
    );
    // What is large is dropped from a log in the step in which it is committed, and what comes with it, too.
    for done in world.done.iter().filter(|done| done.is_ok() && !world.writes_large) {
        let command = match done.ask {
            Ask::Read => continue,
            Ask::Write(value) => format!("[1,{value}]"),
            Ask::WriteLarge(_) => continue,
            Ask::CompareAndSet(from, to) => format!("[1,{from},{to},false]"),
        };
        assert!(
            invariants.count(&command) > 0,
            "seed {seed}: {done:?} was acknowledged, and is not in the log"
        );
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

/// One node hears nobody for a while, and comes back: all the others go on in their term, and meanwhile a leader that was cut
/// off has noticed.
pub(crate) fn returns(seed: u64) {
    let mut world = World::new(3, 5, 0, seed);
    let mut next = Time::from_millis(1000);
    world.run_until(next, |_| {});
    for leads in [false, true] {
        let leader = world.leader().expect("there is one");
        let alone = if leads { leader } else { (leader + 1) % 3 };
        cut(&mut world, |to, from| (to == alone) != (from == alone));
        next += Duration::from_secs(4);
        world.run_until(next, |_| {});
        let view = world.view(alone).expect("it lives");
        assert!(!view.leads, "seed {seed}: who reaches no majority leads nobody");
        let leader = world.leader().expect("the others have one");
        let term = world.view(leader).expect("it lives").term;
        heal(&mut world);
        next += Duration::from_secs(2);
        world.run_until(next, |_| {});
        let now = world.view(leader).expect("it lives");
        assert!((now.leads, now.term) == (true, term), "seed {seed}: who comes back disturbs nobody");
    }
}

/// A leader that is cut off shows nothing any more: nobody confirms that it still is one, and soon it is none.
pub(crate) fn outvoted(seed: u64) {
    let mut world = settled(5, 10, 0, seed);
    load(&mut world, 100.0, 1, |_| {});
    let leader = world.leader().expect("there is one");
    cut(&mut world, |to, from| (to == leader) != (from == leader));
    let since = world.now;
    for _ in 0..40 {
        world.ask(leader, Ask::Read);
        let next = world.now + Duration::from_millis(50);
        world.run_until(next, |_| {});
    }
    let shown = world.done.iter().filter(|done| done.node == leader && done.asked >= since && done.is_ok());
    assert_eq!(shown.count(), 0, "seed {seed}: n{leader} showed what others may have changed");
    assert_ne!(world.leader(), Some(leader), "seed {seed}: the others have another one");
}

/// Figure 8 of the paper, with the worst of luck: an entry of the first term gets to one follower; a second leader, of whose
/// entry nobody hears, takes over; the first comes back and has a majority hold the entry, but none yet of its new term;
/// then the second leader is back and cuts it off. Whether it came to that.
pub(crate) fn figure_eight(seed: u64) -> bool {
    let mut world = World::with_slack(5, 5, 0, seed, 1 << 24);
    let mut invariants = Invariants::default();
    world.run_until(Time::from_millis(500), |world| invariants.check(world));
    let first = world.leader().expect("there is one");
    let follower = (first + 1 + world.rng.usize(..4)) % 5;
    let others: Vec<usize> = (0..5).filter(|node| ![first, follower].contains(node)).collect();
    let mut until = |world: &mut World, is_so: &dyn Fn(&World) -> bool| {
        let end = world.now + Duration::from_secs(5);
        while world.now < end && !is_so(world) {
            let next = world.now + Duration::from_millis(1);
            world.run_until(next, |world| invariants.check(world));
        }
        is_so(world)
    };
    let last = |world: &World, node: usize| world.view(node).map_or((0, 0), |view| view.last);
    let (base, term) = last(&world, first);

    only(&mut world, &[first, follower]);
    world.ask(first, Ask::WriteLarge(1));
    world.ask(first, Ask::WriteLarge(2));
    let mut goes = until(&mut world, &|world| last(world, follower) == (base + 2, term));

    only(&mut world, &others);
    let leads = |world: &World, node: usize, after: u64| {
        world.view(node).is_some_and(|view| view.leads && view.term > after && view.last.1 == view.term)
    };
    goes &= until(&mut world, &|world| others.iter().any(|node| leads(world, *node, term)));
    let Some(second) = others.iter().copied().find(|node| leads(&world, *node, term)) else { return false };
    let rest: Vec<usize> = (0..5).filter(|node| *node != second).collect();
    only(&mut world, &rest);
    let is_held = |world: &World, node: usize| last(world, node) == (base + 1, term);
    goes &= until(&mut world, &|world| others.iter().any(|node| is_held(world, *node)));
    // The leader hears of it, but what it then says does not arrive.
    let heard = world.now + Duration::from_millis(world.rng.u64(5..10));
    goes &= until(&mut world, &|world| world.now >= heard);

    only(&mut world, &others);
    let latest = (0..5).filter_map(|node| world.view(node)).map(|view| view.term).max().unwrap_or_default();
    goes && until(&mut world, &|world| leads(world, second, latest))
}

/// Cuts every link but those between these.
fn only(world: &mut World, together: &[usize]) {
    cut(world, |to, from| !(together.contains(&to) && together.contains(&from)));
}
