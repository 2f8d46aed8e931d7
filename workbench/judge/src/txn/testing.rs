//! Histories of transactions for tests, a transaction a line.

use crate::Workload;
use crate::testing::{self, demands};
use crate::{Validity, Verdict};
use edn::Value;

/// One after the other, each of its own process: `ok [[:w 1 1]]`.
pub(super) fn successive(transactions: &[&str]) -> String {
    let lines = transactions.iter().enumerate();
    lines
        .map(|(process, transaction)| invoke(process, transaction) + &complete(process, transaction))
        .collect()
}

/// All at the same time.
pub(super) fn concurrent(transactions: &[&str]) -> String {
    let invokes = transactions.iter().enumerate().map(|(process, transaction)| invoke(process, transaction));
    let completes =
        transactions.iter().enumerate().map(|(process, transaction)| complete(process, transaction));
    invokes.chain(completes).collect()
}

/// What is asked does not matter for one that succeeds.
fn invoke(process: usize, transaction: &str) -> String {
    let steps = match transaction.split_once(' ') {
        Some(("ok", _)) | None => "[]",
        Some((_, steps)) => steps,
    };
    format!("{process} invoke txn {steps}\n")
}

fn complete(process: usize, transaction: &str) -> String {
    let (kind, steps) = transaction.split_once(' ').unwrap();
    format!("{process} {kind} txn {steps}\n")
}

pub(super) fn check(workload: Workload, model: &str, history: &str) -> Verdict {
    let mut demands = demands(workload);
    demands.consistency_models = vec![model.to_owned()];
    let checker = if workload == Workload::TxnRwRegister { super::rw_register } else { super::list_append };
    testing::check(&demands, history, checker)
}

/// The verdict, and the types of anomalies reported.
pub(super) fn judge(workload: Workload, model: &str, history: &str) -> (Validity, Vec<String>) {
    let verdict = check(workload, model, history);
    let types = verdict.value.get("anomaly-types").and_then(Value::elements).unwrap_or(&[]);
    (verdict.valid, types.iter().map(|kind| kind.as_name().unwrap().to_owned()).collect())
}
