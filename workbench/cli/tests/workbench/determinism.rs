//! The same seed gives the same bytes: history, journal and results, twice in one process, whatever faults there are, in
//! debug and in release builds. A run that was stored and read back is that very run.

use std::fmt::Write;

use bench::options::{Options, Workload};
use bench::run::Record;
use expect_test::expect_file;
use report::messages::messages;
use report::{Subject, page};
use store::{LocalTime, Origin, Store};
use workbench::read_scenario;
use worlds::scenario::{OurMachine, Scenario};
use worlds::simulated;
use worlds::sweep::swarm;

const SEEDS: [u64; 3] = [1, 2, 3];

/// Every machine on every workload that it serves, with swarm faults.
fn scenarios() -> impl Iterator<Item = Scenario> {
    let pairs = OurMachine::ALL
        .into_iter()
        .flat_map(|machine| machine.workloads().iter().map(move |w| (machine, *w)));
    pairs.flat_map(|(machine, workload)| SEEDS.map(|seed| scenario(machine, workload, seed)))
}

fn scenario(machine: OurMachine, workload: Workload, seed: u64) -> Scenario {
    let words = "--node-count 3 --concurrency 2n --rate 50 --time-limit 5 --latency 20";
    let words = format!("-w {} --machine {} {words} --seed {seed}", workload.name(), machine.name());
    let scenario = read_scenario(&words).expect("these are words that make sense");
    Scenario { options: swarm(&scenario.options, machine.claims()), ..scenario }
}

/// All that a run leaves, as bytes.
fn bytes(record: &Record) -> String {
    let mut bytes = String::new();
    for op in &record.history.ops {
        writeln!(bytes, "{}", op.to_value()).expect("a string takes any text");
    }
    for entry in &record.journal.entries {
        writeln!(bytes, "{entry:?}").expect("a string takes any text");
    }
    let results = record.judge();
    writeln!(bytes, "{}", results.value).expect("a string takes any text");
    bytes
}

/// FNV-1a: what the standard library hashes with may change with the compiler.
fn digest(bytes: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    bytes.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

fn run(scenario: &Scenario) -> String {
    let Options { seed, .. } = scenario.options;
    let record = simulated::run(scenario.options.clone(), scenario.programs());
    assert_eq!(record.options.seed, seed);
    bytes(&record)
}

#[test]
fn the_same_seed_gives_the_same_bytes_for_every_machine_under_swarm_faults() {
    for scenario in scenarios().filter(|scenario| scenario.options.seed == SEEDS[0]) {
        assert!(run(&scenario) == run(&scenario), "{scenario}");
    }
}

/// What is judged and shown of a run is all in its files.
#[test]
fn a_run_that_was_stored_and_read_back_has_the_same_report_for_every_machine_under_swarm_faults() {
    let started = LocalTime { unix_ms: 0, offset_minutes: 0 };
    let directory = tempfile::tempdir().expect("there is room for a directory");
    for scenario in scenarios().filter(|scenario| scenario.options.seed == SEEDS[0]) {
        let record = simulated::run(scenario.options.clone(), scenario.programs());
        let store = Store::create(directory.path(), "runs", started).expect("the directory is ours");
        let origin = Origin { scenario: Some(scenario.clone()), ..Origin::default() };
        store.write_record(&record, &origin).expect("there is room for the files");
        let stored = Store::read(&store.directory()).expect("what was written can be read");
        assert_eq!(stored.origin, origin);
        assert_eq!(stored.record.nodes, record.nodes);
        assert!(bytes(&stored.record) == bytes(&record), "{scenario}");
        let report = |record: &Record| {
            let results = record.judge();
            page::report(&Subject::new(record, Some(&results))) + &messages(record)
        };
        assert!(report(&stored.record) == report(&record), "{scenario}");
    }
}

/// `cargo test` and `cargo test --release` both compare with the one committed file. When a machine is meant to say other
/// things than before, `just golden` accepts what it says now.
#[test]
fn debug_and_release_builds_give_the_bytes_that_they_always_gave() {
    let digests: Vec<(String, u64)> =
        scenarios().map(|scenario| (scenario.to_string(), digest(&run(&scenario)))).collect();
    let mut table = String::new();
    for (scenario, digest) in digests {
        writeln!(table, "{digest:016x}  {scenario}").expect("a string takes any text");
    }
    expect_file!["determinism.txt"].assert_eq(&table);
}
