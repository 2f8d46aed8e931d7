use super::super::testing;
use super::*;
use crate::Workload;

fn check(text: &str) -> Verdict {
    testing::check(&testing::demands(Workload::Broadcast), text, |context| super::check(context, "broadcast"))
}

fn result(verdict: &Verdict, key: &str) -> String {
    verdict.value.get(key).unwrap_or(&Value::Nil).to_string()
}

/// Appendix B, example 1.
#[test]
fn a_value_that_one_read_missed_is_stale_for_as_long_as_that_read_is_late() {
    let verdict = check(
        "@0 0 invoke broadcast 1\n @10 0 ok broadcast 1\n @20 1 invoke read nil\n @21 1 ok read []\n \
         @50 2 invoke read nil\n @51 2 ok read [1]",
    );
    assert_eq!(verdict.valid, Validity::True);
    assert_eq!(result(&verdict, "stale"), "(1)");
    assert_eq!(result(&verdict, "stable-latencies"), "{0 10, 0.5 10, 0.95 10, 0.99 10, 1 10}");
    assert_eq!(
        result(&verdict, "worst-stale"),
        "({:element 1, :outcome :stable, :stable-latency 10, :lost-latency nil, \
         :known {:index 1, :time 10000000, :type :ok, :process 0, :f :broadcast, :value 1}, \
         :last-absent {:index 2, :time 20000000, :type :invoke, :process 1, :f :read, :value nil}})"
    );
}

/// Appendix B, example 2.
#[test]
fn a_value_that_all_later_reads_miss_is_lost() {
    let verdict = check(
        "@0 0 invoke broadcast 1\n @10 0 ok broadcast 1\n @20 1 invoke read nil\n @21 1 ok read []\n \
         @50 2 invoke read nil\n @51 2 ok read []",
    );
    assert_eq!(verdict.valid, Validity::False);
    assert_eq!(result(&verdict, "lost"), "(1)");
    assert_eq!(result(&verdict, "lost-latencies"), "{0 0, 0.5 0, 0.95 0, 0.99 0, 1 0}");
    assert_eq!(result(&verdict, "stable-latencies"), "nil");
    assert_eq!(
        verdict.findings[0].to_string(),
        "lost: value 1 was acknowledged, but no later read has it\n    op 1, process 0 at n0: ok broadcast 1\n    \
         op 5, process 2 at n2: ok read []"
    );
}

/// Appendix B, example 3.
#[test]
fn a_value_that_no_read_had_to_have_was_never_read() {
    let verdict =
        check("@0 0 invoke broadcast 1\n @1 1 invoke read nil\n @2 1 ok read []\n @3 0 ok broadcast 1");
    assert_eq!(verdict.valid, Validity::Unknown);
    assert_eq!(result(&verdict, "never-read"), "(1)");
    assert_eq!(result(&verdict, "valid?"), ":unknown");
    assert_eq!(verdict.findings[0].explanation, "none of 1 values added was ever read");
}

/// Appendix B, example 11.
#[test]
fn quantiles_are_not_interpolated() {
    assert_eq!(quantiles(vec![9, 0, 7, 5]).to_string(), "{0 0, 0.5 7, 0.95 9, 0.99 9, 1 9}");
}

#[test]
fn a_value_that_was_read_and_then_vanished_is_lost_though_its_add_was_never_acknowledged() {
    let verdict = check(
        "@0 0 invoke broadcast 1\n @1 1 invoke read nil\n @9 1 ok read [1]\n @20 1 invoke read nil\n @21 1 ok read [7]",
    );
    assert_eq!(result(&verdict, "lost"), "(1)");
    assert_eq!(verdict.findings[0].explanation, "value 1 was read, but later reads lack it");
    assert_eq!(verdict.findings[0].evidence.iter().map(|e| e.index).collect::<Vec<_>>(), [2, 4]);
}

#[test]
fn reads_count_from_when_they_began() {
    // The read that misses the value ends last, but began before the one that has it.
    let verdict = check(
        "@0 0 invoke broadcast 1\n @1 0 ok broadcast 1\n @2 1 invoke read nil\n @3 2 invoke read nil\n \
         @4 2 ok read [1]\n @5 1 ok read []",
    );
    assert_eq!((verdict.valid, result(&verdict, "stable-count")), (Validity::True, "1".to_owned()));
}

#[test]
fn odd_reads_are_legal() {
    // Strangers, duplicates, null for a list, failed reads, and reads before a value was added prove nothing.
    let verdict = check(
        "0 invoke read nil\n 0 ok read [0 0 0]\n 1 invoke broadcast 0\n 1 info broadcast 0\n 2 invoke broadcast 1\n \
         3 invoke read nil\n 3 ok read nil\n 2 ok broadcast 1\n 0 invoke read nil\n 0 fail read []\n \
         0 invoke read nil\n 0 ok read [-5 1 \"0\" 1.0 1 99999999999999999999N [1]]",
    );
    assert_eq!(verdict.valid, Validity::True);
    assert_eq!(result(&verdict, "never-read"), "(0)");
    assert_eq!(result(&verdict, "stable-count"), "1");
    assert_eq!(result(&verdict, "duplicated"), "{}");
}

#[test]
fn values_of_any_kind_are_told_apart() {
    let adds = ["\"a\"", "1", "1.0", "-9223372036854775808", "9223372036854775807", "[1 2]"];
    let text: String =
        adds.iter().map(|v| format!("0 invoke broadcast {v}\n 0 ok broadcast {v}\n")).collect();
    let verdict = check(&(text + "0 invoke read nil\n 0 ok read [[1 2] 1.0 9223372036854775807 \"a\"]"));
    assert_eq!(result(&verdict, "lost"), "(-9223372036854775808 1)");
    assert_eq!(result(&verdict, "stable-count"), "4");
}

#[test]
fn nothing_added_is_unknown() {
    assert_eq!(check("0 invoke read nil\n 0 ok read []").valid, Validity::Unknown);
}
