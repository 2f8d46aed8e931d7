//! Challenge 6: `txn-rw-register`, totally available, under the models that the challenge asks for and stronger ones.

use std::time::Duration;

use bench::options::{Availability, Options, Workload};
use judge::Validity;
use machines::{Machine, Txn};
use worlds::{Spawn, spawn};

use super::sweep::{Judged, exponential, flags, judge, partitioned, run_valid, sweep};
use crate::seeds;

/// What 6a and 6b ask for, what 6c asks for, and what we hold beyond that.
const MODELS: [&str; 4] = ["read-uncommitted", "read-committed", "read-atomic", "causal-cerone"];

/// 1,000 transactions a second from two clients a node, all of them to be ok.
fn challenge_6(nodes: usize, models: &[&str], seed: u64) -> Options {
    Options {
        seed,
        availability: Some(Availability::Total),
        consistency_models: models.iter().map(|model| model.to_string()).collect(),
        ..flags(Workload::TxnRwRegister, nodes, 2 * nodes, 1_000.0)
    }
}

fn txn() -> Spawn {
    spawn::<Txn>(Txn::default_config())
}

/// Whether the run would have been valid under another model.
fn is_valid_under(judged: &Judged, model: &str) -> bool {
    let options = Options { consistency_models: vec![model.to_owned()], ..judged.record.options.clone() };
    judge(&judged.record, &options).valid == Validity::True
}

#[test]
fn on_6a_a_lone_node_is_strictly_serializable_and_says_nothing_to_itself() {
    let judged = run_valid(challenge_6(1, &["strict-serializable"], 1), txn());
    judged.assert_all_ok(&["txn"]);
    assert_eq!(judged.record.journal.statistics.servers.messages(), 0);
    assert!(MODELS.iter().all(|model| is_valid_under(&judged, model)));
}

#[test]
fn on_6b_and_6c_full_runs_are_valid_under_each_model_and_cheap() {
    let seeds = seeds(4);
    let [cut, not_serializable] = sweep(0..seeds, |seed| {
        let healthy = run_valid(challenge_6(2, &MODELS, seed), txn());
        healthy.assert_all_ok(&["txn"]);
        healthy.assert_cheap(0.1);
        let options = partitioned(challenge_6(2, &MODELS, seed), Duration::from_secs(10));
        let judged = run_valid(options, txn());
        judged.assert_all_ok(&["txn"]);
        judged.assert_cheap(0.1);
        for model in MODELS {
            assert!(is_valid_under(&judged, model), "{model}, seed {seed}");
        }
        [judged.record.journal.statistics.cut, u64::from(!is_valid_under(&judged, "serializable"))]
    });
    assert!(cut > 12 * seeds, "only {cut} messages were cut");
    assert_eq!(not_serializable, seeds, "nodes apart that write the same keys cannot be serializable");
}

#[test]
fn on_6c_all_runs_under_quick_partitions_are_valid_under_all_models_and_totally_available() {
    let seeds = seeds(40);
    let [cut, operations] = sweep(0..seeds, |seed| {
        let latency = exponential([0, 10, 100][seed as usize % 3]);
        let time_limit = Duration::from_secs(2);
        let nodes = [2, 2, 3, 5][seed as usize % 4];
        let options = Options { latency, time_limit, ..challenge_6(nodes, &MODELS, seed) };
        let judged = run_valid(partitioned(options, Duration::from_millis(400)), txn());
        judged.assert_all_ok(&["txn"]);
        if nodes == 2 {
            judged.assert_cheap(0.1);
        }
        [judged.record.journal.statistics.cut, judged.completions().count() as u64]
    });
    assert!(
        cut > 20 * seeds && operations > 1_500 * seeds,
        "{cut} messages were cut in {operations} transactions"
    );
}
