//! Every machine under swarm faults, a few seeds each; `just sweep` runs the challenges' own flags over a thousand.

use std::num::NonZero;
use std::thread;

use bench::options::Workload;
use workbench::read_scenario;
use worlds::scenario::{OurMachine, Scenario};
use worlds::sweep::{COUNTS, Outcome, Plan, Verdict, run};

/// Runs of each machine on each workload, times `SEED_FACTOR`.
const SEEDS: u64 = 4;
/// What the machine for transactions promises, and those that keep house in a service too.
const MODELS: &str = "read-committed,read-atomic,causal-cerone";

fn sweep(machine: OurMachine, workload: Workload) -> Vec<Outcome> {
    let load = "--node-count 4 --concurrency 2n --rate 40 --time-limit 20 --latency 10 --seed 1";
    let words =
        format!("-w {} --machine {} {load} --consistency-models {MODELS}", workload.name(), machine.name());
    let scenario = read_scenario(&words).expect("these are words that make sense");
    let threads = thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let swarm = Some(machine.claims());
    let plan = Plan { seeds: crate::seeds(SEEDS), threads, swarm, ..Plan::new(scenario.options.clone()) };
    let sweep = run(&plan, &|| scenario.programs(), |_| {});
    for outcome in &sweep.outcomes {
        let scenario = Scenario { options: plan.options_for(outcome.seed), ..scenario.clone() };
        assert_eq!(
            read_scenario(&scenario.to_string()),
            Ok(scenario),
            "a run can be written down and read again"
        );
    }
    if let Some(failure) = sweep.failures().next() {
        let scenario = Scenario { options: plan.options_for(failure.seed), ..scenario.clone() };
        panic!("{}: {:?}\nworkbench sim {scenario}", failure.verdict.name(), failure.why);
    }
    assert_eq!(sweep.verdict(), Verdict::Valid);
    sweep.outcomes
}

#[test]
fn every_machine_does_its_work_under_swarm_faults_and_each_fault_does_happen() {
    let pairs = OurMachine::ALL
        .into_iter()
        .flat_map(|machine| machine.workloads().iter().map(move |w| (machine, *w)));
    let outcomes: Vec<Outcome> = pairs.flat_map(|(machine, workload)| sweep(machine, workload)).collect();
    // Nodes have no disks here: what befalls those is for the tests of durable machines.
    let of_disks = ["unsynced-lost", "torn-tails", "checkpoints", "checkpoints-cut-short", "full-disks"];
    let seeds = crate::seeds(SEEDS);
    for (name, count) in COUNTS.into_iter().filter(|(name, _)| !of_disks.contains(name)) {
        let runs = outcomes.iter().filter(|outcome| count(outcome) > 0).count();
        assert!(runs as u64 > seeds + seeds / 4, "{name} in {runs} of {} runs only", outcomes.len());
    }
}
