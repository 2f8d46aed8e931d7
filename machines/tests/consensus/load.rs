//! Clients as the `lin-kv` workload has them, and what they see.

use std::time::Duration;

use machines::Time;

use crate::world::{Ask, World};

/// How a run went.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) unknown: usize,
    pub(crate) messages_per_operation: f64,
    pub(crate) median_write: Duration,
}

/// Has four clients a node ask for so long, at this rate at the most, each when it has its answer.
pub(crate) fn load(world: &mut World, rate: f64, seconds: u64, mut check: impl FnMut(&World)) -> Figures {
    let nodes = world.size();
    let end = world.now + Duration::from_secs(seconds);
    let mut free: Vec<usize> = (0..4 * nodes).collect();
    let (mut asked, mut seen, first) = (0, world.done.len(), world.done.len());
    let mut busy: Vec<(usize, usize)> = Vec::new();
    let mut next = world.now;
    let (messages, mut value) = (world.messages, 0);
    while next < end {
        world.run_until(next, &mut check);
        for done in &world.done[seen..] {
            // Which of a node's clients it was makes no difference.
            if let Some(position) = busy.iter().position(|(_, node)| *node == done.node) {
                free.push(busy.remove(position).0);
            }
        }
        seen = world.done.len();
        next = world.now + Duration::from_secs_f64(2.0 * world.rng.f64() / rate);
        if free.is_empty() {
            next = world.now + Duration::from_millis(1);
            continue;
        }
        let client = free.swap_remove(world.rng.usize(..free.len()));
        value += 1;
        let ask = match world.rng.usize(..4) {
            0 => Ask::Read,
            1 if world.writes_large && value % 5 == 0 => Ask::WriteLarge(value),
            1 => Ask::Write(value),
            _ => Ask::CompareAndSet(value.saturating_sub(world.rng.u64(1..4)), value),
        };
        match world.ask(client % nodes, ask) {
            true => busy.push((client, client % nodes)),
            false => free.push(client),
        }
        asked += 1;
    }
    world.run_until(end + Duration::from_secs(1), &mut check);
    let done = &world.done[first..];
    let mut writes: Vec<Duration> = done
        .iter()
        .filter(|done| done.ask != Ask::Read)
        .map(|done| done.answered.since(done.asked))
        .collect();
    writes.sort();
    Figures {
        unknown: asked - done.iter().filter(|done| done.is_definite()).count().min(asked),
        messages_per_operation: (world.messages - messages) as f64 / asked as f64,
        median_write: writes.get(writes.len() / 2).copied().unwrap_or_default(),
    }
}

/// Nodes as they are when a first leader has been found.
pub(crate) fn settled(nodes: usize, latency_ms: u64, round_ms: u64, seed: u64) -> World {
    let mut world = World::new(nodes, latency_ms, round_ms, seed);
    world.run_until(Time::from_millis(500), |_| {});
    assert!(world.leader().is_some(), "half a second makes a leader");
    world
}
