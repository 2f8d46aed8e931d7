//! What a tree must do where links are cut, and what Maelstrom's workloads do not ask for: every component has one, of its own,
//! soon and at a bounded cost, components that a link connects become one, and all come home.

use std::collections::BTreeSet;
use std::time::Duration;

use bench::nemesis::{Grudge, Target};
use bench::network::Event;
use fastrand::Rng;
use machines::{Broadcast, Machine};
use serde_json::{Value, json};
use worlds::Cluster;

use crate::host::spawn;

const TARGETS: [Target; 5] =
    [Target::One, Target::Majority, Target::MinorityThird, Target::MajoritiesRing, Target::MajoritiesRing];

/// Everyone stands in the tree of its component after this much.
const TO_SETTLE: Duration = Duration::from_millis(2_200);
/// And all are at home so long after the heal.
const TO_COME_HOME: Duration = Duration::from_secs(20);

/// Nobody has anything to say to others, once all is as it should be, more often than so many times a round and node.
const MOST_MESSAGES: f64 = 3.0;

/// What is wrong with the tree in a run of this seed, if this machine is looked at and anything is.
pub(crate) fn components(machine: &str, seed: u64) -> Option<String> {
    if machine != "broadcast" {
        return None;
    }
    let mut rng = Rng::with_seed(seed);
    let mut run = Run::new(&mut rng, seed);
    run.load(&mut rng, 3 * run.size);
    let grudge = TARGETS[seed as usize % TARGETS.len()].grudge(run.size, &mut rng);
    for (to, sources) in grudge.iter().enumerate() {
        sources.iter().for_each(|&from| run.cluster.cut(from, to));
    }
    let wrong =
        if rng.bool() { run.one_value(&mut rng, &grudge) } else { run.many_values(&mut rng, &grudge) };
    wrong.or_else(|| run.meet(&mut rng, &grudge)).or_else(|| run.come_home(&mut rng))
}

struct Run {
    cluster: Cluster,
    size: usize,
    round: Duration,
    values: u64,
}

impl Run {
    fn new(rng: &mut Rng, seed: u64) -> Run {
        let size = rng.usize(5..=12);
        let pace = Broadcast::default_config();
        let round = pace.round;
        let cluster = Cluster::new(size, Duration::from_millis(20), seed, spawn::<Broadcast>(pace));
        Run { cluster, size, round, values: 0 }
    }

    fn broadcast(&mut self, node: usize) -> u64 {
        self.values += 1;
        self.cluster.request(node, &json!({"type": "broadcast", "message": self.values}).to_string());
        self.values
    }

    /// So many values from anywhere.
    fn load(&mut self, rng: &mut Rng, values: usize) {
        for _ in 0..values {
            self.cluster.run_for(Duration::from_millis(rng.u64(..80)));
            let node = rng.usize(..self.size);
            self.broadcast(node);
        }
    }

    fn load_for(&mut self, rng: &mut Rng, duration: Duration) {
        let end = self.cluster.now() + duration;
        while self.cluster.now() < end {
            self.load(rng, 1);
        }
    }

    fn holds(&mut self, node: usize, value: u64) -> bool {
        let answer: Value = serde_json::from_str(&self.cluster.ask(node, r#"{"type":"read"}"#)).unwrap();
        answer["messages"].as_array().is_some_and(|messages| messages.contains(&json!(value)))
    }

    /// Whether so much later all of these hold the value.
    fn is_late(&mut self, members: &[usize], value: u64, limit: Duration) -> bool {
        let end = self.cluster.now() + limit;
        while self.cluster.now() < end {
            if members.iter().all(|&node| self.holds(node, value)) {
                return false;
            }
            self.cluster.run_for(Duration::from_millis(20));
        }
        true
    }

    /// Nothing else is said, so nobody else notices the cut.
    fn one_value(&mut self, rng: &mut Rng, grudge: &Grudge) -> Option<String> {
        self.cluster.run_for(Duration::from_millis(rng.u64(..1500)));
        let origin = rng.usize(..self.size);
        let value = self.broadcast(origin);
        let is_late = self.is_late(&component(origin, grudge), value, TO_SETTLE);
        is_late.then(|| "a component takes too long to agree on one value".to_string())
    }

    /// Everybody speaks, so everybody has noticed.
    fn many_values(&mut self, rng: &mut Rng, grudge: &Grudge) -> Option<String> {
        self.load_for(rng, TO_SETTLE);
        let (start, messages) = (self.cluster.now(), self.messages());
        for _ in 0..3 {
            self.load(rng, self.size);
            let origin = rng.usize(..self.size);
            let value = self.broadcast(origin);
            let limit = 3 * self.round + Duration::from_millis(120);
            if self.is_late(&component(origin, grudge), value, limit) {
                return Some("a component under load takes too long to agree".to_string());
            }
        }
        self.load_for(rng, Duration::from_secs(4));
        let rounds = self.cluster.now().since(start).as_secs_f64() / self.round.as_secs_f64();
        let messages = (self.messages() - messages) as f64 / (rounds * self.size as f64);
        (messages > MOST_MESSAGES)
            .then(|| format!("{messages:.1} messages a node and round in trouble that lasts"))
    }

    fn messages(&self) -> u64 {
        self.cluster.messages_between_servers()
    }

    /// One link is mended that joins two components, neither end of which has to be anywhere near its root.
    fn meet(&mut self, rng: &mut Rng, grudge: &Grudge) -> Option<String> {
        let one = rng.usize(..self.size);
        let near = component(one, grudge);
        let far: Vec<usize> = (0..self.size).filter(|node| !near.contains(node)).collect();
        let other = rng.choice(far)?;
        self.cluster.mend(one, other);
        self.cluster.mend(other, one);
        // A node calls another stranger every ten seconds or so.
        let longest = 11 * self.size as u64 + 10;
        self.load_for(rng, Duration::from_secs(longest));
        let value = self.broadcast(one);
        let mut members = near;
        members.extend(component(other, grudge));
        self.is_late(&members, value, TO_SETTLE).then(|| "components that a link joins stay two".to_string())
    }

    fn come_home(&mut self, rng: &mut Rng) -> Option<String> {
        self.cluster.heal();
        let value = self.broadcast(rng.usize(..self.size));
        let all: Vec<usize> = (0..self.size).collect();
        if self.is_late(&all, value, TO_SETTLE) {
            return Some("not all agree soon after the heal".to_string());
        }
        self.load_for(rng, TO_COME_HOME);
        let start = self.cluster.now();
        self.load_for(rng, 3 * self.round);
        let strays = self.cluster.journal().entries.iter().filter(|entry| {
            let is_hub = |node: &str| node == "n0";
            let is_between = entry.src.starts_with('n') && entry.dest.starts_with('n');
            let is_sent = entry.event == Event::Send && entry.time >= start;
            is_sent && is_between && !is_hub(&entry.src) && !is_hub(&entry.dest)
        });
        if strays.count() > 0 {
            return Some("not all come home after the heal".to_string());
        }
        let is_quiet = self.cluster.run_until_quiet(Duration::from_secs(60)).is_some();
        (!is_quiet).then(|| "somebody always has something to say".to_string())
    }
}

/// Those with whom a node can talk over links that work in both directions.
fn component(node: usize, grudge: &Grudge) -> Vec<usize> {
    let is_linked = |one: usize, other: usize| !grudge[one].contains(&other) && !grudge[other].contains(&one);
    let (mut found, mut reached) = (vec![node], BTreeSet::from([node]));
    let mut next = 0;
    while let Some(&from) = found.get(next) {
        next += 1;
        found.extend((0..grudge.len()).filter(|&to| is_linked(from, to) && reached.insert(to)));
    }
    found
}
