use super::*;
use bench::network::{Count, Statistics};
use bench::options::{
    Availability, Disks, Fault, Hazards, Latency, LatencyDistribution, Options, Topology, Unsynced, Workload,
};
use bench::run::{Muted, NodeRecord, Oddity, Slip};
use machines::Time;
use std::time::Duration;

/// A value that is not the default, for everything that can be asked.
fn options() -> Options {
    let default = Options::new(Workload::TxnRwRegister, 3);
    Options {
        concurrency: 6,
        time_limit: Duration::from_secs(7),
        rate: 12.5,
        latency: Latency { mean_ms: 7, distribution: LatencyDistribution::Exponential },
        nemesis: vec![Fault::Pause, Fault::Partition],
        nemesis_interval: Duration::from_millis(1_500),
        hazards: Hazards {
            loss: 0.1,
            duplication: 0.2,
            reordering: 0.3,
            reach_services: true,
            drift_ppm: 16_000,
            slowness: Duration::from_millis(3),
        },
        disks: Some(Disks { sync: Duration::from_millis(4), unsynced: Unsynced::Torn, full: 0.4 }),
        topology: Topology::Tree(3),
        availability: Some(Availability::AtLeast(0.5)),
        consistency_models: vec!["read-atomic".into(), "causal-cerone".into()],
        key_count: 3,
        max_txn_length: 9,
        max_writes_per_key: 99,
        init_timeout: Duration::from_millis(2_500),
        recovery: Duration::from_nanos(1_234_567_891),
        analysis_timeout: Some(Duration::from_millis(700)),
        seed: u64::MAX,
        ..default
    }
}

fn record() -> Record {
    let count = |sent| Count { sent, received: sent - 1 };
    let statistics = Statistics {
        clients: count(20),
        servers: count(10),
        server_bytes: 1_000,
        cut: 1,
        lost: 2,
        duplicated: 3,
        delayed: 4,
    };
    let (options, reason) = (options(), "it is \"no\" JSON\n".to_owned());
    let muted = Muted { time: Time::from_millis(3), line_number: 4, line: "\u{1b}[2J".into(), reason };
    let late = Oddity { slip: Slip::Late, count: 6, time: Time::from_millis(9), example: "{}".into() };
    let oddities =
        vec![late, Oddity { slip: Slip::Unserved, count: 1, time: Time::ZERO, example: "\n".into() }];
    let idle = NodeRecord { name: "n0".into(), ..NodeRecord::default() };
    let busy = NodeRecord {
        lines: 5,
        stale_answers: 2,
        unread: 3,
        unfinished: Some("{".into()),
        muted: Some(muted),
        oddities,
        backlog: 6,
        stdout_closed: true,
        ..idle.clone()
    };
    let exited = Some("exit status: 1".into());
    Record {
        nodes: vec![idle.clone(), busy, NodeRecord { kills: 7, pauses: 8, exited, ..idle }],
        options,
        history: History::default(),
        journal: Journal::of_sums(statistics),
        start: Some(Time::from_nanos(12_345_678)),
        duration: Duration::from_nanos(20_000_000_001),
        extinctions: 0,
        crash: None,
        interrupted: false,
    }
}

fn text(record: &Record, origin: &Origin, verdict: Option<Validity>) -> String {
    edn::pretty(&value(record, origin, verdict))
}

#[track_caller]
fn survives(record: &Record, origin: &Origin, verdict: Option<Validity>) {
    let read = read(&text(record, origin, verdict)).unwrap();
    let written = format!("{:?}", (record, origin, verdict));
    assert_eq!(format!("{:?}", (read.record, read.origin, read.verdict)), written);
}

#[test]
fn everything_survives_being_written_and_read() {
    for verdict in [None, Some(Validity::True), Some(Validity::Unknown), Some(Validity::False)] {
        survives(&record(), &Origin::default(), verdict);
    }
    for availability in [None, Some(Availability::Total), Some(Availability::AtLeast(1.0))] {
        survives(
            &Record { options: Options { availability, ..options() }, ..record() },
            &Origin::default(),
            None,
        );
    }
    let last_words = Some("Node n1:\n  \"bye\"".to_owned());
    let crash = Some(Crash { last_words, ..Crash::new(None, "node n1 is \"gone\"") });
    survives(&Record { crash, start: None, ..record() }, &Origin::default(), None);
    survives(&Record { interrupted: true, ..record() }, &Origin::default(), None);
}

#[test]
fn where_a_run_came_from_survives_too() {
    let command = Some("workbench test --bin 'my node'".to_owned());
    survives(
        &record(),
        &Origin { command: command.clone(), challenge: Some("3d".into()), scenario: None },
        None,
    );
    let scenario = Scenario { machine: OurMachine::Txn, round: None, fan_out: None, options: options() };
    survives(
        &record(),
        &Origin { command: command.clone(), scenario: Some(scenario.clone()), ..Origin::default() },
        None,
    );
    let (round, fan_out) = (Some(Duration::from_millis(350)), Some(3));
    let scenario = Some(Scenario { round, fan_out, ..scenario });
    survives(&record(), &Origin { command, scenario, ..Origin::default() }, None);
}

/// As it was before there were hazards in it, and with something that may come one day.
#[test]
fn what_a_store_does_not_say_is_as_it_is_without_a_flag() {
    let count = "{:send 9, :recv 8, :msg 9}";
    let text = format!(
        "{{:name \"echo\", :nodes [\"n0\"], :concurrency 1, :time-limit 60.0, :rate 5.0, :latency {{:mean 0, :dist :constant}}, \
         :nemesis [], :nemesis-interval 10.0, :availability nil, :consistency-models [\"strict-serializable\"], :seed \"0\", \
         :messages {{:all {count}, :clients {count}, :servers {count}}}, :crash nil, :weather :fine}}"
    );
    let StoredRun { record, origin, verdict } = read(&text).unwrap();
    assert_eq!(record.options, Options::new(Workload::Echo, 1));
    assert_eq!((origin, verdict), (Origin::default(), None));
    assert_eq!((record.start, record.duration, record.nodes.len()), (None, Duration::ZERO, 1));
    assert_eq!(record.journal.statistics.servers, Count { sent: 9, received: 8 });
}

#[test]
fn what_is_amiss_is_named() {
    let text = text(&record(), &Origin::default(), None);
    assert!(read("{:name").unwrap_err().contains("unexpected end"));
    for (key, from, to) in [
        ("name", ":name \"txn", ":name \"no-txn"),
        ("nodes", "[\"n0\"", "[7"),
        ("concurrency", ":concurrency 6", ":concurrency -6"),
        ("time-limit", ":time-limit 7.0", ":time-limit :long"),
        ("nemesis", ":pause", ":earthquake"),
        ("hazards", ":drift-ppm 16000", ":drift-ppm -1"),
        ("disks", ":torn", ":thrown"),
        ("topology", ":tree3", ":tree9"),
        ("key-count", ":key-count 3", ":key-count 3.0"),
        ("recovery", ":recovery 1", ":recovery -1"),
        ("messages", ":messages", ":letters"),
        ("messages", ":cut 1", ":cut :one"),
        ("node-records", ":line-number 4", ":line-number nil"),
        ("interrupted?", ":interrupted? false", ":interrupted? 0"),
        ("valid?", ":valid? nil", ":valid? :perhaps"),
    ] {
        assert!(text.contains(from), "{text}");
        assert_eq!(read(&text.replace(from, to)).unwrap_err(), format!("no usable :{key}"));
    }
}
