//! From the command line's texts to [`Options`]: every value judged, every mistake named (§1.2, §1.5).

mod judge;

use super::arguments::{RunArguments, SimArguments};
use bench::options::{INIT_TIMEOUT, LogOptions, Options, RECOVERY, Workload};
use std::num::NonZero;
use std::time::Duration;
use worlds::scenario::{Foreign, Scenario};
use worlds::sweep::MOST_SEEDS;

use judge::{Judge, LONGEST_SECONDS, comma_list};

/// A transaction is made of so many operations at most: one that is longer takes longer to make than any node takes to refuse it.
const MOST_OPERATIONS: i64 = 10_000;
/// Of what only is counted. More would end nowhere.
const MOST: i64 = 1_000_000_000;
/// Most runs of a sweep at a time.
const MOST_THREADS: usize = 1_024;

/// Checks every flag. On failure, one line for each mistake.
pub(super) fn options(
    arguments: &RunArguments,
    fresh_seed: impl FnOnce() -> u64,
) -> Result<Options, Vec<String>> {
    let mut judge = Judge::default();
    let nodes = judge.nodes(arguments);
    let options = Options {
        workload: judge.workload(&arguments.workload),
        concurrency: judge.concurrency(&arguments.concurrency, nodes.len()),
        nodes,
        time_limit: Duration::from_secs(judge.count(LONGEST_SECONDS, "--time-limit", &arguments.time_limit)),
        rate: judge.rate(&arguments.rate),
        latency: judge.latency(&arguments.latency, &arguments.latency_dist),
        nemesis: judge.nemesis(arguments.nemesis.as_deref().unwrap_or_default()),
        nemesis_interval: judge.interval("--nemesis-interval", &arguments.nemesis_interval),
        disks: None,
        script: Vec::new(),
        hazards: judge.hazards(arguments),
        topology: judge.topology(&arguments.topology),
        availability: arguments.availability.as_deref().map(|text| judge.availability(text)),
        consistency_models: judge.models(arguments.consistency_models.as_deref()),
        key_count: judge.key_count(&arguments.key_count),
        max_txn_length: judge.count(MOST_OPERATIONS, "--max-txn-length", &arguments.max_txn_length),
        max_writes_per_key: judge.count(MOST, "--max-writes-per-key", &arguments.max_writes_per_key),
        init_timeout: judge.seconds_or(INIT_TIMEOUT, "--init-timeout", arguments.init_timeout.as_deref()),
        recovery: judge.seconds_or(RECOVERY, "--recovery", arguments.recovery.as_deref()),
        analysis_timeout: judge.patience(&arguments.patience),
        seed: match &arguments.seed {
            Some(text) => judge.number("--seed", text, "Must be a number from 0 to 2^64 - 1", |_| true),
            None => fresh_seed(),
        },
        log: LogOptions {
            stderr: arguments.log_stderr,
            net_send: arguments.log_net_send,
            net_recv: arguments.log_net_recv,
        },
    };
    if judge.mistakes.is_empty() { Ok(options) } else { Err(judge.mistakes) }
}

/// The same, if the workload makes sense with these options: better told before any node is started.
pub(super) fn runnable(arguments: &RunArguments, options: Options) -> Result<Options, Vec<String>> {
    let Err(reason) = bench::workload::new(&options) else { return Ok(options) };
    let names = Workload::ALL.map(Workload::name).join(", ");
    let unnamed = (!arguments.names_workload)
        .then(|| format!("Expected a -w WORKLOAD: {names}. (Without one it is lin-kv, as with Maelstrom.)"));
    Err(unnamed.into_iter().chain([reason]).collect())
}

/// How often to run the test.
pub(super) fn test_count(text: &str) -> Result<u64, Vec<String>> {
    let mut judge = Judge::default();
    let count = judge.count(MOST, "--test-count", text);
    if judge.mistakes.is_empty() { Ok(count) } else { Err(judge.mistakes) }
}

/// One of our machines, how it is set, and the options.
pub(super) fn scenario(arguments: &SimArguments, foreign: Option<Foreign>) -> Result<Scenario, Vec<String>> {
    let mut judge = Judge::default();
    let mut options =
        options(&arguments.run, fresh_seed).and_then(|options| runnable(&arguments.run, options));
    if let Ok(Options { hazards, .. }) = &mut options {
        hazards.drift_ppm = judge.drift(&arguments.drift);
        hazards.slowness =
            arguments.slow.as_ref().map(|text| judge.duration("--slow", text)).unwrap_or_default();
    }
    let disks = judge.disks(arguments);
    if let Ok(options) = &mut options {
        options.disks = disks;
    }
    if let Ok(options) = &mut options {
        options.script = judge.script(&arguments.at, &options.nodes);
    }
    judge.swarm(arguments);
    let workload = options.as_ref().ok().map(|options| options.workload);
    let machine =
        workload.and_then(|workload| judge.machine(arguments.machine.as_deref(), workload, foreign));
    let round = arguments.round.as_ref().map(|text| judge.duration("--round", text));
    let fan_out = arguments.fanout.as_ref().map(|text| judge.count(MOST, "--fanout", text));
    match (options, machine) {
        (Ok(options), Some(machine)) if judge.mistakes.is_empty() => {
            Ok(Scenario { machine, round, fan_out, options })
        }
        (options, _) => Err([options.err().unwrap_or_default(), judge.mistakes].concat()),
    }
}

/// How many seeds to run, if that is said.
pub(super) fn seeds(text: Option<&str>) -> Result<Option<u64>, Vec<String>> {
    let mut judge = Judge::default();
    let rule = format!("Must be a number from 1 to {MOST_SEEDS}");
    let allowed = |seeds: &u64| (1..=MOST_SEEDS).contains(seeds);
    let seeds = text.map(|text| judge.number("--seeds", text, &rule, allowed));
    if judge.mistakes.is_empty() { Ok(seeds) } else { Err(judge.mistakes) }
}

/// How many seconds may be spent on looking for a smaller run, if that is said.
pub(super) fn budget(text: Option<&str>) -> Result<Option<Duration>, Vec<String>> {
    let mut judge = Judge::default();
    let budget = text.map(|text| judge.seconds("--shrink", text));
    if judge.mistakes.is_empty() { Ok(budget) } else { Err(judge.mistakes) }
}

/// How many runs of a sweep are to be under way at a time, if that is said.
pub(super) fn threads(arguments: &SimArguments) -> Result<Option<NonZero<usize>>, Vec<String>> {
    let mut judge = Judge::default();
    let rule = format!("Must be a number from 1 to {MOST_THREADS}");
    let allowed = |threads: &usize| (1..=MOST_THREADS).contains(threads);
    let threads = arguments.threads.as_ref().map(|text| judge.number("--threads", text, &rule, allowed));
    if judge.mistakes.is_empty() { Ok(threads.and_then(NonZero::new)) } else { Err(judge.mistakes) }
}

/// Lengths of rounds, separated by commas.
pub(super) fn rounds(text: &str) -> Result<Vec<Duration>, Vec<String>> {
    let mut judge = Judge::default();
    let rounds = comma_list(text).iter().map(|text| judge.duration("--rounds", text)).collect();
    if judge.mistakes.is_empty() { Ok(rounds) } else { Err(judge.mistakes) }
}

/// A seed that nobody chose, from the keys that the standard library draws for its hash maps.
pub(super) fn fresh_seed() -> u64 {
    use std::hash::BuildHasher;
    std::hash::RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests;
