//! Tests of the transactional checkers against brute force: tiny histories, and every order that could explain them.

use super::testing;
use crate::Validity;
use crate::Workload;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A step: a key, and what is appended to it, or the list that is read.
#[derive(Clone, Debug)]
enum Step {
    Append(u8, u8),
    Read(u8, Vec<u8>),
}

/// A transaction: its steps, and when it begins and ends.
#[derive(Clone, Debug)]
struct Transaction {
    steps: Vec<Step>,
    begins: usize,
    ends: usize,
}

type Lists = BTreeMap<u8, Vec<u8>>;

/// The lists after a transaction, if it could have been executed on these.
fn execute(transaction: &Transaction, mut lists: Lists) -> Option<Lists> {
    for step in &transaction.steps {
        match step {
            Step::Append(key, element) => lists.entry(*key).or_default().push(*element),
            Step::Read(key, list) if lists.get(key).map_or(&[][..], Vec::as_slice) == list => {}
            Step::Read(..) => return None,
        }
    }
    Some(lists)
}

/// Whether some order of the transactions that are left explains all they read. In a strict order none comes before one
/// that had ended when it began.
fn is_explained(left: &[Transaction], lists: &Lists, strict: bool) -> bool {
    left.is_empty()
        || (0..left.len()).any(|next| {
            let mut others = left.to_vec();
            let first = others.remove(next);
            let is_late = others.iter().any(|other| other.ends < first.begins);
            !(strict && is_late)
                && execute(&first, lists.clone()).is_some_and(|lists| is_explained(&others, &lists, strict))
        })
}

/// The history of these transactions, each of a process of its own.
fn history(transactions: &[Transaction]) -> String {
    let mut events: Vec<(usize, bool, usize)> = Vec::new();
    for (process, transaction) in transactions.iter().enumerate() {
        events.push((transaction.begins, false, process));
        events.push((transaction.ends, true, process));
    }
    // At one moment all that ends does so after all that begins.
    events.sort_unstable();
    let mut text = String::new();
    for (_, is_end, process) in events {
        let steps = transactions[process].steps.iter().map(|step| match step {
            Step::Append(key, element) => format!("[:append {key} {element}]"),
            Step::Read(key, list) => format!("[:r {key} {list:?}]").replace(',', ""),
        });
        let steps: Vec<String> = steps.collect();
        let line = if is_end { format!("ok txn [{}]", steps.join(" ")) } else { "invoke txn []".to_owned() };
        writeln!(text, "{process} {line}").expect("a string takes everything");
    }
    text
}

/// What a transaction is to do (whether it appends, to or from which key, how many elements a read misses), when it begins,
/// and how long it takes.
type TransactionPlan = (Vec<(bool, u8, u8)>, usize, usize);

/// Plans become transactions: what is appended is new, reads show what they would show if transactions were executed as
/// planned, but for a few that show something older. In the end somebody reads everything.
fn transactions(plans: &[TransactionPlan]) -> Vec<Transaction> {
    let (mut lists, mut transactions) = (Lists::new(), Vec::new());
    for (plan, begins, length) in plans {
        let mut steps = Vec::new();
        for &(appends, key, missing) in plan {
            let list = lists.entry(key).or_default();
            if appends {
                list.push(list.len() as u8 + 1);
                steps.push(Step::Append(key, list.len() as u8));
            } else {
                let shown = list.len().saturating_sub(usize::from(missing));
                steps.push(Step::Read(key, list[..shown].to_vec()));
            }
        }
        transactions.push(Transaction { steps, begins: *begins, ends: begins + length });
    }
    let steps = lists.into_iter().map(|(key, list)| Step::Read(key, list)).collect();
    transactions.push(Transaction { steps, begins: 1_000, ends: 1_001 });
    transactions
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    /// As the last transaction reads all lists, the order of all appends is known, so a history is explained by some order
    /// exactly when its graph has no cycles.
    #[test]
    fn a_history_is_valid_exactly_if_some_order_of_its_transactions_explains_it(
        plans in proptest::collection::vec((
            proptest::collection::vec((any::<bool>(), 0u8..2, prop_oneof![Just(0u8), Just(0), Just(1), Just(2)]), 1..4),
            0usize..12, 1usize..8,
        ), 1..5)
    ) {
        let transactions = transactions(&plans);
        for (model, strict) in [("serializable", false), ("strict-serializable", true)] {
            let (valid, types) = testing::judge(Workload::TxnListAppend, model, &history(&transactions));
            // Whether there is anything to judge is another matter.
            if types != ["empty-transaction-graph"] {
                let expected = Validity::from(is_explained(&transactions, &Lists::new(), strict));
                prop_assert_eq!(valid, expected, "{} {:?} {:?}", model, types, history(&transactions));
            }
        }
    }
}
