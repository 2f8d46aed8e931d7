use super::super::testing::{self, demands};
use super::*;
use crate::Workload;

fn check(text: &str) -> Verdict {
    testing::check(&demands(Workload::LinKv), text, super::check)
}

#[test]
fn a_read_of_a_value_that_was_overwritten_is_caught() {
    let verdict = check(
        "0 invoke write [7 1]\n 0 ok write [7 1]\n 1 invoke cas [7 [1 2]]\n 1 ok cas [7 [1 2]]\n \
         2 invoke read [7 nil]\n 2 ok read [7 1]\n 0 invoke write [8 1]\n 0 ok write [8 1]",
    );
    assert_eq!(verdict.valid, Validity::False);
    assert_eq!(verdict.value.get("failures").unwrap().to_string(), "[7]");
    assert_eq!(
        verdict.findings[0].to_string(),
        "linearizable: no order of the operations on key 7 explains how op 5 read 1: until then it can only \
         have been 2\n    op 3, process 1 at n1: ok cas [7,[1,2]]\n    op 4, process 2 at n2: invoke read [7,null]\n    \
         op 5, process 2 at n2: ok read [7,1]"
    );
}

#[test]
fn results_have_an_entry_for_each_key() {
    let verdict =
        check("0 invoke write [1 4]\n 0 ok write [1 4]\n 0 invoke read [0 nil]\n 0 fail read [0 nil]");
    let entry = |value: &str, last: &str| {
        format!(
            "{{:linearizable {{:valid? true, :configs ({{:model #knossos.model.CASRegister{{:value {value}}}, \
             :last-op {last}, :pending []}}), :final-paths ()}}, :timeline {{:valid? true}}, :valid? true}}"
        )
    };
    let write = "{:index 1, :time 1000000, :type :ok, :process 0, :f :write, :value 4}";
    assert_eq!(
        verdict.value.to_string(),
        format!(
            "{{:valid? true, :results {{0 {}, 1 {}}}, :failures []}}",
            entry("nil", "nil"),
            entry("4", write)
        )
    );
}

#[test]
fn what_cannot_be_explained_is_shown_with_what_may_have_been() {
    let verdict = check(
        "0 invoke write [7 1]\n 0 ok write [7 1]\n 1 invoke write [7 2]\n 2 invoke read [7 nil]\n 2 ok read [7 3]",
    );
    let result = verdict.value.get("results").and_then(|results| match results {
        Value::Map(entries) => entries[0].1.get("linearizable"),
        _ => None,
    });
    let write = "{:index 1, :time 1000000, :type :ok, :process 0, :f :write, :value 1}";
    let pending = "{:index 2, :time 2000000, :type :invoke, :process 1, :f :write, :value 2} \
                   {:index 3, :time 3000000, :type :invoke, :process 2, :f :read, :value nil}";
    let read = "{:index 4, :time 4000000, :type :ok, :process 2, :f :read, :value 3}";
    let register = |value: u8| format!("#knossos.model.CASRegister{{:value {value}}}");
    let stuck = |value: u8| {
        let why = format!("a register that holds {value} cannot be read as 3");
        format!("{{:op {read}, :model #knossos.model.Inconsistent{{:msg \"{why}\"}}}}")
    };
    let first = format!("{{:op {write}, :model {}}}", register(1));
    let second = "{:index 2, :time 2000000, :type :invoke, :process 1, :f :write, :value 2}";
    let paths =
        format!("[{first} {}] [{first} {{:op {second}, :model {}}} {}]", stuck(1), register(2), stuck(2));
    assert_eq!(
        result.unwrap().to_string(),
        format!(
            "{{:valid? false, :op {read}, :previous-ok {write}, :configs ({{:model {}, :last-op {write}, \
             :pending [{pending}]}}), :final-paths ({paths})}}",
            register(1)
        )
    );
}

/// Of two writes in progress and a set that needs one of them, the ways to three values are the shortest, and to no value
/// is there more than one; what took effect for another operation's sake stays so.
#[test]
fn the_ways_that_end_at_what_nothing_explains_are_the_shortest() {
    let verdict = check(
        "0 invoke write [7 1]\n 1 invoke write [7 2]\n 2 invoke cas [7 [2 3]]\n 3 invoke read [7 nil]\n \
         3 ok read [7 1]\n 4 invoke read [7 nil]\n 4 ok read [7 5]",
    );
    let results = verdict.value.get("results").and_then(|results| match results {
        Value::Map(entries) => entries[0].1.get("linearizable")?.get("final-paths")?.elements(),
        _ => None,
    });
    let ops = |path: &Value| {
        let index = |step: &Value| step.get("op").and_then(|op| op.get("index")?.as_integer());
        path.elements().unwrap().iter().map(index).collect::<Vec<_>>()
    };
    let ways: Vec<_> = results.unwrap().iter().map(ops).collect();
    let (before, stuck) = (Some(4), Some(6));
    let expected = [vec![before, stuck], vec![before, Some(1), stuck], vec![before, Some(1), Some(2), stuck]];
    assert_eq!(ways, expected);
}

#[test]
fn a_compare_and_set_must_have_found_what_it_compared_with() {
    assert_eq!(check("0 invoke cas [1 [0 1]]\n 0 ok cas [1 [0 1]]").valid, Validity::False);
    let verdict =
        check("0 invoke write [1 0]\n 1 invoke cas [1 [0 1]]\n 1 ok cas [1 [0 1]]\n 0 ok write [1 0]");
    assert_eq!(verdict.valid, Validity::True);
}

#[test]
fn a_write_of_unknown_outcome_may_take_effect_late_or_never_but_not_twice() {
    let indefinite = "0 invoke write [1 1]\n 0 info write [1 1]\n 1 invoke write [1 2]\n 1 ok write [1 2]\n";
    let read = |value: u8| format!("2 invoke read [1 nil]\n 2 ok read [1 {value}]\n");
    assert_eq!(check(&(indefinite.to_owned() + &read(2))).valid, Validity::True);
    assert_eq!(check(&(indefinite.to_owned() + &read(2) + &read(1))).valid, Validity::True);
    assert_eq!(check(&(indefinite.to_owned() + &read(1) + &read(2))).valid, Validity::False);
    // One that was cut off is like one of unknown outcome.
    assert_eq!(check(&("0 invoke write [1 1]\n".to_owned() + &read(1))).valid, Validity::True);
}

#[test]
fn reads_of_nothing_and_refusals_are_never_wrong() {
    let history = "0 invoke write [1 1]\n 0 ok write [1 1]\n 1 invoke read [1 nil]\n 1 ok read [1 nil]\n \
                   2 invoke cas [1 [1 2]]\n 2 fail cas [1 [1 2]]\n 3 invoke read [1 nil]\n 3 info read [1 nil]\n \
                   nemesis info start-partition :one";
    assert_eq!(check(history).valid, Validity::True);
}

#[test]
fn many_writes_of_unknown_outcome_are_bearable() {
    let mut history = String::new();
    for process in 0..60 {
        history += &format!(
            "{process} invoke write [1 {}]\n {process} info write [1 {}]\n",
            process % 5,
            process % 5
        );
    }
    for round in 0..100 {
        history += &format!("99 invoke read [1 nil]\n 99 ok read [1 {}]\n", round % 2);
    }
    // Each change of the value uses up a write, and there are twelve of each value.
    let verdict = check(&history);
    assert_eq!(verdict.valid, Validity::False);
    assert_eq!(verdict.findings[0].evidence.last().map(|evidence| evidence.index), Some(120 + 49));
}
