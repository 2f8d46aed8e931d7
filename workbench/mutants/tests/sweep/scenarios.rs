//! The runs in which bugs are looked for, one kind for each machine: short, with partitions, latencies that let messages
//! overtake each other, and kills where the machine claims to survive them.

use std::time::Duration;

use bench::options::{Disks, Fault, Latency, LatencyDistribution, Options, Workload};
use machines::{Broadcast, Counter, CounterKv, LinKv, Log, Machine, Txn, TxnStrict, UniqueIds};
use worlds::Spawn;

use crate::host::{spawn, spawn_durable};

/// What is run, and what it may cost.
pub(crate) struct Scenario {
    pub(crate) options: Options,
    pub(crate) spawn: Spawn,
    /// More messages an operation than a healthy machine ever takes here.
    pub(crate) most_messages: f64,
}

/// The run of a machine that follows from a seed.
pub(crate) fn scenario(machine: &str, seed: u64) -> Scenario {
    let partition = vec![Fault::Partition];
    let kill = vec![Fault::Partition, Fault::Kill];
    let with = |workload, nodes, rate, nemesis| options(workload, nodes, rate, nemesis, seed);
    let (options, spawn, most_messages) = match machine {
        "unique-ids" => (with(Workload::UniqueIds, 3, 200.0, kill), spawn::<UniqueIds>(()), 0.0),
        "broadcast" => (
            with(Workload::Broadcast, 5, 50.0, partition),
            spawn::<Broadcast>(Broadcast::default_config()),
            1.4,
        ),
        "counter" => {
            (with(Workload::PnCounter, 3, 50.0, partition), spawn::<Counter>(Counter::default_config()), 0.5)
        }
        "counter-kv" => {
            let workload = [Workload::GCounter, Workload::PnCounter][seed as usize % 2];
            (with(workload, 3, 50.0, kill), spawn::<CounterKv>(()), 12.0)
        }
        "log" => (with(Workload::Kafka, 3, 200.0, partition), spawn::<Log>(Log::default_config()), 0.5),
        "txn" => {
            (with(Workload::TxnRwRegister, 3, 200.0, partition), spawn::<Txn>(Txn::default_config()), 0.5)
        }
        "lin-kv" => {
            let spawn = spawn_durable::<LinKv>(LinKv::default_config());
            (durable(with(Workload::LinKv, 3, 100.0, kill)), spawn, f64::INFINITY)
        }
        "txn-strict" => {
            let spawn = spawn_durable::<TxnStrict>(TxnStrict::default_config());
            let workload = [Workload::TxnListAppend, Workload::TxnRwRegister][seed as usize % 2];
            let consistency_models = vec!["strict-serializable".to_string()];
            let options = durable(with(workload, 3, 100.0, kill));
            (Options { consistency_models, ..options }, spawn, f64::INFINITY)
        }
        "durable broadcast" => (
            durable(with(Workload::Broadcast, 3, 50.0, kill)),
            spawn_durable::<Broadcast>(Broadcast::default_config()),
            f64::INFINITY,
        ),
        "durable counter" => (
            durable(with(Workload::PnCounter, 3, 50.0, kill)),
            spawn_durable::<Counter>(Counter::default_config()),
            f64::INFINITY,
        ),
        "durable log" => (
            durable(with(Workload::Kafka, 3, 100.0, kill)),
            spawn_durable::<Log>(Log::default_config()),
            f64::INFINITY,
        ),
        "durable txn" => (
            durable(with(Workload::TxnRwRegister, 3, 100.0, kill)),
            spawn_durable::<Txn>(Txn::default_config()),
            f64::INFINITY,
        ),
        _ => panic!("there is no machine {machine}"),
    };
    Scenario { options, spawn, most_messages }
}

/// The same on disks that take their time and keep to no more than they must.
fn durable(options: Options) -> Options {
    let disks = Disks { sync: Duration::from_millis(20), ..Disks::default() };
    Options { disks: Some(disks), ..options }
}

fn options(workload: Workload, nodes: usize, rate: f64, nemesis: Vec<Fault>, seed: u64) -> Options {
    Options {
        concurrency: 2 * nodes,
        time_limit: Duration::from_secs(if nemesis.contains(&Fault::Kill) { 10 } else { 5 }),
        rate,
        latency: Latency { mean_ms: 20, distribution: LatencyDistribution::Exponential },
        nemesis,
        nemesis_interval: Duration::from_millis(1500),
        consistency_models: ["read-atomic", "causal-cerone"].map(str::to_string).to_vec(),
        seed,
        ..Options::new(workload, nodes)
    }
}
