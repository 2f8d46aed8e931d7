//! What the workloads of Maelstrom do not ask for: that a cluster on a bad network agrees at last and falls silent, and that
//! transactions never show what the cause of something else they show has overwritten.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bench::network::Faults;
use bench::options::{Latency, LatencyDistribution};
use fastrand::Rng;
use machines::{Broadcast, Log, Machine, Txn};
use serde_json::{Value, json};
use worlds::Cluster;

use crate::host::spawn;

/// How much happens. In a drizzle little does: what a lost message should have told, nothing later tells by the way.
struct Weather {
    nodes: usize,
    steps: u64,
    most_ms_between: u64,
}

const STORM: Weather = Weather { nodes: 4, steps: 60, most_ms_between: 150 };
const DRIZZLE: Weather = Weather { nodes: 2, steps: 12, most_ms_between: 600 };

/// What is wrong after bad weather with this seed, if this machine is put through that and anything is.
pub(crate) fn storm(machine: &str, seed: u64) -> Option<String> {
    if machine == "lin-kv" {
        // In its own words: figure 3, that whoever comes back disturbs nobody, that whoever is cut off shows nothing, and that
        // what a majority holds may yet be cut off. Whatever is wrong is a panic.
        crate::trouble::trouble(seed, 8);
        crate::trouble::returns(seed);
        crate::trouble::outvoted(seed);
        crate::trouble::figure_eight(seed);
        return None;
    }
    [STORM, DRIZZLE].into_iter().find_map(|weather| weathered(machine, weather, seed))
}

fn weathered(machine: &str, weather: Weather, seed: u64) -> Option<String> {
    let Weather { nodes, steps, most_ms_between } = weather;
    let mut rng = Rng::with_seed(seed);
    let program = match machine {
        "broadcast" => spawn::<Broadcast>(Broadcast::default_config()),
        "log" => spawn::<Log>(Log::default_config()),
        "txn" => spawn::<Txn>(Txn::default_config()),
        _ => return None,
    };
    let latency = Latency { mean_ms: 20, distribution: LatencyDistribution::Exponential };
    let mut cluster = Cluster::with_latency(nodes, latency, seed, program);
    let mut share = |worst: f64| if rng.bool() { rng.f64() * worst } else { 0.0 };
    let longest_delay = Duration::from_millis(300);
    let (loss, duplication, delay) = (share(0.3), share(0.3), share(0.5));
    *cluster.faults_mut() = Faults { loss, duplication, delay, longest_delay, ..Faults::default() };
    let mut causes = Causes::default();
    for step in 1..=steps {
        cluster.run_for(Duration::from_millis(rng.u64(..most_ms_between)));
        let node = rng.usize(..nodes);
        match rng.u32(..20) {
            0 => cluster.partition(&[&[node], &[(node + 1) % nodes]]),
            1 | 2 => cluster.heal(),
            // A log must keep its memory; the others lose no more than what the node alone had.
            3 if machine != "log" => {
                cluster.restart(node);
                causes.at_node.remove(&node);
            }
            _ => {}
        }
        let body = request(machine, step, &mut rng);
        let request = cluster.request(node, &body);
        if let Some(answer) = cluster.answer(request).filter(|_| machine == "txn") {
            causes.see(node, &parse(&answer.body));
        }
    }
    cluster.run_for(Duration::from_millis(rng.u64(..1500)));
    *cluster.faults_mut() = Faults::default();
    cluster.heal();
    if cluster.run_until_quiet(Duration::from_secs(60)).is_none() {
        return Some("somebody always has something to say".to_string());
    }
    let shown: Vec<Value> =
        (0..nodes).map(|node| shown(machine, &cluster.ask(node, look(machine)))).collect();
    let agree = shown.iter().all(|it| *it == shown[0]);
    causes.wrong.or_else(|| (!agree).then(|| "nodes at rest do not agree".to_string()))
}

/// A client's request; the step is what it writes.
fn request(machine: &str, step: u64, rng: &mut Rng) -> String {
    match machine {
        "broadcast" => json!({"type": "broadcast", "message": step}).to_string(),
        "log" => json!({"type": "send", "key": "k", "msg": step}).to_string(),
        _ => {
            let mut txn = reads();
            let first = rng.u64(..3);
            (0..=rng.u64(..2)).for_each(|more| txn.push(json!(["w", (first + more) % 3, step])));
            json!({"type": "txn", "txn": txn}).to_string()
        }
    }
}

fn reads() -> Vec<Value> {
    (0..3).map(|key| json!(["r", key, null])).collect()
}

/// A request for all that a node shows.
fn look(machine: &str) -> &'static str {
    match machine {
        "broadcast" => r#"{"type":"read"}"#,
        "log" => r#"{"type":"poll","offsets":{"k":0}}"#,
        _ => r#"{"type":"txn","txn":[["r",0,null],["r",1,null],["r",2,null]]}"#,
    }
}

/// What a node shows, in an order that is the same everywhere.
fn shown(machine: &str, answer: &str) -> Value {
    let mut answer = parse(answer);
    answer["in_reply_to"] = Value::Null;
    if let (Some(messages), "broadcast") = (answer["messages"].as_array_mut(), machine) {
        messages.sort_by_key(Value::as_u64);
    }
    answer
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("nodes write JSON")
}

/// A register and a value that it held.
type Write = (u64, Option<u64>);

/// What each transaction, and each node, knows to be overwritten.
#[derive(Default)]
struct Causes {
    overwritten: BTreeMap<u64, BTreeSet<Write>>,
    at_node: BTreeMap<usize, BTreeSet<Write>>,
    wrong: Option<String>,
}

impl Causes {
    /// A node has run a transaction that reads all registers and then writes some.
    fn see(&mut self, node: usize, answer: &Value) {
        let operations = answer["txn"].as_array().map_or(&[][..], Vec::as_slice);
        let write = |operation: &Value| (operation[1].as_u64().unwrap_or_default(), operation[2].as_u64());
        let (reads, writes) = operations.split_at(operations.len().min(3));
        let reads: Vec<Write> = reads.iter().map(write).collect();
        let past = self.at_node.entry(node).or_default();
        for (_, value) in &reads {
            past.extend(value.and_then(|value| self.overwritten.get(&value)).into_iter().flatten());
        }
        if let Some((key, value)) = reads.iter().find(|read| past.contains(read)) {
            let wrong = format!(
                "n{node} shows {value:?} in register {key}, which something it knows has overwritten"
            );
            self.wrong.get_or_insert(wrong);
        }
        for (key, _) in writes.iter().map(write) {
            past.extend(reads.iter().filter(|read| read.0 == key));
        }
        let past = past.clone();
        for (_, value) in writes.iter().map(write) {
            self.overwritten.insert(value.unwrap_or_default(), past.clone());
        }
    }
}
