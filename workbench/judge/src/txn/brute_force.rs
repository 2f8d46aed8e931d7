//! The checkers of transactions against brute force: tiny histories at random, and every order that could explain them.
//!
//! A history is explained under a model if some order of the transactions that happened is right. What of those whose
//! end nobody saw happened is tried out, too. For read atomic and causal consistency the definitions are those of `weak`,
//! asked of an order as they stand: no graph, no circle.
//!
//! `HISTORIES=90000 cargo test --release -p judge brute_force -- --nocapture` tries so many of each kind and says how many
//! of them broke which model.

mod explain;
mod generate;

use super::testing;
use crate::{Validity, Workload};
use explain::{Model, is_explained};
use generate::Plan;

const MODELS: [Model; 4] = [Model::ReadAtomic, Model::Causal, Model::Serializable, Model::StrictSerializable];

/// How many histories of each kind are tried, unless somebody asks for more.
const HISTORIES: usize = 1_000;

fn count() -> usize {
    std::env::var("HISTORIES").ok().and_then(|count| count.parse().ok()).unwrap_or(HISTORIES)
}

/// How verdicts compare: of histories that no order explains, how many were found out.
#[derive(Debug, Default)]
struct Tally {
    tried: usize,
    broken: [usize; MODELS.len()],
    missed: [usize; MODELS.len()],
}

fn compare(workload: Workload, plan: Plan, seed: u64) -> Tally {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut tally = Tally::default();
    for _ in 0..count() {
        let transactions = generate::transactions(&mut rng, plan);
        let history = generate::history(&transactions, workload == Workload::TxnRwRegister);
        tally.tried += 1;
        for (number, model) in MODELS.into_iter().enumerate() {
            let explained = is_explained(&transactions, model, workload == Workload::TxnRwRegister);
            let (valid, types) = testing::judge(workload, model.name(), &history);
            // Whether there is anything to judge is another matter.
            if types == ["empty-transaction-graph"] {
                continue;
            }
            tally.broken[number] += usize::from(!explained);
            tally.missed[number] += usize::from(!explained && valid == Validity::True);
            assert!(!explained || valid == Validity::True, "{model:?} accuses {types:?}\n{history}");
        }
    }
    println!("{workload:?} {plan:?}: {tally:?}");
    tally
}

#[test]
fn lists_are_judged_as_trying_every_order_judges_them() {
    for (number, plan) in Plan::ALL.into_iter().enumerate() {
        let tally = compare(Workload::TxnListAppend, plan, number as u64);
        assert_eq!(tally.missed, [0; MODELS.len()], "{plan:?}");
        assert!(tally.broken.iter().all(|broken| broken * 200 > tally.tried), "{tally:?}");
    }
}

#[test]
fn registers_are_judged_as_trying_every_order_judges_them() {
    for (number, plan) in Plan::ALL.into_iter().enumerate() {
        let tally = compare(Workload::TxnRwRegister, plan, number as u64);
        assert_eq!(tally.missed, [0; MODELS.len()], "{plan:?}");
        assert!(tally.broken.iter().all(|broken| broken * 200 > tally.tried), "{tally:?}");
    }
}
