//! Whole runs in virtual time, and what must show in their records.

use crate::Spawn;
use crate::simulated::{self, Simulation};
use crate::testing::{Heard, answering, broadcasting, options};
use bench::network::Event;
use bench::options::Options;
use bench::options::{Fault, Workload as Name};
use bench::run::{Record, Stage};
use edn::Value;
use judge::{Kind, Op, Process};
use machines::Time;
use std::time::Duration;

pub(super) fn echoing() -> Spawn {
    answering(|heard| Some(format!("\"type\":\"echo_ok\",\"echo\":{}", heard.body["echo"])))
}

pub(super) fn run(options: Options, spawn: Spawn) -> Record {
    let record = simulated::run(options, spawn);
    assert_eq!(record.crash, None);
    let times: Vec<Time> = record.history.ops.iter().map(|op| Time::from_nanos(op.time_ns)).collect();
    assert!(times.is_sorted() && record.history.ops.iter().enumerate().all(|(index, op)| op.index == index));
    record
}

pub(super) fn completions(record: &Record) -> impl Iterator<Item = &Op> {
    record.history.ops.iter().filter(|op| op.is_client_completion())
}

fn invocations(record: &Record) -> Vec<&Op> {
    record.history.ops.iter().filter(|op| op.is_client() && op.kind == Kind::Invoke).collect()
}

#[test]
fn an_honest_cluster_answers_everything() {
    let record = run(options(Name::Echo, 1), echoing());
    let invoked = invocations(&record);
    assert!((420..580).contains(&invoked.len()), "{} at 100 a second for 5 s", invoked.len());
    assert!(completions(&record).all(|op| op.kind == Kind::Ok));
    assert!(invoked.iter().all(|op| Time::from_nanos(op.time_ns) < Time::from_millis(5_000)));
    assert_eq!(Time::from_nanos(invoked[0].time_ns), Time::ZERO, "the first operation begins at once");
    let first = completions(&record).next().unwrap();
    assert_eq!(first.value.get("type"), Some(&"echo_ok".into()));
    assert!(invoked[0].value.as_text().unwrap().starts_with("Please echo "));
}

#[test]
fn every_message_is_counted_init_included() {
    let mut options = options(Name::Echo, 2);
    options.nodes.truncate(1);
    let record = run(options, echoing());
    let messages = 2 + 2 * invocations(&record).len() as u64;
    let clients = record.journal.statistics.clients;
    assert_eq!((clients.sent, clients.received), (messages, messages));
    assert_eq!(record.journal.statistics.servers.sent, 0);
    assert_eq!(record.journal.entries.len() as u64, 2 * messages);
}

#[test]
fn ids_of_clients_go_to_init_then_to_setup_then_to_threads() {
    let record = run(options(Name::Broadcast, 3), broadcasting());
    let senders = |kind: &str| -> Vec<String> {
        let of_kind = format!("\"type\":\"{kind}\"");
        let sends = record.journal.entries.iter().filter(|entry| entry.event == Event::Send);
        sends
            .filter(|entry| entry.body.text().contains(&of_kind))
            .map(|entry| entry.src.to_string())
            .collect()
    };
    assert_eq!(senders("init"), ["c0", "c1", "c2", "c3", "c4"]);
    assert_eq!(senders("topology"), ["c5", "c6", "c7", "c8", "c9"]);
    let mut workers = [senders("broadcast"), senders("read")].concat();
    workers.sort_unstable();
    workers.dedup();
    assert_eq!(workers, ["c10", "c11", "c12", "c13", "c14"]);
    assert_eq!(record.journal.entries[0].body.text(), INIT_OF_N0);
}

const INIT_OF_N0: &str = r#"{"type":"init","node_id":"n0","node_ids":["n0","n1","n2","n3","n4"],"msg_id":1}"#;

#[test]
fn threads_talk_to_their_node_and_thread_0_works_twice_as_much() {
    let mut options = options(Name::UniqueIds, 4);
    options.nodes.truncate(2);
    options.concurrency = 3;
    options.time_limit = Duration::from_secs(60);
    let record =
        run(options, answering(|heard| Some(format!("\"type\":\"generate_ok\",\"id\":{}", heard.node))));
    let mut shares = [0.0; 3];
    for op in completions(&record) {
        let Process::Client(process) = op.process else { panic!() };
        assert_eq!(op.value, Value::Integer(process as i64 % 2));
        shares[process as usize] += 1.0;
    }
    let total: f64 = shares.iter().sum();
    assert!((shares[0] / total - 0.5).abs() < 0.02 && (shares[1] / total - 0.25).abs() < 0.02, "{shares:?}");
}

#[test]
fn the_final_phase_comes_ten_seconds_after_the_main_phase_with_one_read_a_thread() {
    let record = run(options(Name::Broadcast, 5), broadcasting());
    let finals: Vec<&Op> =
        record.history.ops.iter().filter(|op| op.is_final && op.kind == Kind::Invoke).collect();
    let last = Time::from_nanos(record.history.ops.iter().rfind(|op| !op.is_final).unwrap().time_ns);
    assert_eq!(finals.len(), 5);
    assert!(
        finals
            .iter()
            .all(|op| op.f == "read" && Time::from_nanos(op.time_ns) == last + Duration::from_secs(10))
    );
    let mut processes: Vec<Process> = finals.iter().map(|op| op.process).collect();
    processes.sort_unstable();
    assert_eq!(processes, (0..5).map(Process::Client).collect::<Vec<_>>());
    let added: Vec<i64> = invocations(&record)
        .iter()
        .filter(|op| op.f == "broadcast")
        .map(|op| op.value.as_integer().unwrap())
        .collect();
    assert!(added.len() > 150 && added.iter().enumerate().all(|(count, value)| count as i64 == *value));
    assert!(
        completions(&record)
            .filter(|op| op.is_final)
            .all(|op| op.value.items().unwrap().count() == added.len())
    );
}

/// Answers `topology`, and what else it may with always the same.
pub(super) fn answers_only(mut may: impl FnMut(&Heard) -> bool + 'static, answer: &'static str) -> Spawn {
    answering(move |heard| match heard.kind() {
        "topology" => Some("\"type\":\"topology_ok\"".into()),
        _ => may(heard).then(|| answer.into()),
    })
}

fn silent() -> Spawn {
    answers_only(|_| false, "")
}

#[test]
fn a_timeout_renews_the_process_and_the_client_but_a_read_merely_fails() {
    let mut options = options(Name::Broadcast, 6);
    options.rate = 5.0;
    options.time_limit = Duration::from_secs(60);
    let record = run(options, silent());
    assert!(completions(&record).all(|op| op.error == Some(Value::keyword("net-timeout"))));
    assert!(completions(&record).all(|op| (op.kind == Kind::Fail) == (op.f == "read")));
    let pairs = record.history.pairs();
    for op in completions(&record) {
        let invocation = &record.history.ops[pairs[op.index].unwrap()];
        assert_eq!(
            Time::from_nanos(op.time_ns),
            Time::from_nanos(invocation.time_ns) + Duration::from_secs(5)
        );
        assert_eq!(op.value, invocation.value);
    }
    let processes: Vec<u64> = invocations(&record)
        .iter()
        .map(|op| if let Process::Client(process) = op.process { process } else { panic!() })
        .collect();
    let crashed = completions(&record).filter(|op| op.kind == Kind::Info).count();
    assert!(crashed > 10 && processes.iter().any(|process| *process >= 5), "{crashed} crashed");
    let clients = clients_of(&record);
    // Ten for init and setup, five threads, and one more for each crash that another operation of the thread followed.
    assert!(clients > 15 + crashed - 5 && clients <= 15 + crashed, "{clients} clients, {crashed} crashes");
}

fn clients_of(record: &Record) -> usize {
    let sends = record.journal.entries.iter().filter(|entry| entry.src.starts_with('c'));
    sends.map(|entry| entry.src.clone()).collect::<std::collections::BTreeSet<_>>().len()
}

#[test]
fn unique_ids_keeps_its_clients_whatever_happens() {
    let mut options = options(Name::UniqueIds, 7);
    options.time_limit = Duration::from_secs(30);
    let record = run(options, silent());
    assert!(completions(&record).all(|op| op.kind == Kind::Info));
    assert_eq!(clients_of(&record), 5 + 5, "those for init and one for each thread");
}

#[test]
fn an_interrupted_run_keeps_what_there_is() {
    let mut simulation = Simulation::new(options(Name::Echo, 15), echoing());
    while simulation.now() < Time::from_millis(2_000) {
        assert!(simulation.step());
    }
    assert_eq!(simulation.run().progress(simulation.now()).stage, Stage::Running);
    let now = simulation.now();
    simulation.run_mut().interrupt(now);
    assert!(!simulation.step());
    let record = simulation.into_record();
    assert!(record.interrupted && record.crash.is_none() && !record.history.ops.is_empty());
}

#[test]
fn the_countdown_of_recovery_counts_though_nothing_happens_meanwhile() {
    let mut simulation = Simulation::new(options(Name::Broadcast, 15), broadcasting());
    while simulation.run().progress(simulation.now()).stage != Stage::Recovering {
        assert!(simulation.step());
    }
    let begun = simulation.now();
    let left = |seconds| simulation.run().progress(begun + Duration::from_secs(seconds)).remaining.unwrap();
    assert_eq!(left(0) - left(3), Duration::from_secs(3));
}

#[test]
fn partitions_start_at_once_and_are_healed_before_the_final_phase() {
    let mut options = options(Name::Broadcast, 16);
    (options.nemesis, options.time_limit) = (vec![Fault::Partition], Duration::from_secs(60));
    let record = run(options, broadcasting());
    let acts: Vec<&Op> = record.history.ops.iter().filter(|op| op.process == Process::Nemesis).collect();
    assert!(acts.iter().all(|op| op.kind == Kind::Info));
    assert_eq!((Time::from_nanos(acts[0].time_ns), acts[0].f), (Time::ZERO, "start-partition"));
    for (turn, pair) in acts.chunks(2).enumerate() {
        let is_last = turn == acts.len() / 2 - 1;
        let f = if turn % 2 == 1 || is_last { "stop-partition" } else { "start-partition" };
        assert_eq!(
            (pair[0].f, pair[1].f, Time::from_nanos(pair[0].time_ns)),
            (f, f, Time::from_nanos(pair[1].time_ns))
        );
    }
    assert!(acts[1].value.to_string().starts_with("[:isolated {\"n0\" #{"), "{}", acts[1].value);
    let last = acts.last().unwrap();
    assert_eq!(last.value, Value::keyword("network-healed"));
    assert!(
        record
            .history
            .ops
            .iter()
            .filter(|op| op.is_final)
            .all(|op| Time::from_nanos(op.time_ns) > Time::from_nanos(last.time_ns))
    );
}

#[test]
fn a_rate_of_zero_waits_for_the_time_limit() {
    let mut options = options(Name::Echo, 17);
    options.rate = 0.0;
    let record = run(options, echoing());
    assert!(record.history.ops.is_empty());
    let main = Time::ZERO + record.duration;
    assert_eq!(main.since(record.start.unwrap()), Duration::from_secs(5));
}

#[test]
fn when_all_threads_are_busy_operations_are_late_and_not_lost() {
    let mut options = options(Name::UniqueIds, 18);
    (options.rate, options.time_limit) = (1_000.0, Duration::from_secs(21));
    let record = run(options, silent());
    assert_eq!(invocations(&record).len(), 5 * 5, "five threads, each busy for 5 s at a time");
    assert_eq!(Time::from_nanos(record.history.ops.last().unwrap().time_ns).as_nanos() / 1_000_000_000, 25);
}

#[test]
fn the_same_seed_gives_the_same_history_and_journal_and_another_seed_another() {
    let bytes = |seed| {
        let mut options = options(Name::Broadcast, seed);
        options.nemesis = vec![Fault::Partition];
        let record = run(options, broadcasting());
        let ops: Vec<String> = record.history.ops.iter().map(|op| op.to_value().to_string()).collect();
        (ops.join("\n"), record.journal.entries)
    };
    assert_eq!(bytes(19), bytes(19));
    assert_ne!(bytes(19).0, bytes(20).0);
}

#[test]
fn operations_and_messages_are_logged_if_that_is_wanted() {
    let mut options = options(Name::Echo, 21);
    (options.log.net_send, options.time_limit) = (true, Duration::from_secs(1));
    let mut simulation = Simulation::new(options, echoing());
    simulation.keep_log();
    while simulation.step() {}
    let log = simulation.take_log();
    let sends = log.iter().filter(|line| line.message.starts_with(":send #")).count();
    let operations = log.iter().filter(|line| line.thread.starts_with("jepsen worker ")).count();
    assert!(!log.iter().any(|line| line.message.starts_with(":recv")));
    assert!(log.iter().any(|line| line.message.contains("\t:invoke\t:echo\t\"Please echo ")));
    let record = simulation.into_record();
    assert_eq!(sends as u64, record.journal.statistics.all().sent);
    assert_eq!(operations, record.history.ops.len());
}
