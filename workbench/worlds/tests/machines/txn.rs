//! The transaction machine in virtual time: nobody ever sees a part of a transaction, or an effect without its cause.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use bench::nemesis::Target;
use fastrand::Rng;
use machines::{Machine, Txn};
use serde_json::{Value, json};
use worlds::{Cluster, spawn};

const TARGETS: [Target; 4] = [Target::One, Target::Majority, Target::MinorityThird, Target::MajoritiesRing];

/// Registers that are only ever written together.
const TOGETHER: [&str; 3] = ["first", "sec\"ond", "thïrd"];

/// A cluster, and what its clients know.
///
/// Each node has a register that only its clients write, with 1, 2, 3, …: what a reader finds in these says exactly what
/// the node it asks has heard of. And all nodes write the same registers `TOGETHER`, each time all of them and with a
/// value that never comes again.
struct World {
    cluster: Cluster,
    /// For each node and each value of its register, what the transaction that wrote it had found in all of them.
    causes: Vec<Vec<Vec<u64>>>,
    /// For each node what it showed last.
    shown: Vec<Vec<u64>>,
    next_value: u64,
    /// How often the registers `TOGETHER` held something else than the node that was asked had put there last.
    overwritten: usize,
    written: Vec<Value>,
}

impl World {
    fn new(size: usize, latency_ms: u64, seed: u64) -> World {
        let spawn = spawn::<Txn>(Txn::default_config());
        let cluster = Cluster::new(size, Duration::from_millis(latency_ms), seed, spawn);
        World {
            cluster,
            causes: vec![vec![vec![0; size]]; size],
            shown: vec![vec![0; size]; size],
            next_value: 0,
            overwritten: 0,
            written: vec![Value::Null; size],
        }
    }

    /// Runs a transaction; what it did.
    fn run(&mut self, node: usize, txn: &Value) -> Vec<Value> {
        let answer = self.cluster.ask(node, &json!({"type": "txn", "txn": txn}).to_string());
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["type"], "txn_ok", "{answer}");
        answer["txn"].as_array().unwrap().clone()
    }

    /// What a node holds of the nodes' own registers and of those `TOGETHER`, read in one transaction and judged.
    fn read(&mut self, node: usize, context: &str) -> Vec<u64> {
        let size = self.cluster.size();
        let own = (0..size).map(|owner| json!(["r", owner, null]));
        let reads: Vec<Value> = own.chain(TOGETHER.map(|key| json!(["r", key, null]))).collect();
        let done = self.run(node, &reads.into());
        let together: Vec<&Value> = done[size..].iter().map(|operation| &operation[2]).collect();
        assert!(together.windows(2).all(|pair| pair[0] == pair[1]), "{context}: fractured: {together:?}");
        self.overwritten += usize::from(*together[0] != self.written[node]);
        let found: Vec<u64> =
            done[..size].iter().map(|operation| operation[2].as_u64().unwrap_or(0)).collect();
        self.assert_causal(node, &found, context);
        self.shown[node].clone_from(&found);
        found
    }

    fn assert_causal(&self, node: usize, found: &[u64], context: &str) {
        let own = self.causes[node].len() as u64 - 1;
        assert_eq!(found[node], own, "{context}: n{node} does not see its own writes");
        let is_past = |past: &[u64]| past.iter().zip(found).all(|(past, found)| past <= found);
        assert!(is_past(&self.shown[node]), "{context}: n{node} went back: {:?} {found:?}", self.shown[node]);
        for (owner, value) in found.iter().enumerate() {
            let cause = &self.causes[owner][*value as usize];
            assert!(
                is_past(cause),
                "{context}: n{node} shows n{owner}'s {value} but not {cause:?}: {found:?}"
            );
        }
    }

    /// Writes the next value of the node's own register, and with it, or in a transaction before it, those `TOGETHER`.
    fn write(&mut self, node: usize, at_once: bool, context: &str) {
        let mut found = self.read(node, context);
        found[node] += 1;
        self.next_value += 1;
        let value = json!([self.next_value, node]);
        let mut txn: Vec<Value> = Vec::new();
        // What a transaction writes first and then overwrites nobody else may see.
        txn.push(json!(["w", TOGETHER[1], "intermediate"]));
        txn.extend(TOGETHER.map(|key| json!(["w", key, value])));
        txn.push(json!(["r", TOGETHER[1], null]));
        let own = json!(["w", node, found[node]]);
        if at_once {
            txn.push(own.clone());
        }
        let done = self.run(node, &txn.into());
        assert_eq!(done[4], json!(["r", TOGETHER[1], value]), "{context}: a transaction sees its own writes");
        if !at_once {
            self.run(node, &json!([own]));
        }
        self.written[node] = value;
        self.causes[node].push(found);
        self.read(node, context);
    }

    /// Asserts that all nodes hold the same, and everything.
    fn assert_converged(&mut self, context: &str) {
        let newest: Vec<u64> = self.causes.iter().map(|causes| causes.len() as u64 - 1).collect();
        let mut held = Vec::new();
        for node in 0..self.cluster.size() {
            assert_eq!(self.read(node, context), newest, "{context}: n{node}");
            held.push(self.run(node, &json!([["r", TOGETHER[0], null]])));
        }
        assert!(held.windows(2).all(|pair| pair[0] == pair[1]), "{context}: they differ: {held:?}");
        assert!(self.written.contains(&held[0][0][2]), "{context}: {held:?} was overwritten");
    }

    fn run_ms(&mut self, millis: u64) {
        self.cluster.run_for(Duration::from_millis(millis));
    }

    /// Partitions the cluster anew, and perhaps loses, repeats and delays messages from now on.
    fn disturb(&mut self, rng: &mut Rng) {
        self.cluster.heal();
        let grudge = TARGETS[rng.usize(..4)].grudge(self.cluster.size(), rng);
        for (to, sources) in grudge.iter().enumerate() {
            sources.iter().for_each(|&from| self.cluster.cut(from, to));
        }
        let faults = self.cluster.faults_mut();
        faults.loss = if rng.bool() { 0.2 } else { 0.0 };
        faults.duplication = if rng.bool() { 0.2 } else { 0.0 };
        faults.delay = if rng.bool() { 0.3 } else { 0.0 };
        faults.longest_delay = Duration::from_millis(600);
    }

    /// Ends all faults and waits until nobody has anything to say.
    fn settle(&mut self, context: &str) {
        *self.cluster.faults_mut() = Default::default();
        self.cluster.heal();
        assert!(self.cluster.run_until_quiet(Duration::from_secs(30)).is_some(), "{context}: not quiet");
    }
}

#[test]
fn transactions_are_whole_and_causal_at_every_node_at_any_time_and_all_nodes_agree_in_the_end() {
    let (mut seen, mut overwritten) = ([0; 4], 0);
    let seeds = crate::seeds(50);
    for seed in 0..seeds {
        let mut rng = Rng::with_seed(seed);
        let size = [2, 3, 5, 7][rng.usize(..4)];
        let latency_ms = [0, 10, 100][rng.usize(..3)];
        let context = format!("{size} nodes, {latency_ms} ms, seed {seed}");
        let mut world = World::new(size, latency_ms, seed);
        for step in 0..150 {
            if step % 40 == 10 {
                world.disturb(&mut rng);
            }
            world.run_ms(rng.u64(..150));
            let node = rng.usize(..size);
            if rng.bool() {
                world.write(node, rng.bool(), &context);
            } else {
                world.read(node, &context);
            }
        }
        let statistics = world.cluster.journal().statistics;
        let counts = [statistics.cut, statistics.lost, statistics.duplicated, statistics.delayed];
        seen.iter_mut().zip(counts).for_each(|(seen, count)| *seen += count);
        overwritten += world.overwritten;
        world.settle(&context);
        world.assert_converged(&context);
    }
    assert!(seen.iter().all(|&count| count > 5 * seeds), "cut, lost, duplicated, delayed: {seen:?}");
    assert!(overwritten > 20 * seeds as usize, "nodes overwrote each other only {overwritten} times");
}

#[test]
fn a_restarted_node_gets_everything_back_that_was_stable_long_ago_and_goes_on() {
    for seed in 0..40 {
        let mut rng = Rng::with_seed(seed);
        let size = [2, 3, 5][rng.usize(..3)];
        let mut world = World::new(size, 10, seed);
        for life in 0..3 {
            for _ in 0..30 {
                world.run_ms(rng.u64(..100));
                world.write(rng.usize(..size), rng.bool(), &format!("seed {seed}"));
            }
            // Long enough for everything to be stable, and to be told again from what registers hold.
            world.run_ms(5_000);
            let victim = rng.usize(..size);
            world.cluster.restart(victim);
            world.run_ms(5_000);
            world.assert_converged(&format!("{size} nodes, n{victim} restarted, life {life}, seed {seed}"));
        }
    }
}

#[test]
fn keys_are_any_scalar_and_the_same_string_in_other_words_is_the_same_key() {
    let mut world = World::new(2, 10, 1);
    let keys = [
        json!(1),
        json!("1"),
        json!(-1.5),
        json!(true),
        json!(false),
        json!(null),
        json!(""),
        json!("a\\\"\nü"),
    ];
    let values = [
        json!(0),
        json!(""),
        json!(null),
        json!([1, {"a": null}]),
        json!({"": []}),
        json!("\"\\"),
        json!(1e300),
    ];
    let writes = keys.iter().zip(values.iter().cycle()).map(|(key, value)| json!(["w", key, value]));
    let writes: Vec<Value> = writes.collect();
    let reads = json!(keys.iter().map(|key| json!(["r", key, null])).collect::<Vec<Value>>());
    assert_eq!(world.run(0, &writes.clone().into()), writes, "as they were asked");
    world.run_ms(3_000);
    for node in [0, 1] {
        let found: Vec<Value> =
            world.run(node, &reads).iter().map(|operation| operation[2].clone()).collect();
        let expected: Vec<Value> = values.iter().cycle().take(keys.len()).cloned().collect();
        assert_eq!(found, expected, "n{node}");
    }
    // As text: what is written in other words would not survive a `Value`.
    let txn = r#"{"type":"txn","txn":[["w","\u00e9\/",7],["r","é/",null],["r","\u00E9/",null]]}"#;
    let answer: Value = serde_json::from_str(&world.cluster.ask(0, txn)).unwrap();
    assert_eq!((&answer["txn"][1][2], &answer["txn"][2][2]), (&json!(7), &json!(7)));
    world.run_ms(3_000);
    assert_eq!(world.run(1, &json!([["r", "é/", null]]))[0][2], 7);
}

#[test]
fn what_is_not_for_registers_is_refused_and_none_of_it_happens() {
    let mut world = World::new(2, 10, 1);
    world.run_ms(3_000);
    let greetings = world.cluster.messages_between_servers();
    for (bad, code) in [
        (json!(["append", 2, 1]), 10),
        (json!(["w", [1], 1]), 12),
        (json!(["r", {"a": 1}, null]), 12),
        (json!(["x", 1, 1]), 12),
        (json!(["w", 1]), 12),
    ] {
        for txn in [json!([["w", 1, 5], bad]), json!([bad, ["w", 1, 5]])] {
            let answer = world.cluster.ask(0, &json!({"type": "txn", "txn": txn}).to_string());
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!((&answer["type"], &answer["code"]), (&json!("error"), &json!(code)), "{txn}");
        }
    }
    world.run_ms(3_000);
    for node in [0, 1] {
        let found = world.run(node, &json!([["r", 1, null], ["r", 2, null]]));
        assert_eq!(found, [json!(["r", 1, null]), json!(["r", 2, null])]);
    }
    assert_eq!(world.cluster.messages_between_servers(), greetings, "there was nothing to tell");
}
