use super::*;
use crate::testing::history;
use crate::{Check, Demands, Patience, Workload, check};

fn judge(name: &str, text: &str) -> (Validity, Vec<String>) {
    let demands = Demands::new(Workload::LinKv);
    let results = check(Check::named(name).unwrap(), &demands, &history(text), Patience::default());
    (results.valid, results.findings.iter().map(|finding| finding.explanation.clone()).collect())
}

#[track_caller]
fn assert_valid(name: &str, text: &str) {
    assert_eq!(judge(name, text), (Validity::True, vec![]), "{text}");
}

#[track_caller]
fn assert_invalid(name: &str, text: &str, told: &str) {
    let (valid, findings) = judge(name, text);
    assert_eq!(valid, Validity::False, "{text}");
    assert!(findings[0].contains(told), "{findings:?}");
}

#[test]
fn a_bank_neither_makes_nor_loses_money() {
    let reads = |balances: &str| {
        format!(
            "0 invoke read nil\n 0 ok read {{0 10, 1 0}}\n 0 invoke transfer {{:from 0, :to 1, :amount 4}}\n \
             0 ok transfer {{:from 0, :to 1, :amount 4}}\n 1 invoke read nil\n 1 ok read {balances}"
        )
    };
    assert_valid("bank", &reads("{0 6, 1 4}"));
    assert_invalid("bank", &reads("{0 6, 1 5}"), "shows 11 in all accounts together, where there are 10");
    assert_invalid("bank", &reads("{0 6}"), "other accounts");
    assert_invalid("bank", &reads("{0 nil, 1 4}"), "not an integer");
    assert_invalid("bank", &reads("{0 11, 1 -1}"), "account 1 holds -1");
    assert_eq!(judge("bank", "0 invoke read nil").0, Validity::Unknown);
}

#[test]
fn a_counter_shows_what_is_certain_and_at_most_what_is_possible() {
    let read = |value: &str| {
        format!(
            "0 invoke add 2\n 0 ok add 2\n 1 invoke add 3\n 2 invoke add -1\n 3 invoke add 9\n 3 fail add 9\n 4 invoke read nil\n \
             4 ok read {value}\n 1 info add 3"
        )
    };
    for value in ["1", "2", "5"] {
        assert_valid("counter", &read(value));
    }
    assert_invalid("counter", &read("0"), "a read saw 0, where additions allow only 1 to 5");
    assert_invalid("counter", &read("6"), "1 to 5");
    assert_invalid("counter", &read("\"2\""), "1 to 5");
}

#[test]
fn a_set_keeps_what_was_acknowledged_and_nothing_else() {
    let read = |values: &str| {
        format!(
            "0 invoke add 1\n 0 ok add 1\n 1 invoke add 2\n 1 info add 2\n 2 invoke read nil\n 2 ok read []\n \
             3 invoke read nil\n 3 ok read {values}"
        )
    };
    for values in ["[1]", "#{1 2}", "(2 1)"] {
        assert_valid("set", &read(values));
    }
    assert_invalid("set", &read("[2]"), "1 was acknowledged, and the last read does not have it");
    assert_invalid("set", &read("[1 3]"), "has 3, which nobody added");
    assert_eq!(judge("set", "0 invoke add 1\n 0 ok add 1").0, Validity::Unknown);
    assert_invalid("set-full", &read("[2]"), "1");
}

#[test]
fn readers_see_writes_in_one_order() {
    let reads = |one: &str, other: &str| {
        format!(
            "0 invoke write [[:w 1 1]]\n 0 ok write [[:w 1 1]]\n 1 invoke write [[:w 2 1]]\n 1 ok write [[:w 2 1]]\n \
             2 invoke read [[:r 1 nil] [:r 2 nil]]\n 3 invoke read [[:r 1 nil] [:r 2 nil]]\n 2 ok read {one}\n 3 ok read {other}"
        )
    };
    assert_valid("long-fork", &reads("[[:r 1 1] [:r 2 nil]]", "[[:r 2 1] [:r 1 1]]"));
    let told = "each would have to come before the other";
    assert_invalid("long-fork", &reads("[[:r 1 1] [:r 2 nil]]", "[[:r 1 nil] [:r 2 1]]"), told);
    let twice = "0 invoke write [[:w 1 1]]\n 0 ok write [[:w 1 1]]\n 0 invoke write [[:w 1 1]]";
    assert_eq!(judge("long-fork", twice).0, Validity::Unknown);
}

#[test]
fn registers_have_keys_or_none_and_locks_are_held_once() {
    let bare = |read: &str| {
        format!(
            "0 invoke write 5\n 0 ok write 5\n 0 invoke cas [5 6]\n 0 ok cas [5 6]\n 1 invoke read nil\n 1 ok read {read}"
        )
    };
    assert_valid("register", &bare("6"));
    assert_valid("cas-register", &bare("nil"));
    assert_invalid("register", &bare("3"), "no order of the operations explains how op 5 read 3");
    let keyed = |read: &str| {
        format!("0 invoke write [1 5]\n 0 ok write [1 5]\n 1 invoke read [1 nil]\n 1 ok read {read}")
    };
    assert_valid("register", &keyed("[1 5]"));
    assert_invalid("register", &keyed("[1 6]"), "on key 1");
    let lock = "0 invoke acquire nil\n 0 ok acquire nil\n 1 invoke acquire nil\n 0 invoke release nil\n 0 ok release nil\n";
    assert_valid("mutex", &format!("{lock} 1 ok acquire nil"));
    assert_invalid(
        "mutex",
        "0 invoke acquire nil\n 0 ok acquire nil\n 1 invoke acquire nil\n 1 ok acquire nil",
        "op 3",
    );
}

#[test]
fn what_judged_nothing_is_unknown() {
    for (name, _) in Check::NAMES {
        let (valid, findings) = judge(name, "");
        assert_eq!((valid, findings.len()), (Validity::Unknown, 1), "{name}: {findings:?}");
    }
}

#[test]
fn whoever_sees_a_comment_sees_all_before_it() {
    let read = |values: &str| {
        format!(
            "0 invoke write 1\n 1 invoke write 9\n 0 ok write 1\n 0 invoke write 2\n 0 ok write 2\n 2 invoke read nil\n \
             2 ok read {values}"
        )
    };
    for values in ["[]", "#{1}", "#{1 2}", "[1 9]", "#{9}"] {
        assert_valid("comments", &read(values));
    }
    assert_invalid("comments", &read("#{2}"), "has 2 and lacks 1, which was acknowledged before 2 was begun");
    assert_eq!(judge("comments", "0 invoke write 1\n 0 ok write 1").0, Validity::Unknown);
}

#[test]
fn who_finds_a_part_finds_those_before_it() {
    let read = |parts: &str| format!("0 invoke read nil\n 0 ok read [7 [{parts}]]");
    for parts in ["nil nil nil", "nil nil \"7_0\"", "\"7_1\" \"7_0\""] {
        assert_valid("sequential", &read(parts));
    }
    assert_invalid("sequential", &read("nil \"7_1\" nil"), "missed one that was written before it");
}
