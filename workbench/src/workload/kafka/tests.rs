//! What clients of kafka do and remember, how operations are drawn, and when the final phase ends.

use super::*;
use crate::edn::{self, json};
use crate::history::History;
use crate::options::Workload as Name;
use crate::run::Record;
use crate::testing::{answering, honest, invocation, options};
use crate::world::simulated;
use machines::Time;
use std::collections::BTreeSet;

fn value(text: &str) -> Value {
    edn::read(text).unwrap()
}

/// What a step asks for, or what it comes to.
fn show(step: Result<Step, Malformed>) -> String {
    match step {
        Ok(Step::Call(call)) => call.request.into_body(1),
        Ok(Step::Ok(value)) => value.to_string(),
        Ok(Step::Crash) => "crash".into(),
        Err(Malformed(why)) => format!("malformed: {why}"),
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

fn run(adapt: impl FnOnce(&mut Options), spawn: crate::world::Spawn) -> Record {
    let mut options = options(Name::Kafka, 3);
    adapt(&mut options);
    let record = simulated::run(options, spawn);
    assert_eq!(record.crash, None);
    record
}

fn final_phase(history: &History) -> Vec<&Op> {
    let times: Vec<Time> = history.ops.iter().map(|op| op.time).collect();
    let pause = times.windows(2).position(|pair| pair[1].since(pair[0]) >= Duration::from_secs(10)).unwrap();
    history.ops[pause + 1..].iter().collect()
}

#[test]
fn clients_crash_every_30_seconds_and_the_first_soon() {
    let record = run(|options| options.time_limit = Duration::from_secs(600), honest(Name::Kafka));
    let crashes = record.history.ops.iter().filter(|op| op.f == "crash" && op.kind == Kind::Info).count();
    assert!((75..125).contains(&crashes), "5 clients for 600 s: {crashes}");
    let first = record.history.ops.iter().find(|op| op.f == "crash").unwrap();
    assert!(first.time < Time::from_millis(500), "{:?}", first.time);
}

#[test]
fn in_the_end_every_thread_starts_over_and_polls_until_it_has_seen_everything() {
    let record = run(|_| {}, honest(Name::Kafka));
    let last = final_phase(&record.history);
    let mut by_thread: BTreeMap<u64, Vec<&Op>> = BTreeMap::new();
    for op in last {
        let Process::Client(process) = op.process else { panic!() };
        by_thread.entry(process % 5).or_default().push(op);
    }
    assert_eq!(by_thread.len(), 5);
    let mut polls = BTreeSet::new();
    for ops in by_thread.values() {
        let done: Vec<(&str, Kind)> = ops.iter().map(|op| (op.f, op.kind)).collect();
        let (invoke, ok) = (Kind::Invoke, Kind::Ok);
        let expected = [
            ("crash", invoke),
            ("crash", Kind::Info),
            ("assign", invoke),
            ("assign", ok),
            ("poll", invoke),
            ("poll", ok),
        ];
        assert_eq!(done, expected, "one poll is enough for an honest cluster");
        assert_eq!(ops[3].extra, [(SEEKS, true.into())]);
        polls.insert(ops[5].value.to_string());
    }
    assert_eq!(polls.len(), 1, "all see the same");
}

#[test]
fn the_final_phase_gives_up_after_ten_seconds() {
    let spawn = answering(|heard| {
        Some(match heard.kind() {
            "send" => "\"type\":\"send_ok\",\"offset\":1".to_string(),
            "poll" => "\"type\":\"poll_ok\",\"msgs\":{}".into(),
            _ => "\"type\":\"list_committed_offsets_ok\",\"offsets\":{}".into(),
        })
    });
    let record = run(|_| {}, spawn);
    let last = final_phase(&record.history);
    let length = last.last().unwrap().time.since(last[0].time);
    assert!((9_300..10_000).contains(&length.as_millis()), "{length:?}");
    let polls = last.iter().filter(|op| op.f == "poll" && op.kind == Kind::Ok).count();
    assert!((200..300).contains(&polls), "{polls} polls, 5 a second by each of 5 threads");
}

#[test]
fn in_the_end_a_thread_without_an_answer_polls_on_as_a_client_that_is_assigned_nothing() {
    let spawn = answering(|heard| match heard.kind() {
        "send" => Some("\"type\":\"send_ok\",\"offset\":1".to_string()),
        "poll" if heard.body["offsets"] != serde_json::json!({}) => None,
        "poll" => Some("\"type\":\"poll_ok\",\"msgs\":{}".into()),
        _ => Some("\"type\":\"list_committed_offsets_ok\",\"offsets\":{}".into()),
    });
    let record = run(|_| {}, spawn);
    let last = final_phase(&record.history);
    let count = |f, kind| last.iter().filter(|op| op.f == f && op.kind == kind).count();
    assert_eq!((count("assign", Kind::Ok), count("poll", Kind::Info)), (5, 5));
    assert!(count("poll", Kind::Ok) > 5, "and those are answered, as they ask for nothing");
}

#[test]
fn without_any_offset_there_is_nothing_to_conclude() {
    let record = run(|options| options.rate = 0.0, honest(Name::Kafka));
    assert!(record.history.ops.is_empty());
}
