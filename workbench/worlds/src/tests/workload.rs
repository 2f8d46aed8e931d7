//! Each workload on an honest cluster.

use crate::testing::{answering, honest, options};
use crate::{in_service, simulated};
use bench::options::{Fault, Options, Workload as Name};
use bench::run::Record;
use edn::Value;
use judge::{History, Kind, Op, Process};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

fn run(workload: Name, seed: u64, adapt: impl FnOnce(&mut Options)) -> Record {
    let mut options = options(workload, seed);
    adapt(&mut options);
    let record = simulated::run(options, honest(workload));
    assert_eq!(record.crash, None);
    record
}

fn client_ops(history: &History, kind: Kind) -> Vec<&Op> {
    history.ops.iter().filter(|op| op.is_client() && op.kind == kind).collect()
}

fn count(ops: &[&Op], f: &str) -> usize {
    ops.iter().filter(|op| op.f == f).count()
}

#[test]
fn an_honest_cluster_passes_every_workload_with_partitions_too() {
    for workload in Name::ALL {
        let record = run(workload, 1, |options| {
            options.concurrency = 10;
            options.nemesis = vec![Fault::Partition];
            options.consistency_models = vec!["strict-serializable".into()];
        });
        let expected_failures = workload == Name::LinKv;
        let (oks, failed) = (client_ops(&record.history, Kind::Ok), client_ops(&record.history, Kind::Fail));
        assert!(oks.len() > 200 && (failed.is_empty() || expected_failures), "{workload:?}");
        let crashed = client_ops(&record.history, Kind::Info);
        assert!(
            crashed.iter().all(|op| op.f == "crash" && op.error.is_none()),
            "{workload:?}: {:?}",
            crashed[0]
        );
        let results = record.judge();
        assert_ne!(results.valid, judge::Validity::False, "{workload:?}: {}", results.value);
    }
}

#[test]
fn sets_and_counters_are_read_once_by_each_thread_in_the_end() {
    for (workload, marked) in [(Name::GSet, false), (Name::PnCounter, true), (Name::GCounter, true)] {
        let record = run(workload, 2, |_| {});
        let last: Vec<&Op> = client_ops(&record.history, Kind::Invoke).into_iter().rev().take(5).collect();
        assert!(last.iter().all(|op| op.f == "read" && op.is_final == marked), "{workload:?}");
        let processes: BTreeSet<Process> = last.iter().map(|op| op.process).collect();
        assert_eq!(processes.len(), 5);
        let answers: BTreeSet<&Value> = record.history.ops.iter().rev().take(5).map(|op| &op.value).collect();
        assert_eq!(answers.len(), 1, "all see the same");
    }
}

#[test]
fn too_few_threads_for_lin_kv_are_told_in_words() {
    let mut options = options(Name::LinKv, 3);
    options.concurrency = 5;
    let record = simulated::run(options, honest(Name::LinKv));
    assert!(record.crash.unwrap().reason.contains("Try --concurrency 2n"));
}

#[test]
fn in_lin_kv_only_the_first_group_reads_and_two_thirds_of_the_changes_are_comparisons() {
    let record = run(Name::LinKv, 4, |options| {
        options.nodes.truncate(2);
        options.concurrency = 12;
        options.time_limit = Duration::from_secs(120);
    });
    let ops = client_ops(&record.history, Kind::Invoke);
    let mut by_group: BTreeMap<u64, Vec<&Op>> = BTreeMap::new();
    for op in &ops {
        let Process::Client(process) = op.process else { panic!() };
        assert_eq!(op.f == "read", process < 2, "threads 0 and 1 read, the others do not");
        let group = process / 4;
        assert_eq!(op.value.elements().unwrap()[0], Value::Integer(group as i64), "one key a group");
        by_group.entry(group).or_default().push(op);
    }
    let shares: Vec<f64> = by_group.values().map(|group| group.len() as f64 / ops.len() as f64).collect();
    assert!(shares.len() == 3 && shares.iter().all(|share| (0.31..0.36).contains(share)), "{shares:?}");
    let first = &by_group[&0];
    let reads = count(first, "read") as f64 / first.len() as f64;
    assert!((0.46..0.54).contains(&reads), "{reads}");
    let (writes, comparisons) = (count(&ops, "write") as f64, count(&ops, "cas") as f64);
    assert!((1.8..2.2).contains(&(comparisons / writes)), "{comparisons} to {writes}");
}

#[test]
fn a_lin_kv_key_is_given_up_when_more_than_20_processes_had_to_do_with_it() {
    let mut options = options(Name::LinKv, 5);
    options.nodes.truncate(2);
    (options.concurrency, options.time_limit) = (4, Duration::from_secs(60));
    let record = simulated::run(options, answering(|_| None));
    let mut processes: BTreeMap<i64, BTreeSet<Process>> = BTreeMap::new();
    for op in client_ops(&record.history, Kind::Invoke) {
        let key = op.value.elements().unwrap()[0].as_integer().unwrap();
        processes.entry(key).or_default().insert(op.process);
    }
    assert!(processes.len() > 2 && processes.keys().copied().eq(0..processes.len() as i64));
    assert!(processes.values().all(|processes| processes.len() <= 20), "{processes:?}");
    assert!(processes[&0].len() > 12, "{processes:?}");
    let timeout_ns = client_ops(&record.history, Kind::Info)[0].time_ns;
    assert!(timeout_ns < 1_500_000_000, "lin-kv waits for one second only: {timeout_ns}");
}

/// A body's type and the kinds of its fields.
fn form(body: &serde_json::Value) -> String {
    let kind = |value: &serde_json::Value| match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "bool",
        serde_json::Value::Number(_) => "number",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
    };
    let fields: BTreeMap<&String, &str> =
        body.as_object().unwrap().iter().map(|(key, value)| (key, kind(value))).collect();
    format!("{} {fields:?}", body["type"])
}

#[test]
fn clients_ask_in_the_form_in_which_maelstroms_do() {
    for workload in Name::ALL {
        let record = run(workload, 6, |options| {
            options.nodes.truncate(1);
            (options.concurrency, options.time_limit) = (4, Duration::from_secs(20));
        });
        let ours = record.journal.entries.iter().filter(|entry| entry.src.starts_with('c'));
        let ours: BTreeSet<String> =
            ours.map(|entry| form(&serde_json::from_str(&entry.body.text()).unwrap())).collect();
        let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol/tests/recorded");
        let recorded = std::fs::read_to_string(format!("{recorded}/{}.jsonl", workload.name())).unwrap();
        let messages = recorded.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let from_clients = messages.filter(|message| message["src"].as_str().unwrap().starts_with('c'));
        let theirs: BTreeSet<String> = from_clients.map(|message| form(&message["body"])).collect();
        assert!(theirs.is_subset(&ours), "{workload:?}: {:?}", theirs.difference(&ours));
        assert!(ours.is_subset(&theirs), "{workload:?}: {:?}", ours.difference(&theirs));
    }
}

/// The state of transactions grows with their number; what is said for one of them must not.
#[test]
fn a_transaction_in_a_service_costs_no_more_bytes_the_more_there_have_been() {
    let bytes_each = |seconds| {
        let mut options = options(Name::TxnListAppend, 1);
        (options.rate, options.time_limit) = (100.0, Duration::from_secs(seconds));
        let spawn = |_, seed| in_service(Name::TxnListAppend, seed).expect("it serves lists");
        let record = simulated::run(options, Box::new(spawn));
        assert_eq!(record.judge().valid, judge::Validity::True);
        record.journal.statistics.server_bytes / client_ops(&record.history, Kind::Ok).len() as u64
    };
    let (few, many) = (bytes_each(4), bytes_each(20));
    assert!(many < few + few / 4, "{few} bytes each of few, {many} of many");
}

/// A node that was killed makes its state from the archives again.
#[test]
fn transactions_in_a_service_outlive_all_nodes() {
    let mut options = options(Name::TxnListAppend, 1);
    (options.rate, options.time_limit) = (100.0, Duration::from_secs(10));
    (options.nemesis, options.nemesis_interval) = (vec![Fault::Kill], Duration::from_secs(1));
    options.consistency_models = vec!["strict-serializable".into()];
    let spawn = |_, seed| in_service(Name::TxnListAppend, seed).expect("it serves lists");
    let record = simulated::run(options, Box::new(spawn));
    let done = client_ops(&record.history, Kind::Ok);
    let late = done.iter().filter(|op| op.time_ns > 8_000_000_000).count();
    assert!(late > 50 && done.len() > 200, "{late} of {} in the last seconds", done.len());
    assert_eq!(record.judge().valid, judge::Validity::True);
}
