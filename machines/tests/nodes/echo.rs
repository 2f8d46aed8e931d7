//! Challenge 1.

use crate::support::{say, say_at, started};
use machines::{Echo, Outputs, Time};

/// What the node says back when it is told `payload`.
fn echo(payload: &str) -> String {
    let mut node = started::<Echo>(0);
    let said = say(&mut node, &format!(r#"c1 {{"echo":{payload},"type":"echo","msg_id":3}}"#));
    let [reply] = &*said else { panic!("one reply, not {said:?}") };
    let start = r#"c1 {"type":"echo_ok","in_reply_to":3,"echo":"#;
    reply.strip_prefix(start).and_then(|reply| reply.strip_suffix('}')).expect(reply).to_string()
}

#[test]
fn every_payload_comes_back_byte_for_byte() {
    for payload in [
        r#""Please echo 93""#,
        r#""""#,
        r#""\u0041\ud83d\ude00\/\b\f\n\r\t\"\\ é€𝄞""#,
        "1.0",
        "-0.0e+10",
        "123456789012345678901234567890.5",
        "null",
        "true",
        "[]",
        "[ 1 , [\t] ]",
        r#"{"b":{"a":null},"a":1,"b":2}"#,
    ] {
        assert_eq!(echo(payload), payload);
    }
}

#[test]
fn a_payload_may_be_large() {
    let large = format!("\"{}\"", "x".repeat(3_000_000));
    assert!(echo(&large) == large);
    let wide = format!("[{}[]]", "[],".repeat(1_000_000));
    assert!(echo(&wide) == wide);
}

#[test]
fn everyone_is_answered_whoever_asks() {
    let mut node = started::<Echo>(0);
    for name in ["c1", "c1000000", "n2", "n1", "lin-kv", "é"] {
        let reply = format!(r#"{name} {{"type":"echo_ok","in_reply_to":1,"echo":0}}"#);
        assert_eq!(say(&mut node, &format!(r#"{name} {{"type":"echo","echo":0,"msg_id":1}}"#)), [reply]);
    }
}

#[test]
fn nothing_is_said_unasked_however_late_it_gets() {
    let mut node = started::<Echo>(0);
    let mut outputs = Outputs::default();
    say_at(&mut node, Time::from_millis(1), r#"c1 {"type":"echo","echo":0,"msg_id":1}"#);
    node.on_wake(Time::from_millis(1_000_000), &mut outputs);
    assert!(outputs.is_empty() && node.deadline().is_none());
}
