//! A cluster of broadcast machines, and the words of these tests.

use std::collections::BTreeSet;
use std::time::Duration;

use bench::nemesis::{Grudge, Target};
use bench::network::{Entry, Event};
use fastrand::Rng;
use machines::engine::Pace;
use machines::{Broadcast, Time};
use worlds::{Cluster, Request, spawn};

/// The kinds of partition that Maelstrom makes.
pub(crate) const TARGETS: [Target; 4] =
    [Target::One, Target::Majority, Target::MinorityThird, Target::MajoritiesRing];

/// A cluster and what its clients have asked of it.
pub(crate) struct World {
    pub(crate) cluster: Cluster,
    /// Values 0, 1, 2, …, each with the request that broadcasts it.
    broadcasts: Vec<Request>,
}

impl World {
    pub(crate) fn new(size: usize, latency_ms: u64, seed: u64) -> World {
        World::with_pace(size, latency_ms, seed, Pace::default())
    }

    pub(crate) fn with_pace(size: usize, latency_ms: u64, seed: u64, pace: Pace) -> World {
        let cluster = Cluster::new(size, Duration::from_millis(latency_ms), seed, spawn::<Broadcast>(pace));
        World { cluster, broadcasts: Vec::new() }
    }

    /// Lets a client broadcast a fresh value through `node`.
    pub(crate) fn broadcast(&mut self, node: usize) -> u64 {
        let value = self.broadcasts.len() as u64;
        self.broadcasts
            .push(self.cluster.request(node, &format!(r#"{{"type":"broadcast","message":{value}}}"#)));
        value
    }

    /// The values that clients have been told are accepted.
    pub(crate) fn accepted(&self) -> BTreeSet<u64> {
        let answered = |value: &u64| self.cluster.answer(self.broadcasts[*value as usize]).is_some();
        (0..self.broadcasts.len() as u64).filter(answered).collect()
    }

    /// Broadcasts `count` values through random nodes, `gap_ms` apart on average.
    pub(crate) fn load(&mut self, count: usize, gap_ms: u64, rng: &mut Rng) {
        for _ in 0..count {
            self.run_ms(rng.u64(0..=2 * gap_ms));
            self.broadcast(rng.usize(..self.cluster.size()));
        }
    }

    pub(crate) fn run_ms(&mut self, millis: u64) {
        self.cluster.run_for(Duration::from_millis(millis));
    }

    /// What `node` answers to a read.
    pub(crate) fn read(&mut self, node: usize) -> Vec<u64> {
        let answer = self.cluster.ask(node, r#"{"type":"read"}"#);
        let answer: serde_json::Value = serde_json::from_str(&answer).expect("an answer is JSON");
        let messages = answer["messages"].as_array().expect("a read answers with a list");
        messages.iter().map(|value| value.as_u64().expect("these tests broadcast integers")).collect()
    }

    pub(crate) fn holds(&mut self, node: usize, values: &BTreeSet<u64>) -> bool {
        let held: BTreeSet<u64> = self.read(node).into_iter().collect();
        held.is_superset(values)
    }

    /// How long it takes, from now, until `nodes` all hold `values`; at most `limit`. To 10 ms.
    pub(crate) fn time_until(
        &mut self,
        nodes: &[usize],
        values: &BTreeSet<u64>,
        limit: Duration,
    ) -> Option<Duration> {
        let start = self.cluster.now();
        loop {
            if nodes.iter().all(|&node| self.holds(node, values)) {
                return Some(self.cluster.now().since(start));
            }
            if self.cluster.now().since(start) > limit {
                return None;
            }
            self.run_ms(10);
        }
    }

    /// Asserts that all fall silent, and that every node holds the same: all that was accepted, each value once.
    pub(crate) fn assert_settled(&mut self, context: &str) {
        let quiet = self.cluster.run_until_quiet(Duration::from_secs(30));
        assert!(quiet.is_some(), "{context}: somebody still has something to say");
        let mut agreed = self.read(0);
        agreed.sort_unstable();
        assert!(
            agreed.windows(2).all(|pair| pair[0] < pair[1]),
            "{context}: a value is there twice: {agreed:?}"
        );
        let missing: Vec<u64> = self.accepted().into_iter().filter(|value| !agreed.contains(value)).collect();
        assert!(missing.is_empty(), "{context}: {missing:?} are lost");
        for node in 1..self.cluster.size() {
            let mut held = self.read(node);
            held.sort_unstable();
            assert!(held == agreed, "{context}: n{node} holds {held:?}, n0 {agreed:?}");
        }
    }

    pub(crate) fn cut(&mut self, grudge: &Grudge) {
        for (to, sources) in grudge.iter().enumerate() {
            sources.iter().for_each(|&from| self.cluster.cut(from, to));
        }
    }

    /// Messages between nodes that were sent since `start`, in order.
    pub(crate) fn gossip_since(&self, start: Time) -> Vec<Entry> {
        let is_gossip =
            |entry: &&Entry| entry.event == Event::Send && entry.body.text().contains("\"gossip1\"");
        self.cluster
            .journal()
            .entries
            .iter()
            .filter(is_gossip)
            .filter(|entry| entry.time >= start)
            .cloned()
            .collect()
    }
}

/// The nodes that `node` can talk with, over any number of links that work in both directions.
pub(crate) fn component(node: usize, grudge: &Grudge) -> Vec<usize> {
    let linked = |a: usize, b: usize| !grudge[a].contains(&b) && !grudge[b].contains(&a);
    let mut found = vec![node];
    let mut position = 0;
    while let Some(&from) = found.get(position) {
        position += 1;
        let new: Vec<usize> =
            (0..grudge.len()).filter(|&to| linked(from, to) && !found.contains(&to)).collect();
        found.extend(new);
    }
    found
}
