//! The table of consistency models (§11.6), copied from the description and not from `model.rs`, on a history of every
//! anomaly that there is.

use super::testing::{concurrent, judge, successive};
use crate::Validity;
use crate::Workload::{self, TxnListAppend as Lists, TxnRwRegister as Registers};
use std::collections::{BTreeMap, BTreeSet};

/// Names of a model, and what it prohibits. A name of an earlier row stands for all that is in that row.
const MODELS: &[(&str, &str)] = &[
    ("read-uncommitted PL-1", "G0 cyclic-versions duplicate-elements reversed-appends"),
    (
        "read-committed PL-2 monotonic-atomic-view monotonic-view PL-2L monotonic-snapshot-read PL-MSR",
        "PL-1 G1a G1b G1c dirty-update future-read incompatible-order never-appended never-written",
    ),
    ("read-atomic", "PL-2 internal fractured-read fractured-read-process G1c-process"),
    ("causal-cerone prefix", "read-atomic causal-violation causal-violation-process"),
    ("update-atomic", "read-atomic lost-update"),
    ("parallel-snapshot-isolation", "causal-cerone lost-update"),
    ("cursor-stability PL-CS", "PL-2 lost-update"),
    (
        "consistent-view PL-2+ forward-consistent-view PL-FCV update-serializable PL-3U",
        "PL-2 lost-update G-single-item",
    ),
    (
        "snapshot-isolation PL-SI",
        "PL-2 internal lost-update G-single-item G-nonadjacent-item fractured-read causal-violation",
    ),
    ("repeatable-read PL-2.99", "PL-2 lost-update G-single-item G-nonadjacent-item G2-item"),
    ("serializable conflict-serializable PL-3", "PL-SI PL-2.99 no-serial-order"),
    ("strong-session-read-uncommitted", "PL-1 G0-process"),
    ("strong-read-uncommitted", "strong-session-read-uncommitted G0-realtime"),
    ("strong-session-read-committed", "PL-2 G0-process G1c-process"),
    ("strong-read-committed", "strong-session-read-committed G0-realtime G1c-realtime"),
    (
        "strong-session-snapshot-isolation",
        "PL-SI causal-cerone G0-process G1c-process G-single-item-process G-nonadjacent-item-process",
    ),
    (
        "strong-snapshot-isolation",
        "strong-session-snapshot-isolation G0-realtime G1c-realtime G-single-item-realtime \
         G-nonadjacent-item-realtime",
    ),
    ("strong-session-serializable", "PL-3 strong-session-snapshot-isolation G2-item-process"),
    (
        "strict-serializable strong-serializable PL-SS",
        "strong-session-serializable strong-snapshot-isolation G2-item-realtime",
    ),
    (
        "view-serializable session-serializable 1SR linearizable sequential causal PRAM monotonic-reads \
         monotonic-writes read-your-writes writes-follow-reads",
        "",
    ),
];

/// What each model prohibits, by all names.
fn prohibited() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut models: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (names, words) in MODELS {
        let mut anomalies = BTreeSet::new();
        for word in words.split_whitespace() {
            match models.get(word) {
                Some(row) => anomalies.extend(row.iter().copied()),
                None => anomalies.extend([word]),
            }
        }
        models.extend(names.split_whitespace().map(|name| (name, anomalies.clone())));
    }
    models
}

/// Histories, each with all anomalies that are in it.
fn histories() -> Vec<(Workload, String, String)> {
    let entry = |anomalies: &str, workload, history| (workload, anomalies.to_owned(), history);
    let at_once = |anomalies, workload, steps: &[&str]| entry(anomalies, workload, concurrent(steps));
    let in_turn = |anomalies, workload, steps: &[&str]| entry(anomalies, workload, successive(steps));
    let timed = |anomalies, workload, steps: &[&str]| entry(anomalies, workload, self::timed(steps));
    vec![
        at_once("", Registers, &["ok [[:w 1 1]]", "ok [[:r 1 1]]"]),
        at_once("", Lists, &["ok [[:append 1 1]]", "ok [[:r 1 [1]]]"]),
        at_once("cyclic-versions G1c", Registers, &["ok [[:r 1 1] [:w 1 2]]", "ok [[:r 1 2] [:w 1 1]]"]),
        at_once("G1a", Registers, &["fail [[:w 1 1]]", "ok [[:r 2 nil] [:r 1 1]]", "ok [[:w 2 1]]"]),
        at_once(
            "G1b",
            Registers,
            &["ok [[:w 1 1] [:w 1 2]]", "ok [[:r 1 1]]", "ok [[:w 3 1]]", "ok [[:r 3 1]]"],
        ),
        at_once("G1c", Registers, &["ok [[:w 1 1] [:r 2 2]]", "ok [[:w 2 2] [:r 1 1]]"]),
        at_once("internal", Registers, &["ok [[:w 1 1] [:r 1 2]]", "ok [[:w 1 2]]", "ok [[:r 1 2]]"]),
        at_once("lost-update G2-item", Registers, &["ok [[:r 1 nil] [:w 1 1]]", "ok [[:r 1 nil] [:w 1 2]]"]),
        at_once(
            "no-serial-order",
            Registers,
            &["ok [[:w 1 1] [:w 2 1]]", "ok [[:r 1 1] [:w 2 2]]", "ok [[:r 2 1] [:w 1 2]]"],
        ),
        at_once("never-written", Registers, &["ok [[:r 1 9]]", "ok [[:w 2 1]]", "ok [[:r 2 1]]"]),
        at_once("never-appended", Lists, &["ok [[:append 1 1]]", "ok [[:r 1 [1]]]", "ok [[:r 2 [9]]]"]),
        at_once(
            "reversed-appends",
            Lists,
            &["ok [[:append 1 1] [:append 1 2]]", "ok [[:append 1 3]]", "ok [[:r 1 [2 1 3]]]"],
        ),
        at_once(
            "G-single-item fractured-read",
            Registers,
            &["ok [[:w 1 1] [:w 2 1]]", "ok [[:r 1 1] [:r 2 nil]]"],
        ),
        at_once(
            "G-single-item causal-violation",
            Registers,
            &["ok [[:w 1 1]]", "ok [[:r 1 1] [:w 2 1]]", "ok [[:r 2 1] [:r 1 nil]]"],
        ),
        entry(
            "G-single-item-process G-single-item-realtime causal-violation-process",
            Registers,
            "0 invoke txn []\n 2 invoke txn []\n 0 ok txn [[:w 1 1]]\n 0 invoke txn []\n 0 ok txn [[:w 2 1]]\n \
             2 ok txn [[:r 2 1] [:r 1 nil]]"
                .to_owned(),
        ),
        at_once(
            "G-nonadjacent-item",
            Registers,
            &["ok [[:w 1 1]]", "ok [[:w 2 1]]", "ok [[:r 1 1] [:r 2 nil]]", "ok [[:r 1 nil] [:r 2 1]]"],
        ),
        at_once("G2-item", Registers, &["ok [[:r 1 nil] [:w 2 1]]", "ok [[:r 2 nil] [:w 1 1]]"]),
        at_once(
            "G0 fractured-read",
            Lists,
            &[
                "ok [[:append 1 1] [:append 2 1]]",
                "ok [[:append 1 2] [:append 2 2]]",
                "ok [[:r 1 [1 2]] [:r 2 [2 1]]]",
            ],
        ),
        at_once(
            "duplicate-elements fractured-read",
            Lists,
            &["ok [[:append 1 1]]", "ok [[:append 1 2]]", "ok [[:r 1 [1 2 1]]]"],
        ),
        at_once(
            "future-read",
            Lists,
            &["ok [[:r 1 [1]] [:append 1 1]]", "ok [[:append 2 1]]", "ok [[:r 2 [1]]]"],
        ),
        at_once(
            "G1a dirty-update",
            Lists,
            &["fail [[:append 1 1]]", "ok [[:append 1 2]]", "ok [[:r 1 [1 2]]]"],
        ),
        at_once(
            "incompatible-order",
            Lists,
            &[
                "ok [[:append 1 1]]",
                "ok [[:append 1 2]]",
                "ok [[:append 1 3]]",
                "ok [[:r 1 [1 2]]]",
                "ok [[:r 1 [1 3]]]",
            ],
        ),
        in_turn("G0-realtime", Lists, &["ok [[:append 1 1]]", "ok [[:append 1 2]]", "ok [[:r 1 [2 1]]]"]),
        in_turn("G1c-realtime", Registers, &["ok [[:r 1 1]]", "ok [[:w 1 1]]"]),
        in_turn("G-single-item-realtime", Registers, &["ok [[:w 1 1]]", "ok [[:r 1 nil]]"]),
        timed(
            "G-nonadjacent-item-realtime",
            Registers,
            &["1 [[:w 2 1]]", "0 [[:w 1 1]]", "0 [[:r 1 1] [:r 2 nil]]", "2 [[:r 1 nil]]"],
        ),
        timed("G2-item-realtime", Registers, &["1 [[:w 2 1]]", "0 [[:w 1 1] [:r 2 nil]]", "2 [[:r 1 nil]]"]),
    ]
}

/// Transactions of which one, marked 1, is over before another, marked 2, begins; all others, marked 0, take all the time.
fn timed(transactions: &[&str]) -> String {
    let line = |process: usize, kind: &str, steps: &str| format!("{process} {kind} txn {steps}\n");
    let all: Vec<(usize, &str, &str)> = transactions
        .iter()
        .enumerate()
        .map(|(process, transaction)| {
            let (mark, steps) = transaction.split_once(' ').expect("a mark and steps");
            (process, mark, steps)
        })
        .collect();
    let some = |kind: &str, wanted: &str| -> String {
        let of = all.iter().filter(|(_, mark, _)| *mark == wanted);
        of.map(|(process, _, steps)| line(*process, kind, if kind == "ok" { steps } else { "[]" })).collect()
    };
    [("invoke", "0"), ("invoke", "1"), ("ok", "1"), ("invoke", "2"), ("ok", "2"), ("ok", "0")]
        .map(|(kind, mark)| some(kind, mark))
        .concat()
}

/// The same history, done by one process as far as it can: what is out of order in time then is in its session too.
fn in_one_session(anomalies: &str, history: &str) -> Option<(String, String)> {
    let family = anomalies.strip_suffix("-realtime").filter(|family| !family.contains(' '))?;
    // To miss one's own is to see half of what happened.
    let weaker = if ["G0", "G-single-item"].contains(&family) { " fractured-read-process" } else { "" };
    let session = format!("{family}-process {anomalies}{weaker}");
    let process = |line: &'_ str| line.split(' ').next().map(str::to_owned);
    let lines: Vec<&str> = history.lines().collect();
    // Whose beginning and end are next to each other overlaps nobody whose are, too.
    let alone: BTreeSet<String> = lines
        .windows(2)
        .filter(|pair| process(pair[0]) == process(pair[1]))
        .filter_map(|pair| process(pair[0]))
        .collect();
    let renamed = lines.iter().map(|line| match line.split_once(' ') {
        Some((process, rest)) if alone.contains(process) => format!("9 {rest}\n"),
        _ => format!("{line}\n"),
    });
    Some((session, renamed.collect()))
}

#[test]
fn every_model_prohibits_what_the_description_says_and_nothing_else() {
    let mut tried = BTreeSet::new();
    let mut all = histories();
    let sessions = all.iter().filter_map(|(workload, anomalies, history)| {
        let (anomalies, history) = in_one_session(anomalies, history)?;
        Some((*workload, anomalies, history))
    });
    let sessions: Vec<_> = sessions.collect();
    all.extend(sessions);
    for (model, prohibited) in prohibited() {
        for (workload, anomalies, history) in &all {
            let there: BTreeSet<&str> = anomalies.split_whitespace().collect();
            let (valid, types) = judge(*workload, model, history);
            let mut types: BTreeSet<&str> = types.iter().map(String::as_str).collect();
            let expected: BTreeSet<&str> = there.intersection(&prohibited).copied().collect();
            let mut expected_valid = Validity::from(expected.is_empty());
            if expected.is_empty() && there.contains("never-appended") {
                // Nothing prohibits it, and yet it leaves a doubt.
                (expected_valid, types) = (Validity::Unknown, BTreeSet::new());
            }
            assert!(types.is_subset(&expected), "{model}: {types:?}, not {expected:?}, in\n{history}");
            assert_eq!(valid, expected_valid, "{model}: {types:?}, not {expected:?}, in\n{history}");
            tried.extend(there);
        }
    }
    let strict = &prohibited()["strict-serializable"];
    assert_eq!(
        tried.symmetric_difference(strict).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "all have been tried"
    );
}
