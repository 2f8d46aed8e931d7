//! Challenge 4: `g-counter`, and with it `pn-counter` and `g-set`, which are the same to a network.

use std::time::Duration;

use bench::options::{Options, Workload};
use machines::{Counter, CounterKv, GSet, Machine};
use worlds::{Spawn, spawn};

use super::sweep::{exponential, flags, partitioned, run_valid, sweep};
use crate::counter::stale::stale_reads;
use crate::seeds;

const SEEDS: u64 = 25;

/// 3 nodes, 100 operations a second.
fn challenge_4(workload: Workload, seed: u64) -> Options {
    Options { seed, ..flags(workload, 3, 3, 100.0) }
}

/// With the flags as published, whose partitions come every 10 s: in half of the runs there is one that cuts something.
fn challenge_4_partitioned(workload: Workload, seed: u64) -> Options {
    partitioned(challenge_4(workload, seed), Duration::from_secs(10))
}

fn counter() -> Spawn {
    spawn::<Counter>(Counter::default_config())
}

fn g_set() -> Spawn {
    spawn::<GSet>(GSet::default_config())
}

/// Runs every seed with partitions and every tenth without.
fn assert_exact_available_and_cheap(workload: Workload, machine: fn() -> Spawn) {
    let seeds = seeds(SEEDS);
    let [cut, messages, operations] = sweep(0..seeds, |seed| {
        if seed % 10 == 0 {
            let judged = run_valid(challenge_4(workload, seed), machine());
            judged.assert_all_ok(&["add", "read"]);
            judged.assert_cheap(0.1);
        }
        let judged = run_valid(challenge_4_partitioned(workload, seed), machine());
        judged.assert_all_ok(&["add", "read"]);
        judged.assert_cheap(0.15);
        let statistics = judged.record.journal.statistics;
        [statistics.cut, statistics.servers.messages(), judged.completions().count() as u64]
    });
    assert!(cut > 20 * seeds, "only {cut} messages were cut");
    let mean = messages as f64 / operations as f64;
    assert!(mean <= 0.12, "{mean} messages an operation on average");
}

#[test]
fn g_counter_is_exact_in_every_run_and_every_operation_is_ok() {
    assert_exact_available_and_cheap(Workload::GCounter, counter);
}

#[test]
fn pn_counter_is_exact_in_every_run_and_every_operation_is_ok() {
    assert_exact_available_and_cheap(Workload::PnCounter, counter);
}

#[test]
fn g_set_is_complete_in_every_run_and_every_operation_is_ok() {
    assert_exact_available_and_cheap(Workload::GSet, g_set);
}

/// The published flags have no latency, and then nothing happens between a node's write and its next reads: the store can
/// show it nothing old. So two thirds of the runs have some.
#[test]
fn the_counter_in_seq_kv_is_exact_in_every_run_although_stale_reads_did_occur() {
    let seeds = seeds(SEEDS);
    let [stale, stale_runs] = sweep(0..seeds, |seed| {
        let workload = if seed % 2 == 0 { Workload::GCounter } else { Workload::PnCounter };
        let latency = exponential([0, 5, 20][seed as usize % 3]);
        let options = Options { latency, ..challenge_4_partitioned(workload, seed) };
        let judged = run_valid(options, spawn::<CounterKv>(()));
        judged.assert_all_ok(&["add", "read"]);
        let stale = stale_reads(&judged.record.journal) as u64;
        [stale, u64::from(stale > 0)]
    });
    assert!(stale_runs >= seeds * 6 / 10, "{stale} stale reads in {stale_runs} runs");
}
