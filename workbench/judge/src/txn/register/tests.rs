use super::super::testing::{self, concurrent, successive};
use crate::{Validity, Verdict, Workload};

fn check(model: &str, history: &str) -> Verdict {
    testing::check(Workload::TxnRwRegister, model, history)
}

#[track_caller]
fn assert_valid(model: &str, history: &str) {
    let verdict = testing::judge(Workload::TxnRwRegister, model, history);
    assert_eq!(verdict, (Validity::True, vec![]), "{model}");
}

#[track_caller]
fn assert_invalid(model: &str, history: &str, anomalies: &[&str]) {
    let (valid, types) = testing::judge(Workload::TxnRwRegister, model, history);
    assert_eq!(
        (valid, types.iter().map(String::as_str).collect::<Vec<_>>().as_slice()),
        (Validity::False, anomalies)
    );
}

#[test]
fn a_serial_history_satisfies_everything() {
    let history = successive(&[
        "ok [[:r 1 nil] [:w 1 1] [:w 1 2] [:r 1 2]]",
        "ok [[:r 1 2] [:w 2 1]]",
        "info [[:w 1 3]]",
        "fail [[:w 1 4]]",
        "ok [[:r 1 3] [:r 2 1] [:r 1 3]]",
    ]);
    assert_valid("strict-serializable", &history);
    let value = check("strict-serializable", &history).value.to_string();
    assert_eq!(value, "{:valid? true, :anomaly-types (), :anomalies nil}");
}

#[test]
fn a_read_of_a_value_that_was_rolled_back_is_g1a() {
    let history = concurrent(&["fail [[:w 1 1]]", "ok [[:r 2 nil] [:r 1 1]]", "ok [[:w 2 1]]"]);
    assert_invalid("read-committed", &history, &["G1a"]);
    assert_valid("read-uncommitted", &history);
    let verdict = check("read-committed", &history);
    assert_eq!(
        verdict.findings[0].to_string(),
        "G1a: key 1 was read as 1, which a failed transaction wrote\n    op 4, process 1 at n1: ok txn [[\"r\",2,null],[\"r\",1,1]]\n    \
         op 3, process 0 at n0: fail txn [[\"w\",1,1]]"
    );
}

#[test]
fn a_read_of_a_value_that_its_writer_overwrote_is_g1b() {
    for outcome in ["ok", "info", "fail"] {
        let history = concurrent(&[
            &format!("{outcome} [[:w 1 1] [:w 1 2]]"),
            "ok [[:r 1 1]]",
            "ok [[:w 3 1]]",
            "ok [[:r 3 1]]",
        ]);
        let (valid, types) = testing::judge(Workload::TxnRwRegister, "read-committed", &history);
        assert_eq!(valid, Validity::False);
        assert!(types.contains(&"G1b".to_owned()), "{outcome}");
        assert_valid("read-uncommitted", &history);
    }
}

#[test]
fn a_transaction_that_disagrees_with_itself_is_internal() {
    let other = "ok [[:w 2 1] [:w 1 2]]";
    for steps in [
        "[[:w 1 1] [:r 1 nil]]",
        "[[:w 1 1] [:r 1 2]]",
        "[[:r 2 1] [:r 2 nil]]",
        // Newer Elle has it so, too: nothing is what a key holds before its first write.
        "[[:r 2 nil] [:r 2 1]]",
    ] {
        let history = concurrent(&[&format!("ok {steps}"), other, "ok [[:r 2 1]]"]);
        let (valid, types) = testing::judge(Workload::TxnRwRegister, "read-atomic", &history);
        assert_eq!((valid, types.contains(&"internal".to_owned())), (Validity::False, true), "{steps}");
        assert_valid("read-committed", &history);
    }
    assert_valid(
        "read-atomic",
        &concurrent(&["ok [[:r 2 nil] [:w 2 2] [:r 2 2] [:r 1 2]]", "ok [[:w 1 2]]"]),
    );
}

#[test]
fn a_transaction_that_reads_what_it_writes_only_later_reads_ahead() {
    // A node that does all writes first, alone and with somebody who reads from it: for Maelstrom G1c if somebody does.
    for others in [vec![], vec!["ok [[:r 1 1]]"]] {
        let history = [vec!["ok [[:r 1 1] [:w 1 1]]", "ok [[:w 2 1]]", "ok [[:r 2 1]]"], others].concat();
        assert_invalid("read-committed", &concurrent(&history), &["future-read"]);
        assert_valid("read-uncommitted", &concurrent(&history));
    }
    assert_valid("strict-serializable", &concurrent(&["ok [[:w 1 1] [:r 1 1] [:w 1 1]]", "ok [[:r 1 1]]"]));
}

/// Appendix B, example 7.
#[test]
fn two_updates_of_the_same_absence_lose_one() {
    let history = concurrent(&["ok [[:r 1 nil] [:w 1 1]]", "ok [[:r 1 nil] [:w 1 2]]"]);
    assert_invalid("cursor-stability", &history, &["lost-update"]);
    assert_invalid("snapshot-isolation", &history, &["lost-update"]);
    assert_invalid("strict-serializable", &history, &["G2-item", "lost-update"]);
    assert_valid("read-committed", &history);
    assert_valid("causal-cerone", &history);
    let finding = &check("cursor-stability", &history).findings[0];
    assert!(finding.explanation.starts_with("2 transactions read key 1 as null and then wrote it"));
}

#[test]
fn an_update_that_may_not_have_happened_loses_nothing() {
    let history = concurrent(&["ok [[:r 1 nil] [:w 1 1]]", "info [[:r 1 nil] [:w 1 2]]", "ok [[:r 1 1]]"]);
    assert_valid("strict-serializable", &history);
}

/// Appendix B, example 8.
#[test]
fn two_transactions_that_read_each_other_are_g1c() {
    let history = concurrent(&["ok [[:w 1 1] [:r 2 2]]", "ok [[:w 2 2] [:r 1 1]]"]);
    assert_invalid("read-committed", &history, &["G1c"]);
    assert_valid("read-uncommitted", &history);
    let verdict = check("read-committed", &history);
    assert_eq!(
        verdict.findings[0].to_string(),
        "G1c: op 2 read what op 3 wrote to key 2; op 3 read what op 2 wrote to key 1\n    \
         op 3, process 1 at n1: ok txn [[\"w\",2,2],[\"r\",1,1]]\n    op 2, process 0 at n0: ok txn [[\"w\",1,1],[\"r\",2,2]]"
    );
    assert_eq!(verdict.value.get("not").unwrap().to_string(), "#{:read-committed}");
}

#[test]
fn a_read_that_misses_half_of_a_transaction_is_g_single() {
    let history = concurrent(&["ok [[:w 1 1] [:w 2 1]]", "ok [[:r 1 1] [:r 2 nil]]"]);
    assert_invalid("consistent-view", &history, &["G-single-item"]);
    assert_invalid("snapshot-isolation", &history, &["G-single-item", "fractured-read"]);
    assert_invalid("read-atomic", &history, &["fractured-read"]);
}

#[test]
fn write_skew_is_g2_and_fine_under_snapshot_isolation() {
    let history = concurrent(&["ok [[:r 1 nil] [:w 2 1]]", "ok [[:r 2 nil] [:w 1 1]]"]);
    assert_invalid("serializable", &history, &["G2-item"]);
    assert_invalid("repeatable-read", &history, &["G2-item"]);
    assert_valid("snapshot-isolation", &history);
}

#[test]
fn two_readers_that_see_two_writes_in_opposite_orders_are_a_long_fork() {
    let history = concurrent(&[
        "ok [[:w 1 1]]",
        "ok [[:w 2 1]]",
        "ok [[:r 1 1] [:r 2 nil]]",
        "ok [[:r 1 nil] [:r 2 1]]",
    ]);
    assert_invalid("snapshot-isolation", &history, &["G-nonadjacent-item"]);
    assert_valid("parallel-snapshot-isolation", &history);
}

#[test]
fn a_stale_read_breaks_only_models_that_know_of_time() {
    let history = successive(&["ok [[:w 1 1]]", "ok [[:r 1 nil]]"]);
    assert_invalid("strict-serializable", &history, &["G-single-item-realtime"]);
    assert_valid("serializable", &history);
    assert_valid("strong-session-serializable", &history);
    let finding = &check("strict-serializable", &history).findings[0];
    assert_eq!(
        finding.explanation,
        "op 3 read key 1 as it was before op 1 wrote it; op 3 began after op 1 had ended"
    );
}

#[test]
fn a_process_that_misses_its_own_write_breaks_strong_sessions() {
    let history = "0 invoke txn []\n 0 ok txn [[:w 1 1]]\n 0 invoke txn []\n 0 ok txn [[:r 1 nil]]";
    assert_invalid(
        "strong-session-serializable",
        history,
        &["G-single-item-process", "fractured-read-process"],
    );
    assert_valid("serializable", history);
}

#[test]
fn versions_that_follow_each_other_in_a_circle_are_cyclic() {
    let history = concurrent(&["ok [[:r 1 1] [:w 1 2]]", "ok [[:r 1 2] [:w 1 1]]"]);
    assert_invalid("read-uncommitted", &history, &["cyclic-versions"]);
    let finding = &check("read-uncommitted", &history).findings[0];
    assert_eq!(
        finding.explanation,
        "transactions that read key 1 and then wrote it order #{1 2} in a circle"
    );
}

#[test]
fn a_value_out_of_thin_air_was_never_written() {
    let history = concurrent(&["ok [[:r 1 99] [:w 1 1]]", "ok [[:r 1 1]]"]);
    assert_invalid("read-committed", &history, &["never-written"]);
    assert_valid("read-uncommitted", &history);
}

#[test]
fn writes_that_follow_reads_order_versions() {
    // 1 → 2 on key 1 by the update; the reader saw the later version of key 1 but not the write before the earlier one.
    let history =
        concurrent(&["ok [[:w 1 1] [:w 2 1]]", "ok [[:r 1 1] [:w 1 2]]", "ok [[:r 1 2] [:r 2 nil]]"]);
    assert_invalid("snapshot-isolation", &history, &["G-single-item", "causal-violation"]);
    // A reader of the earlier version comes before the later write.
    let history = concurrent(&["ok [[:w 1 1]]", "ok [[:r 1 1] [:w 1 2] [:w 2 1]]", "ok [[:r 1 1] [:r 2 1]]"]);
    assert_invalid("snapshot-isolation", &history, &["G-single-item", "fractured-read"]);
}

#[test]
fn transactions_that_have_nothing_to_do_with_each_other_are_invalid() {
    let history = concurrent(&["ok [[:r 1 nil]]", "ok [[:r 2 nil]]"]);
    assert_invalid("read-uncommitted", &history, &["empty-transaction-graph"]);
    assert_invalid("strict-serializable", "", &["empty-transaction-graph"]);
    // That something ended before nothing began is no order in time.
    assert_invalid("strict-serializable", &history, &["empty-transaction-graph"]);
    assert_invalid("strict-serializable", &concurrent(&["ok [[:w 1 1]]"]), &["empty-transaction-graph"]);
    // Order in time is something.
    assert_valid("strict-serializable", &successive(&["ok [[:r 1 nil]]", "ok [[:r 2 nil]]"]));
}

#[test]
fn what_depends_on_itself_or_fails_after_a_success_is_something_to_judge() {
    assert_valid("read-committed", &concurrent(&["ok [[:r 1 nil] [:w 1 1]]"]));
    assert_valid("strict-serializable", &successive(&["ok [[:w 1 1]]", "fail [[:w 1 2]]"]));
    let failed_first = successive(&["fail [[:w 1 2]]", "ok [[:w 1 1]]"]);
    assert_invalid("strict-serializable", &failed_first, &["empty-transaction-graph"]);
}

#[test]
fn what_cannot_be_judged_is_unknown() {
    let twice = concurrent(&["ok [[:w 1 1]]", "ok [[:w 1 1]]", "ok [[:r 1 1] [:r 2 nil]]", "ok [[:w 2 1]]"]);
    let verdict = check("read-committed", &twice);
    assert_eq!(verdict.valid, Validity::Unknown);
    assert_eq!(verdict.findings[0].evidence.len(), 3);
    assert_eq!(check("a,b", &twice).valid, Validity::Unknown);
}

#[test]
fn a_doubt_does_not_hide_what_is_certain() {
    let history = |reader| {
        concurrent(&[
            "ok [[:w 1 1]]",
            "ok [[:w 1 1]]",
            "fail [[:w 2 1]]",
            "ok [[:r 2 1]]",
            "ok [[:w 3 1]]",
            reader,
        ])
    };
    assert_invalid("read-committed", &history("ok [[:r 3 1]]"), &["G1a"]);
    assert_invalid("read-committed", &history("ok [[:r 3 1] [:r 1 1]]"), &["G1a", "written-twice"]);
}

#[test]
fn an_answer_to_something_else_is_no_answer() {
    for answer in ["[]", "[[:w 1 1]]", "[[:r 2 nil] [:w 1 2]]", "[[:r 99 nil]]", "[[:w 2 1] [:w 1 1]]"] {
        let history = format!(
            "0 invoke txn [[:r 2 nil] [:w 1 1]]\n 0 ok txn {answer}\n 1 invoke txn [[:r 1 nil]]\n 1 ok txn [[:r 1 1]]"
        );
        let verdict = check("read-uncommitted", &history);
        assert_ne!(verdict.valid, Validity::True, "{answer}");
        assert!(verdict.findings.iter().any(|finding| finding.kind == "other-than-asked"), "{answer}");
    }
}

#[test]
fn names_of_replies_are_as_good_as_keywords() {
    let history =
        concurrent(&["fail [[\"w\" 1 1]]", "ok [[\"r\" 1 1]]", "ok [[\"w\" 2 1]]", "ok [[\"r\" 2 1]]"]);
    assert_invalid("read-committed", &history, &["G1a"]);
}
