//! A counter in `seq-kv` through bytes: what it asks of the store, and what it makes of answers that are late, lost,
//! repeated or about a former life.

use crate::support::{said, say, say_at, started};
use machines::{CounterKv, Node, Outputs, Time};

const SUM: &str = r#"["sum","n1"]"#;

/// A node that knows its own key, since it has saved a sum of 0 there.
fn fresh() -> Node<CounterKv> {
    let mut node = started(0);
    assert_eq!(node.deadline(), None, "nobody has asked anything, and the store may not be there yet");
    assert!(add(&mut node, 8, 1).is_empty() && add(&mut node, 9, -1).is_empty());
    assert_eq!(wake(&mut node, 0), [look(1)]);
    assert_eq!(answer(&mut node, 1, MISSING), [save(2, "null", "[0,0,1]")]);
    assert_eq!(answer(&mut node, 2, SAVED), [add_ok(8), add_ok(9)]);
    assert_eq!(node.deadline(), None, "an idle node costs nothing");
    node
}

const MISSING: &str = r#""type":"error","code":20,"text":"key does not exist""#;
const MISMATCH: &str = r#""type":"error","code":22,"text":"it holds something else""#;
const SAVED: &str = r#""type":"cas_ok""#;

#[track_caller]
fn wake(node: &mut Node<CounterKv>, millis: u64) -> Vec<String> {
    let mut outputs = Outputs::default();
    node.on_wake(Time::from_millis(millis), &mut outputs);
    said(&outputs)
}

#[track_caller]
fn answer(node: &mut Node<CounterKv>, call: u64, body: &str) -> Vec<String> {
    say(node, &format!(r#"seq-kv {{{body},"in_reply_to":{call}}}"#))
}

#[track_caller]
fn answer_at(node: &mut Node<CounterKv>, millis: u64, call: u64, body: &str) -> Vec<String> {
    say_at(node, Time::from_millis(millis), &format!(r#"seq-kv {{{body},"in_reply_to":{call}}}"#))
}

#[track_caller]
fn add(node: &mut Node<CounterKv>, client: u64, delta: i64) -> Vec<String> {
    say(node, &format!(r#"c{client} {{"type":"add","delta":{delta},"msg_id":7}}"#))
}

fn read(node: &mut Node<CounterKv>, client: u64) -> Vec<String> {
    say(node, &format!(r#"c{client} {{"type":"read","msg_id":7}}"#))
}

fn look(call: u64) -> String {
    format!(r#"seq-kv {{"type":"read","msg_id":{call},"key":{SUM}}}"#)
}

fn save(call: u64, from: &str, to: &str) -> String {
    let create = if from == "null" { r#","create_if_not_exists":true"# } else { "" };
    format!(r#"seq-kv {{"type":"cas","msg_id":{call},"key":{SUM},"from":{from},"to":{to}{create}}}"#)
}

fn held(value: &str) -> String {
    format!(r#""type":"read_ok","value":{value}"#)
}

fn add_ok(client: u64) -> String {
    format!(r#"c{client} {{"type":"add_ok","in_reply_to":7}}"#)
}

#[test]
fn an_add_is_answered_when_it_is_saved_and_not_before() {
    let mut node = fresh();
    assert_eq!(add(&mut node, 1, 5), [save(3, "[0,0,1]", "[5,0,2]")]);
    assert_eq!(answer(&mut node, 3, SAVED), [add_ok(1)]);
    assert_eq!(add(&mut node, 1, -7), [save(4, "[5,0,2]", "[-2,0,3]")]);
    assert_eq!(answer(&mut node, 4, SAVED), [add_ok(1)]);
    assert_eq!(node.deadline(), None);
}

#[test]
fn adds_that_come_during_a_save_are_saved_together() {
    let mut node = fresh();
    add(&mut node, 1, 5);
    assert!(add(&mut node, 2, 1).is_empty() && add(&mut node, 3, 1).is_empty());
    assert_eq!(answer(&mut node, 3, SAVED), [add_ok(1), save(4, "[5,0,2]", "[7,0,3]")]);
    assert_eq!(answer(&mut node, 4, SAVED), [add_ok(2), add_ok(3)]);
}

#[test]
fn an_add_of_nothing_is_answered_at_once() {
    assert_eq!(add(&mut started(0), 1, 0), [add_ok(1)]);
}

#[test]
fn what_a_former_life_saved_stays() {
    let mut node = started(0);
    assert!(add(&mut node, 1, 5).is_empty(), "it does not know yet what to save it on top of");
    wake(&mut node, 0);
    assert_eq!(answer(&mut node, 1, &held("[100,9,44]")), [save(2, "[100,9,44]", "[105,0,1]")]);
}

#[test]
fn a_save_that_happened_without_an_answer_is_found() {
    let mut node = fresh();
    add(&mut node, 1, 5);
    add(&mut node, 2, 1);
    assert!(wake(&mut node, 2_000).is_empty());
    assert_eq!(wake(&mut node, 2_050), [look(4)]);
    let after = answer_at(&mut node, 2_060, 4, &held("[5,0,2]"));
    assert_eq!(after, [add_ok(1), save(5, "[5,0,2]", "[6,0,3]")]);
    assert!(answer_at(&mut node, 2_070, 3, SAVED).is_empty(), "late");
}

#[test]
fn a_save_that_did_not_happen_goes_into_the_next() {
    let mut node = fresh();
    add(&mut node, 1, 5);
    add(&mut node, 2, 1);
    wake(&mut node, 2_000);
    wake(&mut node, 2_050);
    assert_eq!(answer_at(&mut node, 2_060, 4, MISSING), [save(5, "[0,0,1]", "[6,0,3]")]);
    assert_eq!(answer_at(&mut node, 2_070, 5, SAVED), [add_ok(1), add_ok(2)]);
}

#[test]
fn a_save_that_happens_after_all_is_not_counted_twice() {
    let mut node = fresh();
    add(&mut node, 1, 5);
    add(&mut node, 2, 1);
    wake(&mut node, 2_000);
    wake(&mut node, 2_050);
    answer_at(&mut node, 2_060, 4, MISSING);
    // The first attempt comes to the store here, before the second.
    assert!(answer_at(&mut node, 2_070, 5, MISMATCH).is_empty());
    assert_eq!(wake(&mut node, 2_120), [look(6)]);
    let after = answer_at(&mut node, 2_130, 6, &held("[5,0,2]"));
    assert_eq!(after, [add_ok(1), save(7, "[5,0,2]", "[6,0,4]")]);
}

#[test]
fn the_refusal_of_a_duplicate_does_not_undo_what_the_original_did() {
    let mut node = fresh();
    add(&mut node, 1, 5);
    assert!(answer(&mut node, 3, MISMATCH).is_empty());
    assert!(answer(&mut node, 3, SAVED).is_empty());
    assert_eq!(wake(&mut node, 50), [look(4)]);
    assert_eq!(answer_at(&mut node, 60, 4, &held("[5,0,2]")), [add_ok(1)]);
}

#[test]
fn a_save_of_a_former_life_that_comes_late_is_not_taken_for_ones_own() {
    let mut node = started(0);
    add(&mut node, 1, 5);
    wake(&mut node, 0);
    answer(&mut node, 1, &held("[100,9,44]"));
    // The former life's 45th comes to the store here.
    answer(&mut node, 2, MISMATCH);
    assert_eq!(wake(&mut node, 50), [look(3)]);
    let after = answer_at(&mut node, 60, 3, &held("[130,9,45]"));
    assert_eq!(after, [save(4, "[130,9,45]", "[135,0,2]")]);
}

#[test]
fn a_look_into_the_past_is_harmless() {
    for past in [MISSING, &held("[100,9,44]"), &held("[5,0,2]")] {
        let mut node = fresh();
        add(&mut node, 1, 5);
        answer(&mut node, 3, SAVED);
        add(&mut node, 1, 1);
        answer(&mut node, 4, SAVED);
        add(&mut node, 1, 1);
        wake(&mut node, 2_000);
        wake(&mut node, 2_050);
        assert_eq!(answer_at(&mut node, 2_060, 6, past), [save(7, "[6,0,3]", "[7,0,5]")], "{past}");
    }
}

#[test]
fn what_is_no_value_is_looked_at_again_until_it_is_one() {
    let mut node = started(0);
    add(&mut node, 1, 5);
    wake(&mut node, 0);
    for (call, wrong) in ["5", "[1,2]", "[1.5,0,1]", "null", r#"["1",0,1]"#].iter().enumerate() {
        let (call, now) = (call as u64 + 1, call as u64 * 50);
        assert!(answer_at(&mut node, now, call, &held(wrong)).is_empty());
        assert!(wake(&mut node, now + 49).is_empty());
        assert_eq!(wake(&mut node, now + 50), [look(call + 1)]);
    }
}

fn mark(call: u64, number: u64) -> String {
    format!(r#"seq-kv {{"type":"write","msg_id":{call},"key":["mark","n1"],"value":[0,{number}]}}"#)
}

fn reads(calls: std::ops::RangeInclusive<u64>) -> Vec<String> {
    let read = |(call, node)| format!(r#"seq-kv {{"type":"read","msg_id":{call},"key":["sum","n{node}"]}}"#);
    calls.zip(1..).map(read).collect()
}

const MARKED: &str = r#""type":"write_ok""#;

fn read_ok(client: u64, value: i128) -> String {
    format!(r#"c{client} {{"type":"read_ok","in_reply_to":7,"value":{value}}}"#)
}

#[test]
fn a_read_marks_before_it_looks_and_adds_up_what_everyone_has() {
    let mut node = fresh();
    assert_eq!(read(&mut node, 1), [mark(3, 1)]);
    assert_eq!(answer(&mut node, 3, MARKED), reads(4..=6));
    assert!(answer(&mut node, 5, &held("[-20,8,1]")).is_empty());
    assert!(answer(&mut node, 5, &held("[-20,8,1]")).is_empty(), "repeated");
    assert!(answer(&mut node, 4, MISSING).is_empty());
    assert_eq!(answer(&mut node, 6, &held("[3,1,1]")), [read_ok(1, -17)]);
    assert_eq!(node.deadline(), None);
}

#[test]
fn reads_that_come_during_a_count_share_the_next_which_marks_anew() {
    let mut node = fresh();
    read(&mut node, 1);
    assert!(read(&mut node, 2).is_empty());
    answer(&mut node, 3, MARKED);
    assert!(read(&mut node, 3).is_empty());
    (4..6).for_each(|call| drop(answer(&mut node, call, &held("[1,8,1]"))));
    assert_eq!(answer(&mut node, 6, &held("[1,8,1]")), [read_ok(1, 3), mark(7, 2)]);
    assert_eq!(answer(&mut node, 7, MARKED), reads(8..=10));
    (8..10).for_each(|call| drop(answer(&mut node, call, &held("[2,8,1]"))));
    assert_eq!(answer(&mut node, 10, &held("[2,8,1]")), [read_ok(2, 6), read_ok(3, 6)]);
}

#[test]
fn a_mark_without_an_answer_is_made_anew_and_a_key_without_one_is_read_again() {
    let mut node = fresh();
    read(&mut node, 1);
    wake(&mut node, 2_000);
    assert_eq!(wake(&mut node, 2_050), [mark(4, 2)]);
    assert!(answer_at(&mut node, 2_060, 3, MARKED).is_empty(), "late");
    assert_eq!(answer_at(&mut node, 2_070, 4, MARKED), reads(5..=7));
    answer_at(&mut node, 2_080, 5, &held("[1,8,1]"));
    answer_at(&mut node, 2_080, 7, &held("[1,8,1]"));
    assert!(wake(&mut node, 4_070).is_empty());
    assert_eq!(wake(&mut node, 4_120), [r#"seq-kv {"type":"read","msg_id":8,"key":["sum","n2"]}"#]);
    assert_eq!(answer_at(&mut node, 4_130, 8, &held("[1,8,1]")), [read_ok(1, 3)]);
}

#[test]
fn too_many_that_wait_are_refused_and_not_counted() {
    let mut node = fresh();
    let is_refusal = |said: &[String]| said.len() == 1 && said[0].contains(r#""code":11,"#);
    for _ in 0..10_000 {
        assert!(!is_refusal(&add(&mut node, 1, 1)) && !is_refusal(&read(&mut node, 1)));
    }
    assert!(is_refusal(&add(&mut node, 1, 1)) && is_refusal(&read(&mut node, 1)));
    let saved = answer(&mut node, 3, SAVED);
    assert_eq!(saved, [add_ok(1), save(5, "[1,0,2]", "[10000,0,3]")]);
}

#[test]
fn counting_ends_with_an_error_and_not_with_a_wrong_sum() {
    let mut node = started(0);
    add(&mut node, 1, -1);
    wake(&mut node, 0);
    answer(&mut node, 1, &held(&format!("[{},9,1]", 1_u128 << 109)));
    answer(&mut node, 2, SAVED);
    assert!(add(&mut node, 1, 2)[0].contains(r#""code":14,"#));
    assert!(add(&mut node, 1, 1)[0].contains(r#""type":"cas""#));
}

#[test]
fn a_client_that_has_given_up_is_not_answered_any_more_though_its_add_counts() {
    let mut node = fresh();
    add(&mut node, 1, 5);
    read(&mut node, 2);
    for millis in [2_000, 2_050, 4_050, 4_100] {
        wake(&mut node, millis);
    }
    assert!(
        answer_at(&mut node, 4_600, 7, &held("[5,0,2]")).is_empty(),
        "it would answer a client that is gone"
    );
    let late = say_at(&mut node, Time::from_millis(4_600), r#"c3 {"type":"add","delta":1,"msg_id":7}"#);
    assert_eq!(late, [save(9, "[5,0,2]", "[6,0,3]")]);
    assert_eq!(answer_at(&mut node, 4_610, 9, SAVED), [add_ok(3)]);
}
