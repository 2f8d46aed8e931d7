use super::super::testing::{self, concurrent, successive};
use crate::{Finding, Validity, Verdict, Workload};

fn check(model: &str, history: &str) -> Verdict {
    testing::check(Workload::TxnListAppend, model, history)
}

#[track_caller]
fn assert_valid(model: &str, history: &str) {
    let verdict = check(model, history);
    assert_eq!(verdict.value.to_string(), "{:valid? true}", "{model}");
    assert_eq!(verdict.findings, vec![]);
}

#[track_caller]
fn assert_invalid(model: &str, history: &str, anomalies: &[&str]) -> Finding {
    let (valid, types) = testing::judge(Workload::TxnListAppend, model, history);
    assert_eq!(
        (valid, types.iter().map(String::as_str).collect::<Vec<_>>().as_slice()),
        (Validity::False, anomalies)
    );
    check(model, history).findings[0].clone()
}

#[test]
fn a_serial_history_satisfies_everything() {
    assert_valid(
        "strict-serializable",
        &successive(&[
            "ok [[:r 1 nil] [:append 1 1] [:append 1 2] [:r 1 [1 2]]]",
            "info [[:append 1 3]]",
            "fail [[:append 1 4]]",
            "ok [[:append 1 5] [:r 1 [1 2 3 5]] [:r 2 []]]",
            "info [[:append 1 6] [:r 1 nil]]",
            "ok [[:r 1 [1 2 3 5]] [:r 2 nil]]",
        ]),
    );
}

#[test]
fn a_transaction_that_disagrees_with_itself_is_internal() {
    let base = "ok [[:append 1 1] [:append 2 1]]";
    for steps in [
        "[[:r 1 [1]] [:append 1 2] [:r 1 [1]]]",
        "[[:append 1 2] [:r 1 [1]]]",
        "[[:append 1 2] [:r 1 nil]]",
        "[[:r 2 nil] [:append 2 2] [:r 2 [1 2]]]",
        "[[:r 1 [1]] [:r 1 nil]]",
        "[[:r 1 nil] [:r 1 [1]]]",
    ] {
        let history = concurrent(&[base, &format!("ok {steps}")]);
        let (valid, types) = testing::judge(Workload::TxnListAppend, "read-atomic", &history);
        assert_eq!((valid, types.contains(&"internal".to_owned())), (Validity::False, true), "{steps}");
    }
    for steps in [
        "[[:r 2 [1]] [:r 3 nil] [:r 3 []] [:r 3 nil]]",
        "[[:append 1 2] [:r 1 [1 2]] [:append 1 3] [:r 1 [1 2 3]]]",
    ] {
        assert_valid("read-atomic", &concurrent(&[base, &format!("ok {steps}")]));
    }
}

#[test]
fn an_element_read_before_it_was_appended_is_a_future_read() {
    let history = concurrent(&["ok [[:r 1 [1]] [:append 1 1]]", "ok [[:append 2 1]]", "ok [[:r 2 [1]]]"]);
    assert_invalid("read-committed", &history, &["future-read"]);
}

#[test]
fn rolled_back_and_intermediate_elements_must_not_be_seen() {
    let history = concurrent(&["fail [[:append 1 1]]", "ok [[:append 1 2]]", "ok [[:r 1 [1]]]"]);
    let finding = assert_invalid("read-committed", &history, &["G1a"]);
    assert_eq!(finding.explanation, "a read of key 1 has 1, which a failed transaction appended");
    let history = concurrent(&["ok [[:append 1 1] [:append 1 2]]", "ok [[:r 1 [1]]]"]);
    let (_, types) = testing::judge(Workload::TxnListAppend, "read-committed", &history);
    assert!(types.contains(&"G1b".to_owned()));
    // In the middle of a list an intermediate element is where it belongs.
    assert_valid(
        "strict-serializable",
        &concurrent(&["ok [[:append 1 1] [:append 1 2]]", "ok [[:r 1 [1 2]]]"]),
    );
}

#[test]
fn an_append_that_follows_a_failed_one_is_a_dirty_update() {
    let history = concurrent(&[
        "fail [[:append 1 1]]",
        "info [[:append 1 2]]",
        "ok [[:append 1 3]]",
        "ok [[:r 1 [1 2 3]]]",
    ]);
    assert_invalid("read-committed", &history, &["G1a", "dirty-update"]);
}

#[test]
fn an_element_that_a_read_has_twice_is_a_duplicate() {
    let history = concurrent(&["ok [[:append 1 1]]", "ok [[:append 1 2]]", "ok [[:r 1 [1 2 1]]]"]);
    assert_invalid("read-uncommitted", &history, &["duplicate-elements"]);
}

#[test]
fn lists_that_do_not_extend_each_other_are_incompatible() {
    let appends = ["ok [[:append 1 1]]", "ok [[:append 1 2]]", "ok [[:append 1 3]]"];
    for (a, b) in [("[1 2]", "[2 1 3]"), ("[1]", "[2]"), ("[1 2]", "[1 3]")] {
        let reads = [format!("ok [[:r 1 {a}]]"), format!("ok [[:r 1 {b}]]")];
        let history = concurrent(&[appends[0], appends[1], appends[2], &reads[0], &reads[1]]);
        let (valid, types) = testing::judge(Workload::TxnListAppend, "read-committed", &history);
        assert_eq!(
            (valid, types.contains(&"incompatible-order".to_owned())),
            (Validity::False, true),
            "{a} {b}"
        );
    }
}

#[test]
fn who_reads_a_list_that_disagrees_with_the_longest_has_read_from_somebody() {
    let history = concurrent(&[
        "ok [[:append 1 1] [:r 2 [9]]]",
        "ok [[:append 2 9] [:r 1 [1]]]",
        "ok [[:append 1 2] [:append 1 3]]",
        "ok [[:r 1 [2 3]]]",
    ]);
    let (_, types) = testing::judge(Workload::TxnListAppend, "serializable", &history);
    assert_eq!(types, ["G1c", "incompatible-order"]);
}

#[test]
fn what_is_on_either_side_of_a_failed_append_is_not_related_by_it() {
    let history = |between: &str| {
        concurrent(&[
            "ok [[:append 1 1] [:append 2 2]]",
            &format!("{between} [[:append 1 5]]"),
            "ok [[:append 1 2] [:append 2 1]]",
            "ok [[:r 1 [1 5 2]]]",
            "ok [[:r 2 [1 2]]]",
        ])
    };
    let types = |between| testing::judge(Workload::TxnListAppend, "serializable", &history(between)).1;
    assert_eq!(types("info"), ["G0"]);
    assert_eq!(types("fail"), ["G1a", "dirty-update"]);
}

#[test]
fn two_appends_to_the_same_list_lose_one() {
    let history = concurrent(&["ok [[:r 1 nil] [:append 1 1]]", "ok [[:r 1 []] [:append 1 2]]"]);
    assert_invalid("cursor-stability", &history, &["lost-update"]);
    assert_valid("read-committed", &history);
    // What was there before shows as well in a read that comes after the append.
    let history =
        concurrent(&["ok [[:append 1 1] [:r 1 [1]]]", "ok [[:r 1 nil] [:append 1 2]]", "ok [[:r 1 [1 2]]]"]);
    assert_invalid("cursor-stability", &history, &["lost-update"]);
}

#[test]
fn what_a_transaction_appended_stands_in_the_order_in_which_it_did() {
    let history =
        concurrent(&["ok [[:append 1 1] [:append 1 2]]", "ok [[:append 1 3]]", "ok [[:r 1 [2 1 3]]]"]);
    assert_invalid("read-uncommitted", &history, &["reversed-appends"]);
    let history =
        concurrent(&["ok [[:append 1 1] [:append 1 2]]", "ok [[:append 1 3]]", "ok [[:r 1 [1 3 2]]]"]);
    let (_, types) = testing::judge(Workload::TxnListAppend, "read-uncommitted", &history);
    assert_eq!(types, ["G0"]);
}

#[test]
fn where_reads_disagree_only_what_no_order_explains_is_held_against_anybody() {
    let appends = [
        "ok [[:append 4 1] [:append 1 2]]",
        "ok [[:append 1 4]]",
        "ok [[:append 1 6]]",
        "ok [[:append 4 5] [:append 1 7]]",
    ];
    // 2 4 6 7 explains both, and then 4's list is in order, too.
    let reads = ["ok [[:r 4 [1]] [:r 1 [2 4 6]]]", "ok [[:r 1 [4 6 7]]]"];
    for reads in [[reads[0], reads[1]], [reads[1], reads[0]]] {
        assert_valid("read-uncommitted", &concurrent(&[&appends[..], &reads].concat()));
        assert_invalid(
            "read-committed",
            &concurrent(&[&appends[..], &reads].concat()),
            &["incompatible-order"],
        );
    }
    // Which of two came first is in dispute; that both came before 7 is not.
    let reads = ["ok [[:r 1 [2 4 7]] [:r 4 [5 1]]]", "ok [[:r 1 [4 2 7]]]"];
    for reads in [[reads[0], reads[1]], [reads[1], reads[0]]] {
        let history = concurrent(&[&appends[..], &reads].concat());
        let (_, types) = testing::judge(Workload::TxnListAppend, "read-uncommitted", &history);
        assert_eq!(types, ["G0"]);
    }
}

#[test]
fn writes_in_opposite_orders_are_g0() {
    let history = concurrent(&[
        "ok [[:append 1 1] [:append 2 1]]",
        "ok [[:append 1 2] [:append 2 2]]",
        "ok [[:r 1 [1 2]] [:r 2 [2 1]]]",
    ]);
    let finding = assert_invalid("read-uncommitted", &history, &["G0"]);
    assert_eq!(finding.explanation, "op 4 wrote key 2 before op 3 did; op 3 wrote key 1 before op 4 did");
}

#[test]
fn every_kind_of_cycle_is_found() {
    let history = concurrent(&["ok [[:append 1 1] [:r 2 [1]]]", "ok [[:append 2 1] [:r 1 [1]]]"]);
    assert_invalid("read-committed", &history, &["G1c"]);
    let history =
        concurrent(&["ok [[:append 1 1] [:append 2 1]]", "ok [[:r 1 [1]] [:r 2 nil]]", "ok [[:r 2 [1]]]"]);
    assert_invalid("snapshot-isolation", &history, &["G-single-item"]);
    let history = concurrent(&["ok [[:r 1 nil] [:append 2 1]]", "ok [[:r 2 nil] [:append 1 1]]"]);
    assert_invalid("serializable", &history, &["G2-item"]);
    assert_valid("snapshot-isolation", &history);
    let history = successive(&["ok [[:append 1 1]]", "ok [[:r 1 nil]]", "ok [[:r 1 [1]]]"]);
    assert_invalid("strict-serializable", &history, &["G-single-item-realtime"]);
    assert_valid("serializable", &history);
}

#[test]
fn an_append_that_nobody_read_comes_after_all_that_was_read() {
    // The reader saw 1 only, and that the writer of 2 (on key 1) wrote key 2.
    let history =
        concurrent(&["ok [[:append 1 1]]", "ok [[:append 1 2] [:append 2 1]]", "ok [[:r 1 [1]] [:r 2 [1]]]"]);
    assert_invalid("snapshot-isolation", &history, &["G-single-item"]);
    // The same of one whose outcome is unknown, as its other write shows that it happened.
    let history = concurrent(&[
        "ok [[:append 1 1]]",
        "info [[:append 1 2] [:append 2 1]]",
        "ok [[:r 1 [1]] [:r 2 [1]]]",
    ]);
    assert_invalid("snapshot-isolation", &history, &["G-single-item"]);
    // An append that never happened does not matter.
    assert_valid(
        "strict-serializable",
        &successive(&["ok [[:append 1 1]]", "info [[:append 1 2]]", "ok [[:r 1 [1]]]"]),
    );
}

#[test]
fn what_cannot_be_judged_is_unknown() {
    let strange = concurrent(&["ok [[:append 1 1]]", "ok [[:r 1 [1 99]]]", "ok [[:r 1 [1]]]"]);
    let verdict = check("read-uncommitted", &strange);
    assert_eq!((verdict.valid, verdict.findings[0].kind), (Validity::Unknown, "never-appended"));
    assert_invalid("read-committed", &strange, &["never-appended"]);
    // What nobody appended does not keep others from being told of.
    let strange =
        concurrent(&["ok [[:append 1 1]]", "ok [[:append 1 2]]", "ok [[:r 1 [1 2]]]", "ok [[:r 1 [9]]]"]);
    assert_invalid("read-committed", &strange, &["incompatible-order", "never-appended"]);
    let twice = check("read-committed", &concurrent(&["ok [[:append 1 1]]", "info [[:append 1 1]]"]));
    assert_eq!((twice.valid, twice.findings[0].kind), (Validity::Unknown, "appended-twice"));
    let unrelated = concurrent(&["ok [[:r 1 nil]]", "ok [[:append 2 1]]"]);
    for model in ["read-committed", "strict-serializable"] {
        let verdict = check(model, &unrelated);
        assert_eq!(verdict.valid, Validity::Unknown);
        assert_eq!(verdict.value.get("anomaly-types").unwrap().to_string(), "(:empty-transaction-graph)");
    }
}
