//! What clients of kafka do and remember, and how operations are drawn.

use super::*;
use crate::options::Workload as Name;
use crate::testing::{invocation, options};
use edn::json;
use std::collections::BTreeMap;

fn value(text: &str) -> Value {
    edn::read(text).unwrap()
}

/// What a step asks for, or what it comes to.
fn show(step: Result<Step, Malformed>) -> String {
    match step {
        Ok(Step::Call(call)) => call.request.into_body(1),
        Ok(Step::Ok(value)) => value.to_string(),
        Ok(Step::Crash) => "crash".into(),
        Err(Malformed::Shape(why) | Malformed::Other(why)) => format!("malformed: {why}"),
    }
}

struct Script {
    kafka: Kafka,
    client: u64,
    op: Op,
}

impl Script {
    fn new() -> Script {
        Script { kafka: Kafka::new(&options(Name::Kafka, 1)), client: 0, op: invocation("", Value::Nil) }
    }

    fn begin(&mut self, f: &'static str, text: &str) -> String {
        self.op = invocation(f, value(text));
        show(Ok(self.kafka.begin(self.client, &self.op)))
    }

    fn seek(&mut self, keys: &str) -> String {
        self.op = Op { extra: vec![(SEEKS, true.into())], ..invocation("assign", value(keys)) };
        show(Ok(self.kafka.begin(self.client, &self.op)))
    }

    fn answer(&mut self, fields: &str) -> String {
        let Step::Call(call) = self.kafka.begin(self.client, &self.op) else { panic!("nothing was asked") };
        self.answer_to(call.schema, fields)
    }

    fn answer_to(&mut self, schema: Schema, fields: &str) -> String {
        let body = json::parse(&format!("{{{fields},\"in_reply_to\":1}}")).unwrap();
        show(schema.accept(body).and_then(|reply| self.kafka.answer(self.client, &self.op, reply)))
    }
}

#[test]
fn a_send_comes_back_with_its_offset() {
    let mut script = Script::new();
    let asked = script.begin("send", r#"[[:send "4" 11]]"#);
    assert_eq!(asked, r#"{"type":"send","key":"4","msg":11,"msg_id":1}"#);
    assert_eq!(script.answer(r#""type":"send_ok","offset":700"#), r#"[[:send "4" [700 11]]]"#);
    assert!(script.answer(r#""type":"send_ok","offset":700.0"#).starts_with("malformed"));
}

#[test]
fn offsets_beyond_64_bits_are_malformed() {
    let mut script = Script::new();
    let too_long =
        ["9223372036854775807", "9223372036854775808", "-9223372036854775809", "1180591620717411303424"];
    for offset in too_long {
        script.begin("send", r#"[[:send "4" 11]]"#);
        let answer = script.answer(&format!(r#""type":"send_ok","offset":{offset}"#));
        assert!(answer.starts_with("malformed"), "{answer}");
        script.begin("poll", "[[:poll]]");
        let answer = script.answer(&format!(r#""type":"poll_ok","msgs":{{"4":[[{offset},11]]}}"#));
        assert!(answer.starts_with("malformed"), "{answer}");
    }
    script.begin("send", r#"[[:send "4" 11]]"#);
    let longest = script.answer(r#""type":"send_ok","offset":9223372036854775806"#);
    assert_eq!(longest, r#"[[:send "4" [9223372036854775806 11]]]"#);
}

#[test]
fn a_poll_that_brings_something_is_committed_and_read_on_from_there() {
    let mut script = Script::new();
    script.seek(r#"["4" "9"]"#);
    let asked = script.begin("poll", "[[:poll]]");
    assert_eq!(asked, r#"{"type":"poll","offsets":{"4":0,"9":0},"msg_id":1}"#);
    let committing = script.answer(r#""type":"poll_ok","msgs":{"4":[[5,11],[2,12]],"9":[]}"#);
    assert_eq!(committing, r#"{"type":"commit_offsets","offsets":{"4":5},"msg_id":1}"#);
    let committed = Schema::closed("commit_offsets_ok", &[]);
    let polled = script.answer_to(committed, r#""type":"commit_offsets_ok""#);
    assert_eq!(polled, r#"[[:poll {"4" [[5 11] [2 12]], "9" []}]]"#);
    assert_eq!(script.begin("poll", "[[:poll]]"), r#"{"type":"poll","offsets":{"4":6,"9":0},"msg_id":1}"#);
    let lower = script.answer(r#""type":"poll_ok","msgs":{"4":[[1,13]]}"#);
    assert_eq!(lower, r#"{"type":"commit_offsets","offsets":{"4":1},"msg_id":1}"#);
    assert_eq!(script.begin("poll", "[[:poll]]"), r#"{"type":"poll","offsets":{"4":6,"9":0},"msg_id":1}"#);
}

#[test]
fn a_poll_that_brings_nothing_is_over_at_once() {
    let mut script = Script::new();
    assert_eq!(script.begin("poll", "[[:poll]]"), r#"{"type":"poll","offsets":{},"msg_id":1}"#);
    assert_eq!(script.answer(r#""type":"poll_ok","msgs":{}"#), "[[:poll {}]]");
    assert_eq!(script.answer(r#""type":"poll_ok","msgs":{"4":null}"#), "[[:poll {\"4\" []}]]");
}

#[test]
fn polls_of_another_form_are_malformed() {
    let mut script = Script::new();
    script.begin("poll", "[[:poll]]");
    for messages in ["null", "[]", r#"{"4":5}"#, r#"{"4":[[1]]}"#, r#"{"4":[[1,2,3]]}"#, r#"{"4":[[1.0,2]]}"#]
    {
        let said = format!(r#""type":"poll_ok","msgs":{messages}"#);
        assert!(script.answer(&said).starts_with("malformed"), "{messages}");
    }
}

#[test]
fn an_assigned_key_goes_on_where_it_was_or_where_it_was_committed_or_at_the_beginning() {
    let mut script = Script::new();
    script.seek(r#"["4" "5"]"#);
    script.begin("poll", "[[:poll]]");
    script.answer(r#""type":"poll_ok","msgs":{"4":[[41,1]]}"#);
    let asked = script.begin("assign", r#"["4" "9" "7"]"#);
    assert_eq!(asked, r#"{"type":"list_committed_offsets","keys":["4","9","7"],"msg_id":1}"#);
    let assigned = script.answer(r#""type":"list_committed_offsets_ok","offsets":{"4":3,"9":90}"#);
    assert_eq!(assigned, r#"["4" "9" "7"]"#);
    assert_eq!(
        script.begin("poll", "[[:poll]]"),
        r#"{"type":"poll","offsets":{"4":42,"7":0,"9":90},"msg_id":1}"#
    );
    script.begin("assign", r#"["4"]"#);
    for offsets in ["null", r#"{"4":"3"}"#, r#"{"4":3.0}"#] {
        let said = format!(r#""type":"list_committed_offsets_ok","offsets":{offsets}"#);
        assert!(script.answer(&said).starts_with("malformed"), "{offsets}");
    }
    script.client = 1;
    assert_eq!(
        script.begin("poll", "[[:poll]]"),
        r#"{"type":"poll","offsets":{},"msg_id":1}"#,
        "a new client"
    );
}

#[test]
fn half_of_the_operations_are_sends_and_one_in_64_assigns_first() {
    let (mut kafka, mut rng) = (Kafka::new(&options(Name::Kafka, 1)), Rng::with_seed(2));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..64_000 {
        *counts.entry(kafka.operation(&mut rng).f).or_default() += 1;
    }
    assert!((850..1_150).contains(&counts["assign"]), "{counts:?}");
    // A little less than half, as a key that is full has the whole operation drawn again: 16 of 33.
    let share = counts["send"] as f64 / (counts["send"] + counts["poll"]) as f64;
    assert!((share - 16.0 / 33.0).abs() < 0.01, "{counts:?}");
}

#[test]
fn one_assignment_in_three_takes_in_what_nobody_has_polled() {
    let (mut kafka, mut rng) = (Kafka::new(&options(Name::Kafka, 1)), Rng::with_seed(2));
    let completed = |f, text| Op { kind: Kind::Ok, ..invocation(f, value(text)) };
    kafka.observe(&completed("send", r#"[[:send "3" [7 1]]]"#));
    kafka.observe(&completed("send", r#"[[:send "5" [2 1]]]"#));
    kafka.observe(&completed("poll", r#"[[:poll {"5" [[2 1]]}]]"#));
    let drafts: Vec<Draft> = (0..3_000).map(|_| kafka.assignment("5".into(), &mut rng)).collect();
    let wide: Vec<&Draft> = drafts.iter().filter(|draft| !draft.extra.is_empty()).collect();
    assert!((900..1_100).contains(&wide.len()), "{}", wide.len());
    assert!(wide.iter().all(|draft| draft.value.to_string() == r#"["3" "5"]"#));
    assert_eq!(wide[0].extra[0].1.to_string(), r#"{"3" {:polled -1, :sent 7, :unseen 8}}"#);
}

/// What nobody is behind with is not looked at: an assignment among a hundred thousand keys costs what one among three does. (If each
/// walked all keys, this would take minutes.)
#[test]
fn an_assignment_looks_at_no_key_that_everybody_has_read() {
    const KEYS: i64 = 100_000;
    let (mut kafka, mut rng) = (Kafka::new(&options(Name::Kafka, 1)), Rng::with_seed(2));
    let completed = |f, text: String| Op { kind: Kind::Ok, ..invocation(f, value(&text)) };
    for key in 0..KEYS {
        kafka.observe(&completed("send", format!(r#"[[:send "{key}" [7 1]]]"#)));
        kafka.observe(&completed("poll", format!(r#"[[:poll {{"{key}" [[7 1]]}}]]"#)));
    }
    kafka.observe(&completed("send", r#"[[:send "3" [9 2]]]"#.to_owned()));
    let drafts = (0..KEYS).map(|_| kafka.assignment("5".into(), &mut rng));
    let wide: Vec<Draft> = drafts.filter(|draft| !draft.extra.is_empty()).collect();
    assert!(wide.len() > 30_000 && wide.iter().all(|draft| draft.value.to_string() == r#"["3" "5"]"#));
}
