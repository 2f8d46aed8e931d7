//! What our machines survive: all of them any pause, and each its own share of kills.
//!
//! Here no node has a disk (those that have one are in `durable.rs`), so a killed node forgets everything. What it had passed on
//! it gets back from the others.

use std::time::Duration;

use bench::options::{Fault, Options, Workload};
use bench::run::Record;
use edn::Value;
use judge::Validity;
use judge::history::{Kind, Op, Process};
use machines::Time;
use machines::{Broadcast, Counter, CounterKv, Echo, GSet, Log, Machine, Txn, UniqueIds};
use worlds::{Spawn, simulated, spawn};

use super::sweep::{flags, judge, run_valid};

/// Whoever holds a value for so long, among live nodes, has told another: some rounds, and the search for a live parent
/// if the hub is down.
const PASSED_ON: Duration = Duration::from_secs(3);

fn ours<M>() -> Spawn
where
    M: Machine + 'static,
    M::Config: 'static,
    M::Call: 'static,
{
    spawn::<M>(M::default_config())
}

/// Five nodes for 20 s under these faults, which come every two seconds.
fn under(faults: &[Fault], workload: Workload, seed: u64) -> Options {
    let models = ["read-committed", "causal-cerone"].map(str::to_owned).to_vec();
    let (nemesis, nemesis_interval) = (faults.to_vec(), Duration::from_secs(2));
    Options { nemesis, nemesis_interval, consistency_models: models, seed, ..flags(workload, 5, 5, 50.0) }
}

fn blows(record: &Record) -> u64 {
    record.nodes.iter().map(|node| node.kills + node.pauses).sum()
}

#[test]
fn nobody_minds_pauses() {
    let cases: [(Workload, fn() -> Spawn); 9] = [
        (Workload::Echo, ours::<Echo>),
        (Workload::UniqueIds, ours::<UniqueIds>),
        (Workload::Broadcast, ours::<Broadcast>),
        (Workload::GSet, ours::<GSet>),
        (Workload::GCounter, ours::<Counter>),
        (Workload::PnCounter, ours::<Counter>),
        (Workload::PnCounter, ours::<CounterKv>),
        (Workload::Kafka, ours::<Log>),
        (Workload::TxnRwRegister, ours::<Txn>),
    ];
    for (workload, spawn) in cases {
        let faults = [Fault::Pause, Fault::Partition];
        let pauses: u64 =
            (0..4).map(|seed| blows(&run_valid(under(&faults, workload, seed), spawn()).record)).sum();
        assert!(pauses > 20, "{workload:?}: {pauses} pauses");
    }
}

#[test]
fn what_lives_in_one_answer_or_in_a_service_survives_kills() {
    let cases: [(Workload, fn() -> Spawn); 5] = [
        (Workload::Echo, ours::<Echo>),
        (Workload::UniqueIds, ours::<UniqueIds>),
        (Workload::GCounter, ours::<CounterKv>),
        (Workload::PnCounter, ours::<CounterKv>),
        (Workload::TxnRwRegister, ours::<Txn>),
    ];
    for (workload, spawn) in cases {
        let faults = [Fault::Kill, Fault::Pause, Fault::Partition];
        let hit: u64 =
            (0..4).map(|seed| blows(&run_valid(under(&faults, workload, seed), spawn()).record)).sum();
        assert!(hit > 20, "{workload:?}: {hit} blows");
    }
}

#[test]
fn a_value_is_lost_only_with_the_node_that_took_it_before_it_was_passed_on() {
    let mut lost = 0;
    for seed in 0..10 {
        let record = simulated::run(under(&[Fault::Kill], Workload::Broadcast, seed), ours::<Broadcast>());
        assert_eq!(record.crash, None);
        let results = judge(&record, &record.options);
        let of_workload = results.value.get("workload").unwrap();
        let values = of_workload.get("lost").and_then(Value::elements).unwrap();
        lost += values.len();
        assert_eq!(results.valid == Validity::True, values.is_empty(), "seed {seed}: {}", results.value);
        let blows = Blows::of(&record);
        for value in values {
            let accepted = |op: &&Op| op.kind == Kind::Ok && op.f == "broadcast" && op.value == *value;
            let op = record.history.ops.iter().find(accepted).unwrap();
            assert!(
                blows.explain(op),
                "seed {seed}: {value} was lost, but nobody who took it was killed: {op:?}"
            );
        }
    }
    assert!(lost > 0, "to lose nothing at all would be a surprise");
}

fn when(op: &Op) -> Time {
    Time::from_nanos(op.time_ns)
}

/// When which nodes were killed, and when all were up again.
struct Blows {
    kills: Vec<(Time, Vec<usize>)>,
    starts: Vec<Time>,
}

impl Blows {
    fn of(record: &Record) -> Blows {
        let done = |f: &'static str| {
            let ops = record.history.ops.iter().filter(move |op| op.process == Process::Nemesis && op.f == f);
            ops.filter(|op| matches!(op.value, Value::Map(_)))
        };
        let victims = |op: &Op| {
            let Value::Map(outcomes) = &op.value else { return Vec::new() };
            let position =
                |name: &Value| record.options.nodes.iter().position(|node| name.as_text() == Some(node));
            outcomes.iter().filter_map(|(name, _)| position(name)).collect()
        };
        let kills = done("kill").map(|op| (when(op), victims(op))).collect();
        Blows { kills, starts: done("start").map(when).collect() }
    }

    /// Whether the node that took this value was killed before it can have told another who lived on.
    fn explain(&self, accepted: &Op) -> bool {
        let Process::Client(process) = accepted.process else { return false };
        let node = (process % 5) as usize;
        self.kills.iter().filter(|(time, _)| *time >= when(accepted)).any(|(killed, victims)| {
            let up = self.starts.iter().rfind(|start| *start <= killed).copied().unwrap_or(Time::ZERO);
            let had = killed.since(when(accepted).max(up));
            victims.len() == 5 || victims.contains(&node) && had < PASSED_ON
        })
    }
}
