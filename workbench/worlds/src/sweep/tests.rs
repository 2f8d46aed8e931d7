use super::*;
use crate::spawn;
use crate::testing::answering;
use bench::options::{Fault, Hazards, Latency, LatencyDistribution, Workload};
use machines::Broadcast;

fn plan(threads: usize) -> Plan {
    let latency = Latency { mean_ms: 10, distribution: LatencyDistribution::Exponential };
    let options = Options {
        time_limit: Duration::from_secs(3),
        rate: 30.0,
        latency,
        nemesis: vec![Fault::Partition],
        nemesis_interval: Duration::from_secs(1),
        seed: 40,
        ..Options::new(Workload::Broadcast, 5)
    };
    Plan { seeds: 12, threads: NonZero::new(threads).unwrap(), ..Plan::new(options) }
}

#[test]
fn outcomes_come_in_the_order_of_their_seeds_and_do_not_depend_on_the_number_of_threads() {
    let programs = || spawn::<Broadcast>(Default::default());
    let sweeps = [1, 3, 8].map(|threads| run(&plan(threads), &programs, |_| {}));
    let seeds: Vec<u64> = sweeps[0].outcomes.iter().map(|outcome| outcome.seed).collect();
    assert_eq!(seeds, (40..52).collect::<Vec<_>>());
    assert_eq!(sweeps[0], sweeps[1]);
    assert_eq!(sweeps[0], sweeps[2]);
    assert_eq!(sweeps[0].to_value().to_string(), sweeps[2].to_value().to_string());
    assert!(sweeps[0].outcomes.iter().any(|outcome| outcome.statistics.cut > 0));
    assert_ne!(sweeps[0].outcomes[0].statistics, sweeps[0].outcomes[1].statistics);
}

#[test]
fn a_sweep_shows_every_outcome_once_and_is_as_bad_as_its_worst_run() {
    // Nodes that forget what they were told: every run with a broadcast is invalid.
    let programs = || {
        answering(|heard| match heard.kind() {
            "read" => Some("\"type\":\"read_ok\",\"messages\":[]".into()),
            kind => Some(format!("\"type\":\"{kind}_ok\"")),
        })
    };
    let mut shown = Vec::new();
    let sweep = run(&plan(2), &programs, |outcome| shown.push(outcome.seed));
    shown.sort_unstable();
    assert_eq!(shown, (40..52).collect::<Vec<_>>());
    assert_eq!((sweep.count(Verdict::Invalid), sweep.verdict()), (12, Verdict::Invalid));
    assert!(sweep.failures().all(|outcome| outcome.why.is_some()));
    assert_eq!(sweep.to_value().get("valid?").unwrap().to_string(), "false");
}

#[test]
fn a_run_that_breaks_off_is_worse_than_one_that_is_invalid() {
    let silent = || answering(|_| None);
    let sweep = run(&Plan { seeds: 1, ..plan(1) }, &silent, |_| {});
    assert_eq!(sweep.verdict(), Verdict::Broken);
    let why = sweep.outcomes[0].why.as_deref().unwrap_or_default();
    assert!(why.contains("did not answer"), "{why}");
}

/// Nodes that share all they know, but forget every value that ends in 7.
fn forgetful() -> crate::Spawn {
    let mut values = Vec::new();
    answering(move |heard| match heard.kind() {
        "broadcast" => {
            values.extend(heard.body["message"].as_i64().filter(|value| value % 10 != 7));
            Some("\"type\":\"broadcast_ok\"".into())
        }
        "read" => Some(format!("\"type\":\"read_ok\",\"messages\":{values:?}")),
        kind => Some(format!("\"type\":\"{kind}_ok\"")),
    })
}

#[test]
fn a_failing_run_shrinks_to_a_short_one_of_one_node_without_faults() {
    let failing = swarm(&plan(1).options, Claims::default());
    let shrunk = [1, 4].map(|threads| shrink(&failing, &forgetful, NonZero::new(threads).unwrap()).unwrap());
    assert_eq!(shrunk[0], shrunk[1], "the number of threads makes a difference");
    let Shrunk { options, outcome, runs, .. } = &shrunk[0];
    assert_eq!((options.nodes.len(), options.time_limit), (1, Duration::from_secs(1)));
    assert_eq!((options.nemesis.len(), options.hazards), (0, Hazards::default()));
    assert!(options.rate < 30.0 && outcome.operations < 40, "{} operations", outcome.operations);
    assert_eq!((outcome.verdict, outcome.kind()), (Verdict::Invalid, "lost"));
    assert!((2..=MOST_RUNS).contains(runs), "{runs} runs");
    let again = Outcome::of(&record(options.clone(), forgetful()));
    assert_eq!(&again, outcome, "the smallest run replays");
}

#[test]
fn runs_that_take_long_are_tried_less_often() {
    let failing = swarm(&plan(1).options, Claims::default());
    let runs = [1e3, 1e6].map(|most| {
        let shrunk = shrink::shrink_within(most, &failing, &forgetful, NonZero::<usize>::MIN).unwrap();
        assert_eq!(shrunk.outcome.kind(), "lost");
        shrunk.runs
    });
    assert!(runs[0] < runs[1], "{runs:?}");
}

#[test]
fn a_run_that_does_not_fail_is_not_shrunk() {
    let programs = || spawn::<Broadcast>(Default::default());
    assert_eq!(shrink(&plan(1).options, &programs, NonZero::<usize>::MIN), None);
}

#[test]
fn a_trace_says_who_said_what_to_whom_and_what_did_not_arrive() {
    let options = Options {
        hazards: Hazards { loss: 0.2, duplication: 0.2, ..Hazards::default() },
        time_limit: Duration::from_secs(2),
        ..plan(1).options
    };
    let record = crate::simulated::run(options, spawn::<Broadcast>(Default::default()));
    let all = trace(&record, usize::MAX);
    for expected in
        ["──▶ n1", "──▷", " lost ", " cut ", "══▶", " and ", "nemesis start-partition", "\"broadcast\""]
    {
        assert!(all.contains(expected), "no {expected} in\n{all}");
    }
    let end = trace(&record, 10);
    assert_eq!(end.lines().count(), 11);
    assert!(end.contains(" earlier\n"), "{end}");
    assert_eq!(end.lines().last(), all.lines().last());
}
