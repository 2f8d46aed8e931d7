//! What consensus promises: registers that are linearizable and transactions that are strictly serializable, whatever the network
//! does, for few messages.

use std::time::Duration;

use bench::options::{Fault, Latency, LatencyDistribution, Options, Workload};
use judge::history::Kind;
use machines::consensus::Pace;
use machines::{LinKv, TxnStrict};
use worlds::{Spawn, spawn};

use super::sweep::{exponential, flags, run_valid};

fn registers(round_ms: u64) -> Spawn {
    spawn::<LinKv>(Pace { round: Duration::from_millis(round_ms) })
}

fn transactions(round_ms: u64) -> Spawn {
    spawn::<TxnStrict>(Pace { round: Duration::from_millis(round_ms) })
}

fn strictly(options: Options) -> Options {
    Options { consistency_models: vec!["strict-serializable".to_owned()], ..options }
}

fn far(options: Options, mean_ms: u64) -> Options {
    Options { latency: Latency { mean_ms, distribution: LatencyDistribution::Constant }, ..options }
}

#[test]
fn an_operation_costs_few_messages_and_nobody_is_left_without_an_answer() {
    let lin_kv = |nodes, rate| flags(Workload::LinKv, nodes, 4 * nodes, rate);
    // Twenty clients that wait for their answers do not get as far as this.
    let busy = flags(Workload::LinKv, 5, 100, 1000.0);
    let lists = strictly(flags(Workload::TxnListAppend, 5, 20, 100.0));
    for (options, spawn, most) in [
        (lin_kv(5, 100.0), registers(0), 4.3),
        (far(lin_kv(5, 100.0), 10), registers(50), 1.6),
        (far(busy, 10), registers(0), 0.3),
        (lin_kv(3, 100.0), registers(0), 2.3),
        (far(lin_kv(3, 100.0), 10), registers(50), 1.0),
        (far(lists, 10), transactions(50), 1.6),
    ] {
        let judged = run_valid(options, spawn);
        judged.assert_cheap(most);
        assert!(judged.completions().all(|op| op.kind != Kind::Info));
    }
}

#[test]
fn no_network_breaks_linearizability_or_strict_serializability() {
    for seed in 0..6 {
        for (workload, spawn) in [
            (Workload::LinKv, registers(0)),
            (Workload::TxnListAppend, transactions(0)),
            (Workload::TxnRwRegister, transactions(50)),
        ] {
            let options = strictly(flags(workload, 5, 20, 50.0));
            let nemesis = vec![Fault::Partition, Fault::Pause, Fault::OneWayLink];
            let nemesis_interval = Duration::from_secs(3);
            run_valid(
                Options { latency: exponential(10), nemesis, nemesis_interval, seed, ..options },
                spawn,
            );
        }
    }
}
