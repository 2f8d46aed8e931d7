//! Machines with a disk: whatever dies, however often and all at once, nothing that was acknowledged is lost.
//!
//! Kills, pauses, partitions and all else that a swarm draws; disks whose syncs take time, which lose, keep or tear what was not
//! synced, and are full now and then. The checkers are those of the workloads, which know nothing of disks.

use std::time::Duration;

use bench::options::{Disks, Options, Workload};
use worlds::scenario::Scenario;
use worlds::sweep::{self, Outcome, Plan, Sweep, Verdict};

/// Each workload, with nodes and operations a second.
const LOADS: [(Workload, usize, f64); 6] = [
    (Workload::Broadcast, 5, 50.0),
    (Workload::GSet, 5, 50.0),
    (Workload::GCounter, 3, 50.0),
    (Workload::PnCounter, 3, 50.0),
    (Workload::Kafka, 3, 100.0),
    (Workload::TxnRwRegister, 3, 100.0),
];

fn swept((workload, nodes, rate): (Workload, usize, f64), seeds: u64) -> Sweep {
    let options = Options {
        rate,
        concurrency: 2 * nodes,
        time_limit: Duration::from_secs(20),
        consistency_models: ["read-atomic", "causal-cerone"].map(str::to_owned).to_vec(),
        disks: Some(Disks::default()),
        ..Options::new(workload, nodes)
    };
    let scenario = Scenario::new(options).expect("there is a machine for each of these");
    let plan = Plan { seeds, swarm: Some(scenario.machine.claims()), ..Plan::new(scenario.options.clone()) };
    sweep::run(&plan, &|| scenario.programs(), |_| {})
}

/// Every run is valid, and all that could go wrong with disks has.
fn nothing_is_lost(seeds: u64) {
    let mut all: Vec<Outcome> = Vec::new();
    for load in LOADS {
        let sweep = swept(load, seeds);
        let failure = sweep.failures().next().map(|outcome| (outcome.seed, outcome.why.clone()));
        assert_eq!((sweep.count(Verdict::Valid), failure), (seeds as usize, None), "{:?}", load.0);
        all.extend(sweep.outcomes);
    }
    let sums = [
        ("all nodes dead at a time", all.iter().map(|run| run.extinctions).sum()),
        ("unsynced bytes lost", all.iter().map(|run| run.disks.unsynced_lost).sum()),
        ("tails torn", all.iter().map(|run| run.disks.torn).sum()),
        ("checkpoints", all.iter().map(|run| run.disks.checkpoints).sum::<u64>()),
        ("full disks", all.iter().map(|run| run.disks.full).sum()),
    ];
    // A checkpoint takes a moment: who dies just then is one in hundreds.
    let cut_short = all.iter().map(|run| run.disks.checkpoints_cut_short).sum::<u64>();
    println!("of {} runs: {sums:?}, checkpoints cut short {cut_short}", all.len());
    assert!(cut_short >= seeds / 500, "{cut_short} checkpoints cut short");
    assert!(sums.iter().all(|(_, sum)| *sum >= seeds.div_ceil(50)), "{sums:?}");
}

#[test]
fn with_a_disk_nothing_is_lost_whatever_dies() {
    nothing_is_lost(25);
}

#[test]
#[ignore = "takes minutes"]
fn with_a_disk_nothing_is_lost_in_thousands_of_runs() {
    nothing_is_lost(1000);
}
