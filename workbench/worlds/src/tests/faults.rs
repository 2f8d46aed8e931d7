//! Kills and pauses in virtual time: what they do to nodes, and what the history says of them.

use crate::Spawn;
use crate::simulated::{self, Simulation};
use crate::testing::{answering_init_too, honest, options};
use bench::network::Event;
use bench::options::{Fault, Options, Workload};
use bench::run::Record;
use edn::Value;
use judge::history::{Kind, Op, Process};
use machines::Time;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// Half a minute under these faults, which come every second.
fn options_under(faults: &[Fault], seed: u64) -> Options {
    let mut options = options(Workload::Broadcast, seed);
    options.nemesis = faults.to_vec();
    (options.nemesis_interval, options.time_limit) = (Duration::from_secs(1), Duration::from_secs(30));
    options.rate = 20.0;
    options
}

fn run(faults: &[Fault], seed: u64) -> Record {
    let record = simulated::run(options_under(faults, seed), honest(Workload::Broadcast));
    assert_eq!(record.crash, None);
    record
}

/// The nemesis's operations, each with its completion.
fn acts(record: &Record) -> Vec<[&Op; 2]> {
    let ops: Vec<&Op> = record.history.ops.iter().filter(|op| op.process == Process::Nemesis).collect();
    assert!(ops.iter().all(|op| op.kind == Kind::Info));
    let pairs: Vec<[&Op; 2]> = ops.chunks(2).map(|pair| [pair[0], pair[1]]).collect();
    assert!(pairs.iter().all(|[begin, end]| begin.f == end.f));
    pairs
}

/// For each node, the times from each operation `from` that hit it to the next operation `to`.
fn spans(record: &Record, from: &str, to: &str) -> Vec<(String, Time, Time)> {
    let acts = acts(record);
    let mut spans = Vec::new();
    for (index, [_, hit]) in acts.iter().enumerate().filter(|(_, [begin, _])| begin.f == from) {
        let after = acts[index..].iter().find(|[begin, _]| begin.f == to).unwrap();
        let Value::Map(victims) = &hit.value else { panic!("{:?}", hit.value) };
        spans.extend(victims.iter().map(|(node, _)| {
            (
                node.as_text().unwrap().to_owned(),
                Time::from_nanos(hit.time_ns),
                Time::from_nanos(after[0].time_ns),
            )
        }));
    }
    spans
}

/// The journal's time, as the history counts.
fn history_time(record: &Record, time: Time) -> Time {
    Time::ZERO + time.since(record.start.unwrap())
}

#[test]
fn the_history_tells_who_was_chosen_and_what_became_of_whom() {
    let record = run(&[Fault::Kill, Fault::Pause], 1);
    let known = [":killed", ":started", ":already-running", ":paused", ":resumed", ":not-running"];
    let mut seen = std::collections::BTreeSet::new();
    for [begin, end] in acts(&record) {
        let specs = ["nil", ":one", ":minority-third", ":minority", ":majority", ":all"];
        let spec = begin.value.to_string();
        assert!(specs.contains(&spec.as_str()), "{spec}");
        assert!(["kill", "pause"].contains(&begin.f) || spec == ":all", "{begin:?}");
        let Value::Map(outcomes) = &end.value else { panic!("{:?}", end.value) };
        assert!(spec != ":all" || outcomes.len() == 5, "{} {}", spec, end.value);
        seen.extend(outcomes.iter().map(|(_, outcome)| outcome.to_string()));
    }
    assert_eq!(seen, known.map(str::to_owned).into());
}

#[test]
fn a_killed_node_hears_and_says_nothing_and_begins_anew_with_init() {
    let record = run(&[Fault::Kill], 2);
    let spans = spans(&record, "kill", "start");
    assert!(spans.len() > 20, "{}", spans.len());
    for (node, killed, started) in &spans {
        let during = record.journal.entries.iter().filter(|entry| {
            let time = history_time(&record, entry.time);
            *killed < time && time < *started
        });
        let heard = during.clone().filter(|entry| entry.event == Event::Receive && *entry.dest == **node);
        assert_eq!(heard.count() + during.filter(|entry| *entry.src == **node).count(), 0, "{node}");
        let next = record.journal.entries.iter().find(|entry| {
            let time = history_time(&record, entry.time);
            *started <= time && entry.event == Event::Receive && *entry.dest == **node
        });
        assert!(
            next.unwrap().body.text().contains("\"type\":\"init\""),
            "{node} after {started:?}: {next:?}"
        );
    }
    let kills: u64 = record.nodes.iter().map(|node| node.kills).sum();
    assert_eq!(kills as usize, spans.len());
}

#[test]
fn every_start_is_a_new_program() {
    let starts = Rc::new(Cell::new(0));
    let mut spawn = honest(Workload::Broadcast);
    let counted = starts.clone();
    let counting: Spawn = Box::new(move |node, seed| {
        counted.set(counted.get() + 1);
        spawn(node, seed)
    });
    let record = simulated::run(options_under(&[Fault::Kill], 3), counting);
    let kills: u64 = record.nodes.iter().map(|node| node.kills).sum();
    assert!(kills > 10);
    assert_eq!(starts.get(), 5 + kills, "all nodes are up in the end");
}

#[test]
fn a_paused_node_says_nothing_and_answers_afterwards_what_came_meanwhile() {
    let record = run(&[Fault::Pause], 4);
    let spans = spans(&record, "pause", "resume");
    assert!(spans.len() > 20, "{}", spans.len());
    let mut waited = 0;
    for (node, paused, resumed) in &spans {
        let of_node =
            record.journal.entries.iter().filter(|entry| entry.event == Event::Send && *entry.src == **node);
        let mut times = of_node.map(|entry| history_time(&record, entry.time));
        assert!(times.clone().all(|time| time <= *paused || *resumed <= time), "{node}");
        waited += usize::from(times.any(|time| time == *resumed));
    }
    assert!(waited > 10, "{waited} nodes had something to answer");
}

#[test]
fn in_the_end_all_nodes_are_up_before_they_get_time_to_recover() {
    for seed in 0..10 {
        let record = run(&[Fault::Kill, Fault::Pause, Fault::Partition], seed);
        let acts = acts(&record);
        let last: Vec<&str> = acts[acts.len() - 3..].iter().map(|[begin, _]| begin.f).collect();
        assert_eq!(last, ["stop-partition", "resume", "start"]);
        let finals: Vec<&Op> = record.history.ops.iter().filter(|op| op.is_final).collect();
        let recovered = Time::from_nanos(acts.last().unwrap()[1].time_ns) + Duration::from_secs(10);
        assert!(finals.iter().all(|op| Time::from_nanos(op.time_ns) >= recovered));
        assert_eq!(finals.iter().filter(|op| op.kind == Kind::Ok).count(), 5, "every node answers");
    }
}

#[test]
fn without_a_final_phase_nothing_is_healed() {
    let left_broken = (0..10).filter(|seed| {
        let mut options = options_under(&[Fault::Partition], *seed);
        options.workload = Workload::Echo;
        let record = simulated::run(options, honest(Workload::Echo));
        acts(&record).last().unwrap()[0].f == "start-partition"
    });
    assert!((1..10).contains(&left_broken.count()), "about half of the runs end partitioned");
}

#[test]
fn starting_ends_when_all_have_answered_init_and_meanwhile_the_nemesis_waits() {
    let record = run(&[Fault::Kill, Fault::Partition], 5);
    let slow = acts(&record).into_iter().filter(|[begin, end]| {
        begin.f == "start" && Time::from_nanos(begin.time_ns) < Time::from_nanos(end.time_ns)
    });
    assert!(slow.count() > 3, "a program takes a moment to boot");
    // That operations and their completions alternate is checked on the way.
    assert!(
        acts(&record).iter().all(|[begin, end]| begin.f == "start"
            || Time::from_nanos(begin.time_ns) == Time::from_nanos(end.time_ns))
    );
}

#[test]
fn a_node_that_does_not_come_back_ends_the_run_without_a_verdict() {
    let inits = Rc::new(Cell::new(0));
    let spawn = answering_init_too(move |heard| {
        inits.set(inits.get() + u32::from(heard.kind() == "init"));
        (inits.get() <= 5).then(|| format!("\"type\":\"{}_ok\"", heard.kind()))
    });
    let record = simulated::run(options_under(&[Fault::Kill], 6), spawn);
    let crash = record.crash.unwrap();
    assert!(crash.reason.ends_with("did not answer init in time"), "{}", crash.reason);
}

#[test]
fn a_node_that_ends_by_itself_is_a_crash_unless_it_was_killed() {
    let mut simulation = Simulation::new(options_under(&[Fault::Kill], 7), honest(Workload::Broadcast));
    while simulation.run().progress(simulation.now()).down == 0 {
        assert!(simulation.step());
    }
    let killed: Vec<bool> = (0..5).map(|node| simulation.run().is_down(node)).collect();
    let now = simulation.now();
    for node in (0..5).filter(|node| killed[*node]) {
        simulation.run_mut().on_exit(now, node, "signal: 9 (SIGKILL)".into());
        assert!(!simulation.run().finished());
    }
    let alive = killed.iter().position(|killed| !killed).expect("with this seed some nodes live");
    simulation.run_mut().on_exit(now, alive, "exit status: 0".into());
    assert_eq!(simulation.into_record().crash.unwrap().node, Some(alive));
}

#[test]
fn the_same_seed_kills_and_pauses_the_same_nodes_at_the_same_times() {
    let bytes = |seed| {
        let record = run(&[Fault::Kill, Fault::Pause, Fault::Partition], seed);
        let ops: Vec<String> = record.history.ops.iter().map(|op| op.to_value().to_string()).collect();
        (ops.join("\n"), record.journal.entries)
    };
    assert_eq!(bytes(8), bytes(8));
    assert_ne!(bytes(8).0, bytes(9).0);
}
