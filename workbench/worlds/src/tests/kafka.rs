//! What kafka does in a run, and when its final phase ends.

use crate::simulated;
use crate::testing::{answering, honest, options};
use bench::options::{Options, Workload as Name};
use bench::run::Record;
use judge::{History, Kind, Op, Process};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

fn run(adapt: impl FnOnce(&mut Options), spawn: crate::Spawn) -> Record {
    let mut options = options(Name::Kafka, 3);
    adapt(&mut options);
    let record = simulated::run(options, spawn);
    assert_eq!(record.crash, None);
    record
}

fn final_phase(history: &History) -> Vec<&Op> {
    let times: Vec<u64> = history.ops.iter().map(|op| op.time_ns).collect();
    let pause = times.windows(2).position(|pair| pair[1] - pair[0] >= 10_000_000_000).unwrap();
    history.ops[pause + 1..].iter().collect()
}

#[test]
fn clients_crash_every_30_seconds_and_the_first_soon() {
    let record = run(|options| options.time_limit = Duration::from_secs(600), honest(Name::Kafka));
    let crashes = record.history.ops.iter().filter(|op| op.f == "crash" && op.kind == Kind::Info).count();
    assert!((75..125).contains(&crashes), "5 clients for 600 s: {crashes}");
    let first = record.history.ops.iter().find(|op| op.f == "crash").unwrap();
    assert!(first.time_ns < 500_000_000, "{} ns", first.time_ns);
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
        assert_eq!(ops[3].extra, [("seek-to-beginning?", true.into())]);
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
    let length_ms = (last.last().unwrap().time_ns - last[0].time_ns) / 1_000_000;
    assert!((9_300..10_000).contains(&length_ms), "{length_ms}");
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
