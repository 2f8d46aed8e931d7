//! The zoo: whoever cheats is caught, by the right name, and nobody else is accused.
//!
//! The nodes are those of `examples/zoo`, here in virtual time. `just exhaust` tries more seeds.

#[path = "../../../examples/zoo/nodes/mod.rs"]
mod nodes;
mod recorded;

use bench::options::{Fault, Latency, LatencyDistribution, Options, Workload};
use bench::run::Record;
use edn::Value;
use judge::history::Kind;
use judge::{Demands, Results, Validity, analyze};
use nodes::catalogue::{CHEATS, Cheat};
use std::time::Duration;
use worlds::simulated;

/// Five nodes and ten clients, with latencies that overtake each other.
fn options(workload: Workload, seed: u64) -> Options {
    let mut options = Options::new(workload, 5);
    options.concurrency = 10;
    options.time_limit = Duration::from_secs(6);
    options.rate = 60.0;
    options.latency = Latency { mean_ms: 5, distribution: LatencyDistribution::Exponential };
    options.seed = seed;
    options
}

fn partitioned(options: Options) -> Options {
    Options { nemesis: vec![Fault::Partition], nemesis_interval: Duration::from_secs(2), ..options }
}

/// Options under which a cheat has occasion to cheat: transactions have to meet.
fn tempting(cheat: &Cheat, seed: u64) -> Options {
    let options = options(cheat.workload, seed);
    match cheat.workload {
        _ if cheat.needs_partitions() => partitioned(options),
        Workload::Kafka => Options { rate: 100.0, key_count: 2, ..options },
        // Which version of a register followed which is known of the first versions best.
        Workload::TxnRwRegister => {
            Options { rate: 150.0, key_count: 2, max_txn_length: 5, max_writes_per_key: 8, ..options }
        }
        Workload::TxnListAppend => {
            Options { rate: 150.0, key_count: 2, max_txn_length: 5, max_writes_per_key: 100, ..options }
        }
        _ => options,
    }
}

fn run(options: Options, name: &'static str) -> Record {
    let workload = options.workload;
    let spawn = move |_, _| nodes::node(workload, name).expect("the zoo has such a node");
    let record = simulated::run(options, Box::new(spawn));
    assert_eq!(record.crash, None);
    assert!(record.nodes.iter().all(|node| node.muted.is_none()), "{:?}", record.nodes);
    record
}

fn judge(record: &Record, model: &str) -> Results {
    let demands = Demands { consistency_models: vec![model.to_owned()], ..record.options.demands() };
    analyze(&demands, &record.history, &record.net_stats())
}

/// Whether the results, where Maelstrom has a place for it, have this anomaly.
fn have(results: &Results, workload: Workload, anomaly: &str) -> bool {
    let results = results.value.get("workload").expect("a workload has results");
    let get = |key: &str| results.get(key).unwrap_or(&Value::Nil);
    let is_listed =
        |key: &str| get(key).elements().is_some_and(|all| all.contains(&Value::keyword(named(anomaly))));
    let is_not_empty = |key: &str| get(key).elements().is_some_and(|all| !all.is_empty());
    match (workload, anomaly) {
        (_, "incomparable") => get("error").as_text().is_some(),
        (Workload::Echo | Workload::GCounter | Workload::PnCounter, _) => is_not_empty("errors"),
        (Workload::UniqueIds, _) => get("duplicated-count").as_integer() > Some(0),
        (Workload::Broadcast | Workload::GSet, _) => is_not_empty("lost"),
        (Workload::LinKv, _) => is_not_empty("failures"),
        (Workload::Kafka, _) => is_listed("error-types") && results.get(anomaly).is_some(),
        (Workload::TxnRwRegister | Workload::TxnListAppend, _) => {
            is_listed("anomaly-types") && get("anomalies").get(anomaly).is_some()
        }
    }
}

/// The name of an anomaly as it is known to the whole program.
fn named(anomaly: &str) -> &'static str {
    CHEATS.iter().map(|cheat| cheat.anomaly).find(|name| *name == anomaly).expect("there is a cheat for it")
}

/// What the workbench cannot judge, Maelstrom cannot either.
fn verdict(cheat: &Cheat) -> Validity {
    match cheat.anomaly {
        "incomparable" | "phantom" => Validity::Unknown,
        _ => Validity::False,
    }
}

#[track_caller]
fn assert_caught(cheat: &Cheat, seed: u64) {
    let record = run(tempting(cheat, seed), cheat.name);
    let results = judge(&record, cheat.violates);
    let who = format!("{} {} ({}), seed {seed}", cheat.workload.name(), cheat.name, cheat.does);
    let said: Vec<String> = results.findings.iter().map(ToString::to_string).collect();
    let is_told =
        |said: &&String| said.starts_with(&format!("{}: ", cheat.anomaly)) && said.contains(cheat.words);
    assert!(said.iter().any(|said| is_told(&said)), "{who}: {said:#?}");
    assert!(have(&results, cheat.workload, cheat.anomaly), "{who}: {}", results.value);
    assert_eq!(results.valid, verdict(cheat), "{who}: {said:#?}");
    if let Some(kept) = cheat.keeps {
        let results = judge(&record, kept);
        assert_eq!(results.valid, Validity::True, "{who}, {kept}: {:#?}", results.findings);
    }
}

fn assert_all_caught(workloads: &[Workload]) {
    for cheat in CHEATS.iter().filter(|cheat| workloads.contains(&cheat.workload)) {
        (0..crate::seeds(1)).for_each(|seed| assert_caught(cheat, seed));
    }
}

#[test]
fn the_zoo_is_large_and_has_cheats_of_every_kind() {
    assert!(CHEATS.len() >= 60, "{}", CHEATS.len());
    let mut names: Vec<_> = CHEATS.iter().map(|cheat| (cheat.workload.name(), cheat.name)).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    for workload in Workload::ALL {
        assert!(CHEATS.iter().filter(|cheat| cheat.workload == workload).count() >= 4, "{}", workload.name());
    }
}

#[test]
fn whoever_cheats_at_values_is_caught() {
    use Workload::*;
    assert_all_caught(&[Echo, UniqueIds, Broadcast, GSet, GCounter, PnCounter, LinKv]);
}

#[test]
fn whoever_cheats_at_logs_is_caught() {
    assert_all_caught(&[Workload::Kafka]);
}

#[test]
fn whoever_cheats_at_registers_is_caught() {
    assert_all_caught(&[Workload::TxnRwRegister]);
}

#[test]
fn whoever_cheats_at_lists_is_caught() {
    assert_all_caught(&[Workload::TxnListAppend]);
}

/// Nodes that are cut off answer that they cannot tell, or not at all: operations of unknown outcome are what the checkers
/// must not trip over.
fn assert_not_accused(workload: Workload, name: &'static str) {
    let (mut cut, mut unknown) = (0, 0);
    for seed in 0..crate::seeds(15) {
        let options = partitioned(options(workload, seed));
        let options = Options { time_limit: Duration::from_secs(4), key_count: 3, ..options };
        let record = run(options, name);
        cut += record.journal.statistics.cut;
        unknown += record.history.ops.iter().filter(|op| op.is_client() && op.kind == Kind::Info).count();
        let results = judge(&record, "strict-serializable");
        let who = workload.name();
        assert_eq!(results.valid, Validity::True, "{who} {name}, seed {seed}: {:#?}", results.findings);
        assert_eq!(results.findings, vec![], "{who} {name}, seed {seed}");
    }
    assert!(name == "in-service" || (cut > 100 && unknown > 100), "{cut} messages were cut");
}

#[test]
fn nobody_honest_is_accused() {
    Workload::ALL.into_iter().for_each(|workload| assert_not_accused(workload, ""));
}

#[test]
fn nobody_honest_who_keeps_all_in_a_service_is_accused() {
    assert_not_accused(Workload::LinKv, "in-service");
    assert_not_accused(Workload::TxnListAppend, "in-service");
    assert_not_accused(Workload::TxnRwRegister, "in-service");
}
