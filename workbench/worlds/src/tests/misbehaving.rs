//! What nodes do wrong, and what that comes to in the record of a run.

use super::run::{answers_only, completions, echoing, run};
use crate::simulated::{self, Simulation};
use crate::testing::{answering, answering_init_too, options};
use bench::options::Workload as Name;
use edn::Value;
use judge::{Kind, Op, Process};
use machines::Time;
use std::time::Duration;

#[test]
fn errors_come_to_what_the_table_says() {
    for (code, kind, name) in [
        (0, Kind::Info, "timeout"),
        (11, Kind::Fail, "temporarily-unavailable"),
        (13, Kind::Info, "crash"),
        (22, Kind::Fail, "precondition-failed"),
        (1000, Kind::Info, "unknown"),
    ] {
        let spawn = answering(move |heard| {
            let error = format!("\"type\":\"error\",\"code\":{code},\"text\":\"no\",\"extra\":1");
            (heard.kind() == "generate").then_some(error)
        });
        let record = run(options(Name::UniqueIds, 8), spawn);
        let error = Value::Vector(vec![Value::keyword(name), "no".into()]);
        assert!(
            completions(&record).all(|op| op.kind == kind && op.error.as_ref() == Some(&error)),
            "{code}"
        );
    }
}

#[test]
fn a_malformed_reply_leaves_the_outcome_unknown_even_for_reads() {
    for answer in [
        "\"type\":\"read_ok\",\"messages\":[],\"extra\":1",
        "\"type\":\"read_ok\"",
        "\"type\":\"broadcast_ok\",\"messages\":[]",
        "\"type\":\"read_ok\",\"messages\":{}",
    ] {
        let record = run(options(Name::Broadcast, 9), answers_only(|heard| heard.kind() == "read", answer));
        let reads: Vec<&Op> = completions(&record).filter(|op| op.f == "read").collect();
        assert!(!reads.is_empty());
        for op in reads {
            assert_eq!((op.kind, op.exception), (Kind::Info, Some("clojure.lang.ExceptionInfo")), "{answer}");
            assert!(op.error.as_ref().unwrap().as_text().unwrap().starts_with("indeterminate: "));
        }
    }
}

#[test]
fn an_answer_to_another_question_or_with_a_float_for_a_number_is_ignored() {
    for id in ["1.0", "\"1\"", "null", "99"] {
        let spawn = answering(move |heard| {
            let (src, node) = (&heard.src, heard.node);
            let body = format!("{{\"type\":\"generate_ok\",\"id\":1,\"in_reply_to\":{id}}}");
            let line = format!("raw:{{\"src\":\"n{node}\",\"dest\":\"{src}\",\"body\":{body}}}");
            (heard.kind() == "generate").then_some(line)
        });
        let mut options = options(Name::UniqueIds, 10);
        options.rate = 1.0;
        let record = run(options, spawn);
        assert!(completions(&record).all(|op| op.kind == Kind::Info), "{id}");
    }
}

#[test]
fn one_bad_line_silences_a_node_and_the_record_says_which_and_why() {
    let spawn = answering(|heard| {
        let is_debug = heard.kind() == "generate" && heard.node == 1;
        Some(if is_debug {
            "raw:handling generate".into()
        } else {
            "\"type\":\"generate_ok\",\"id\":1".into()
        })
        .filter(|_| heard.kind() == "generate")
    });
    let record = run(options(Name::UniqueIds, 11), spawn);
    let muted = record.nodes[1].muted.as_ref().unwrap();
    assert_eq!((muted.line_number, muted.line.as_str()), (2, "handling generate"));
    assert!(muted.reason.contains("stderr"), "{}", muted.reason);
    for op in completions(&record) {
        let Process::Client(process) = op.process else { panic!() };
        assert_eq!(op.kind == Kind::Info, process % 5 == 1);
    }
}

#[test]
fn an_answer_after_its_client_has_gone_is_dropped_and_does_not_silence_the_node() {
    // Answers each broadcast only when it hears the next message: by then the first client of the thread is gone.
    let mut owed: Option<String> = None;
    let spawn = answering(move |heard| match heard.kind() {
        "topology" => Some("\"type\":\"topology_ok\"".into()),
        _ => {
            let (src, id) = (&heard.src, &heard.body["msg_id"]);
            let body = format!("{{\"type\":\"broadcast_ok\",\"in_reply_to\":{id}}}");
            owed.replace(format!("raw:{{\"src\":\"n0\",\"dest\":\"{src}\",\"body\":{body}}}"))
        }
    });
    let mut options = options(Name::Broadcast, 12);
    (options.concurrency, options.rate, options.time_limit) = (1, 1.0, Duration::from_secs(90));
    options.nodes.truncate(1);
    let record = run(options, spawn);
    assert!(
        record.nodes[0].count(bench::run::Slip::Late) > 0 && record.nodes[0].muted.is_none(),
        "{:?}",
        record.nodes
    );
}

#[test]
fn a_node_that_does_not_answer_init_or_topology_ends_the_run_without_a_verdict() {
    let silent = simulated::run(options(Name::Echo, 13), answering_init_too(|_| None));
    assert!(silent.crash.unwrap().reason.contains("did not answer init"));
    assert_eq!(silent.duration, Duration::from_secs(10));
    let refusing = answering(|heard| {
        (heard.kind() == "topology").then(|| "\"type\":\"error\",\"code\":10,\"text\":\"what?\"".into())
    });
    let record = simulated::run(options(Name::Broadcast, 13), refusing);
    assert!(record.crash.unwrap().reason.contains("(not-supported: \"what?\")"));
    assert!(record.start.is_some() && record.history.ops.is_empty());
}

#[test]
fn a_node_that_dies_ends_the_run_at_once() {
    let mut simulation = Simulation::new(options(Name::Echo, 14), echoing());
    while simulation.now() < Time::from_millis(2_000) {
        assert!(simulation.step());
    }
    let now = simulation.now();
    simulation.run_mut().on_exit(now, 3, "exit status: 0".into());
    assert!(!simulation.step());
    let record = simulation.into_record();
    assert_eq!(record.crash.as_ref().unwrap().node, Some(3));
    assert_eq!(record.nodes[3].exited.as_deref(), Some("exit status: 0"));
    assert!(!record.history.ops.is_empty());
}

#[test]
fn what_is_passed_over_is_counted_with_the_first_of_each_kind() {
    use bench::run::Slip;
    let mut turn = 0;
    let spawn = answering(move |heard| {
        turn += 1;
        let (src, id, echo) = (&heard.src, &heard.body["msg_id"], &heard.body["echo"]);
        let body = |fields: &str| {
            format!(
                "{{\"src\":\"n0\",\"dest\":\"{src}\",\"body\":{{\"type\":\"echo_ok\",\"echo\":{echo}{fields}}}}}"
            )
        };
        Some(format!(
            "raw:{}",
            match turn {
                1 => body(""),
                2 => body(&format!(",\"in_reply_to\":\"{id}\"")),
                3 => body(",\"in_reply_to\":1000"),
                4 => body(&format!(",\"in_reply_to\":{id},\"node\":0")),
                5 => body(&format!(",\"in_reply_to\":{id}")) + " {}",
                6 => format!(
                    "{{\"src\":\"n0\",\"dest\":\"lin-kv\",\"body\":{{\"type\":\"raed\",\"msg_id\":{id}}}}}"
                ),
                _ => body(&format!(",\"in_reply_to\":{id}")),
            }
        ))
    });
    let mut options = options(Name::Echo, 18);
    (options.rate, options.concurrency, options.time_limit) = (1.0, 1, Duration::from_secs(60));
    options.nodes.truncate(1);
    let node = run(options, spawn).nodes.remove(0);
    let slips = [
        Slip::NoReplyTo,
        Slip::OddReplyTo,
        Slip::UnknownReplyTo,
        Slip::Malformed,
        Slip::TextAfter,
        Slip::Unserved,
    ];
    assert_eq!(slips.map(|slip| node.count(slip)), [1; 6], "{:?}", node.oddities);
    let first = |slip| &node.oddities.iter().find(|oddity| oddity.slip == slip).unwrap().example;
    assert!(
        first(Slip::OddReplyTo).contains(", where echo_ok with \"in_reply_to\":"),
        "{}",
        first(Slip::OddReplyTo)
    );
    assert!(first(Slip::Malformed).contains("\"node\"") && first(Slip::Unserved).ends_with(" to lin-kv"));
}
