//! The log machine in virtual time: what consumers see is a prefix of one sequence, always.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;
use std::time::Duration;

use bench::nemesis::Target;
use fastrand::Rng;
use machines::{Log, Machine};
use serde_json::Value;
use worlds::{Cluster, Request, spawn};

const TARGETS: [Target; 4] = [Target::One, Target::Majority, Target::MinorityThird, Target::MajoritiesRing];
const KEYS: [&str; 3] = ["a", "b\"", "ü"];

/// A cluster, its senders, and a consumer at each node.
struct World {
    cluster: Cluster,
    sends: Vec<(Request, usize, usize)>,
    /// By node and key, what its consumer has been shown.
    shown: Vec<BTreeMap<usize, Vec<(u64, u64)>>>,
}

impl World {
    fn new(size: usize, latency_ms: u64, seed: u64) -> World {
        let spawn = spawn::<Log>(Log::default_config());
        let cluster = Cluster::new(size, Duration::from_millis(latency_ms), seed, spawn);
        World { cluster, sends: Vec::new(), shown: vec![BTreeMap::new(); size] }
    }

    fn send(&mut self, node: usize, key: usize) {
        let message = self.sends.len();
        let key_json = Value::from(KEYS[key]);
        let body = format!(r#"{{"type":"send","key":{key_json},"msg":{message}}}"#);
        self.sends.push((self.cluster.request(node, &body), node, key));
    }

    /// Polls all keys from where the consumer at `node` is, and notes what it is shown.
    fn poll(&mut self, node: usize) {
        let next =
            |key: usize| self.shown[node].get(&key).and_then(|log| log.last()).map_or(0, |last| last.0 + 1);
        let offsets: serde_json::Map<String, Value> =
            (0..KEYS.len()).map(|key| (KEYS[key].to_string(), next(key).into())).collect();
        let body = format!(r#"{{"type":"poll","offsets":{}}}"#, Value::from(offsets));
        let answer: Value = serde_json::from_str(&self.cluster.ask(node, &body)).unwrap();
        for (key, messages) in answer["msgs"].as_object().unwrap() {
            let key = KEYS.iter().position(|known| known == key).unwrap();
            let messages = messages.as_array().unwrap();
            assert!(!messages.is_empty(), "a key without messages is left out");
            let pairs = messages.iter().map(|pair| (pair[0].as_u64().unwrap(), pair[1].as_u64().unwrap()));
            self.shown[node].entry(key).or_default().extend(pairs);
        }
    }

    fn run_ms(&mut self, millis: u64) {
        self.cluster.run_for(Duration::from_millis(millis));
    }

    /// Asserts that all consumers have been shown prefixes of the same logs, in order of offsets, no message twice.
    fn assert_prefixes(&self, context: &str) {
        for key in 0..KEYS.len() {
            let logs: Vec<&Vec<(u64, u64)>> = self.shown.iter().filter_map(|shown| shown.get(&key)).collect();
            let Some(longest) = logs.iter().max_by_key(|log| log.len()) else { continue };
            for log in &logs {
                assert!(longest.starts_with(log), "{context}: {log:?} is no prefix of {longest:?}");
            }
            assert!(longest.windows(2).all(|pair| pair[0].0 < pair[1].0), "{context}: {longest:?}");
        }
    }

    /// Asserts that every acknowledged message has been shown to everyone, where its sender was told.
    fn assert_complete(&self, context: &str) {
        for (message, (request, _, key)) in self.sends.iter().enumerate() {
            let Some(answer) = self.cluster.answer(*request) else { continue };
            let answer: Value = serde_json::from_str(&answer.body).unwrap();
            let entry = (answer["offset"].as_u64().unwrap(), message as u64);
            for (node, shown) in self.shown.iter().enumerate() {
                let found = shown.get(key).is_some_and(|log| log.contains(&entry));
                assert!(found, "{context}: n{node} does not show {entry:?}");
            }
        }
    }
}

#[test]
fn a_lone_node_shows_what_it_is_sent_at_once_and_numbers_it_from_zero() {
    let mut world = World::new(1, 0, 1);
    (0..600).for_each(|_| world.send(0, 0));
    (0..3).for_each(|_| world.poll(0));
    let expected: Vec<(u64, u64)> = (0..600).map(|offset| (offset, offset)).collect();
    assert_eq!(world.shown[0][&0], expected, "in pages");
    assert_eq!(world.cluster.messages_between_servers(), 0);
}

#[test]
fn consumers_see_prefixes_of_one_log_whatever_the_network_does() {
    let (mut cut, mut lost) = (0, 0);
    for seed in 0..100 {
        let mut rng = Rng::with_seed(seed);
        let size = [2, 3, 5, 7][rng.usize(..4)];
        let latency_ms = [0, 10, 100][rng.usize(..3)];
        let context = format!("{size} nodes, {latency_ms} ms, seed {seed}");
        let mut world = World::new(size, latency_ms, seed);
        for step in 0..300 {
            if step % 100 == 50 {
                world.cluster.heal();
                let grudge = TARGETS[rng.usize(..4)].grudge(size, &mut rng);
                for (to, sources) in grudge.iter().enumerate() {
                    sources.iter().for_each(|&from| world.cluster.cut(from, to));
                }
                world.cluster.faults_mut().loss = if rng.bool() { 0.2 } else { 0.0 };
                world.cluster.faults_mut().delay = if rng.bool() { 0.2 } else { 0.0 };
                world.cluster.faults_mut().longest_delay = Duration::from_millis(200);
            }
            world.run_ms(rng.u64(..40));
            world.send(rng.usize(..size), rng.usize(..KEYS.len()));
            world.poll(rng.usize(..size));
        }
        world.assert_prefixes(&context);
        cut += world.cluster.journal().statistics.cut;
        lost += world.cluster.journal().statistics.lost;
        *world.cluster.faults_mut() = Default::default();
        world.cluster.heal();
        assert!(world.cluster.run_until_quiet(Duration::from_secs(30)).is_some(), "{context}: not quiet");
        (0..size).for_each(|node| world.poll(node));
        world.assert_prefixes(&context);
        world.assert_complete(&context);
    }
    assert!(cut > 1000 && lost > 1000, "{cut} messages were cut and {lost} lost");
}

#[test]
fn a_message_is_visible_everywhere_within_three_rounds() {
    let round = Log::default_config().round;
    for (size, latency_ms) in [(2, 0), (2, 20), (5, 0), (5, 20)] {
        for seed in 0..20 {
            let mut rng = Rng::with_seed(seed);
            let mut world = World::new(size, latency_ms, seed);
            for _ in 0..50 {
                world.run_ms(rng.u64(..40));
                world.send(rng.usize(..size), 0);
            }
            let last = world.cluster.now();
            world.cluster.run_until(last + 3 * round + Duration::from_millis(latency_ms));
            (0..size).for_each(|node| world.poll(node));
            world.assert_complete(&format!("{size} nodes, {latency_ms} ms, seed {seed}"));
        }
    }
}

#[test]
fn committed_offsets_reach_everyone_and_never_go_back() {
    for seed in 0..20 {
        let mut rng = Rng::with_seed(seed);
        let mut world = World::new(3, 10, seed);
        for offset in [5, 9, 7, 9, 3] {
            let node = rng.usize(..3);
            world.cluster.ask(node, &format!(r#"{{"type":"commit_offsets","offsets":{{"a":{offset}}}}}"#));
            world.run_ms(rng.u64(..300));
        }
        world.run_ms(3000);
        for node in 0..3 {
            let answer = world.cluster.ask(node, r#"{"type":"list_committed_offsets","keys":["a","z"]}"#);
            assert!(answer.contains(r#""offsets":{"a":9}"#), "{answer}");
        }
    }
}

#[test]
fn a_restarted_node_gets_back_the_logs_and_the_commits_that_were_stable_long_ago() {
    let mut world = World::new(3, 10, 3);
    for round in 0..30 {
        world.send(round % 3, round % 2);
        world.cluster.ask(round % 3, &format!(r#"{{"type":"commit_offsets","offsets":{{"a":{round}}}}}"#));
        world.run_ms(50);
    }
    world.run_ms(3000);
    for victim in [1, 0, 2] {
        world.cluster.restart(victim);
        world.run_ms(5000);
        world.shown[victim].clear();
        (0..3).for_each(|node| world.poll(node));
        world.assert_complete(&format!("n{victim} restarted"));
        let answer = world.cluster.ask(victim, r#"{"type":"list_committed_offsets","keys":["a"]}"#);
        assert!(answer.contains(r#""a":29"#), "n{victim}: {answer}");
    }
}
