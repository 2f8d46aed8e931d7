//! The laws of merging, against a naive sum; and where counting ends. What the whole machine does is shown in the
//! workbench (`workbench/worlds/tests/machines/counter`).

use crate::engine::Origin;
use alloc::string::String;
use alloc::vec::Vec;

use fastrand::Rng;
use protocol::Json;

use super::{MAX_TOTAL, Total, Totals};
use crate::engine::Replicated;

const CASES: u64 = 500;
const ORIGINS: usize = 4;

/// What each origin was asked to add, and a replica of each that has heard of some of the others' adds.
struct World {
    deltas: Vec<Vec<i64>>,
    replicas: Vec<Totals>,
}

impl World {
    /// Every replica has, of each origin, the state after some prefix of its adds; of itself all.
    fn drawn(seed: u64) -> World {
        let mut rng = Rng::with_seed(seed);
        let largest = [4, 1000, i64::MAX][rng.usize(..3)];
        let deltas: Vec<Vec<i64>> = (0..ORIGINS)
            .map(|_| (0..rng.usize(..20)).map(|_| rng.i64(-largest..=largest)).collect())
            .collect();
        let replicas = (0..ORIGINS).map(|me| {
            let mut replica = Totals::default();
            for (origin, deltas) in deltas.iter().enumerate() {
                let known = if origin == me { deltas.len() } else { rng.usize(..=deltas.len()) };
                replica.raise(origin, after(&deltas[..known]));
            }
            replica
        });
        World { replicas: replicas.collect(), deltas }
    }

    fn naive_sum(&self) -> i128 {
        self.deltas.iter().flatten().map(|delta| i128::from(*delta)).sum()
    }
}

fn after(deltas: &[i64]) -> Total {
    deltas.iter().fold(Total::default(), |total, delta| total.plus(*delta))
}

fn merged(one: &Totals, other: &Totals) -> Totals {
    let mut merged = one.clone();
    for (origin, total) in other.by_origin.iter().enumerate() {
        merged.raise(origin, *total);
    }
    merged
}

#[track_caller]
fn assert_same(one: &Totals, other: &Totals) {
    assert_eq!((&one.by_origin, one.sum()), (&other.by_origin, other.sum()));
}

#[test]
fn merging_is_idempotent_commutative_and_associative() {
    let mut different = 0;
    for seed in 0..CASES {
        let World { replicas, .. } = World::drawn(seed);
        let [a, b, c] = [&replicas[0], &replicas[1], &replicas[2]];
        assert_same(&merged(a, a), a);
        assert_same(&merged(a, b), &merged(b, a));
        assert_same(&merged(&merged(a, b), c), &merged(a, &merged(b, c)));
        assert_same(&merged(&merged(a, b), b), &merged(a, b));
        different += u64::from(a.sum() != b.sum());
    }
    assert!(different > CASES / 2, "merging what is equal shows nothing");
}

#[test]
fn in_whatever_order_and_however_often_replicas_are_merged_the_result_is_the_naive_sum() {
    for seed in 0..CASES {
        let mut rng = Rng::with_seed(seed);
        let world = World::drawn(seed);
        let mut order: Vec<usize> = (0..ORIGINS).chain(0..ORIGINS).collect();
        rng.shuffle(&mut order);
        let all =
            order.iter().fold(Totals::default(), |all, replica| merged(&all, &world.replicas[*replica]));
        assert_eq!(all.sum(), world.naive_sum(), "seed {seed}");
    }
}

/// Runs are cumulative: of any two that were written one after the other the later is enough, and the earlier does no
/// harm if it comes after it.
#[test]
fn a_run_that_overtakes_another_brings_what_both_bring() {
    for seed in 0..CASES {
        let mut origin = Totals::default();
        let mut runs = Vec::new();
        for delta in World::drawn(seed).deltas.into_iter().flatten() {
            origin.raise(0, origin.get(0).plus(delta));
            let mut run = String::new();
            origin.write_run(0, 1, runs.len() as u64 + 1, &mut run);
            runs.push(run);
        }
        let mut replica = Totals::default();
        for run in runs.iter().rev().chain(&runs) {
            let run = Totals::read_run(1, Json::trusted(run)).expect("it was written as a run");
            replica.take_run(Origin { position: 3, node: 3, incarnation: 0 }, 0, run);
            assert_eq!(replica.sum(), origin.sum(), "seed {seed}");
        }
    }
}

#[test]
fn a_run_that_is_no_run_is_not_taken() {
    for payload in [
        "[]",
        "[1]",
        "[1,2,3]",
        "[-1,0]",
        "[1.0,0]",
        "{}",
        "null",
        "7",
        "[649037107316853453566312041152513,0]",
    ] {
        assert!(Totals::read_run(1, Json::trusted(payload)).is_none(), "{payload}");
    }
    let most = alloc::format!("[{MAX_TOTAL},{MAX_TOTAL}]");
    assert!(Totals::read_run(1, Json::trusted(&most)).is_some());
}

#[test]
fn the_largest_totals_of_the_most_origins_do_not_overflow() {
    let mut totals = Totals::default();
    let most = Total { added: MAX_TOTAL, subtracted: 0 };
    (0..=crate::engine::vector::MAX_ORIGINS).for_each(|origin| totals.raise(origin, most));
    assert_eq!(totals.sum(), (crate::engine::vector::MAX_ORIGINS as i128 + 1) * MAX_TOTAL as i128);
    assert!(!most.plus(1).is_sound() && most.plus(i64::MIN).is_sound());
    assert!(!Total { added: 0, subtracted: MAX_TOTAL }.plus(-1).is_sound());
}
