use super::*;
use crate::options::{Fault, Latency, LatencyDistribution, Workload};
use crate::testing::answering;
use crate::world::spawn;
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
