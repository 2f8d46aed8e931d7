//! What the words of `workbench sim` ask for: one run, or a sweep over many.

use super::arguments::{self, NotParsed, OutputArguments, SimArguments};
use super::resolve;
use std::ffi::OsString;
use std::num::NonZero;
use worlds::scenario::{Foreign, Scenario};
use worlds::sweep::Plan;

/// What the command line asked for.
pub(super) struct Job {
    /// The first run, without what a swarm draws.
    pub(super) scenario: Scenario,
    /// How many seeds to sweep over; a single run, with all its files, if none.
    pub(super) seeds: Option<u64>,
    pub(super) threads: Option<NonZero<usize>>,
    pub(super) swarm: bool,
    pub(super) shrinks: bool,
    pub(super) output: OutputArguments,
}

/// Reads the words that follow `workbench sim`, without what asks for a sweep. On failure, one line for each mistake.
pub fn read_scenario(words: &str) -> Result<Scenario, Vec<String>> {
    let words = shell_words::split(words).map_err(|error| vec![format!("These are no words: {error}")])?;
    let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    match Job::parse(&words, None) {
        Ok(job) if job.seeds.is_none() => Ok(job.first()),
        Ok(_) => Err(vec!["A scenario is one run, so it has no --seeds".to_owned()]),
        Err(NotParsed::Wrong(mistakes)) => Err(mistakes),
        Err(NotParsed::Help(_)) => Err(vec!["--help is no scenario".to_owned()]),
    }
}

impl Job {
    /// Reads the words after the command's name.
    pub(super) fn parse(words: &[OsString], foreign: Option<Foreign>) -> Result<Job, NotParsed> {
        let mut arguments: SimArguments = arguments::parse("sim", words)?;
        arguments.run.names_workload = arguments::names_workload(words);
        let first = foreign.and_then(|foreign| foreign.workloads.first());
        if let Some(first) = first.filter(|_| !arguments.run.names_workload) {
            arguments.run.workload = first.name().to_owned();
        }
        let mut mistakes = Vec::new();
        let mut keep = |wrong: Vec<String>| mistakes.extend(wrong);
        let scenario = resolve::scenario(&arguments, foreign).map_err(&mut keep).ok();
        let seeds = resolve::seeds(arguments.seeds.as_deref()).map_err(&mut keep).ok();
        let threads = resolve::threads(&arguments).map_err(&mut keep).ok();
        match (scenario, seeds, threads) {
            (Some(scenario), Some(seeds), Some(threads)) => {
                let (swarm, shrinks) = (arguments.swarm, !arguments.no_shrink);
                Ok(Job { scenario, seeds, threads, swarm, shrinks, output: arguments.output })
            }
            _ => Err(NotParsed::Wrong(mistakes)),
        }
    }

    /// What to sweep over.
    pub(super) fn plan(&self) -> Plan {
        let plan = Plan::new(self.scenario.options.clone());
        let swarm = self.swarm.then(|| self.scenario.machine.claims());
        Plan { seeds: self.seeds.unwrap_or(1), threads: self.threads.unwrap_or(plan.threads), swarm, ..plan }
    }

    /// The first run, faults of the swarm included.
    pub(super) fn first(&self) -> Scenario {
        let options = self.plan().options_for(self.scenario.options.seed);
        Scenario { options, ..self.scenario.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench::options::{Options, Workload};

    #[track_caller]
    fn survives(words: &str) {
        let scenario = read_scenario(words).unwrap();
        assert_eq!(read_scenario(&scenario.to_string()), Ok(scenario.clone()), "{scenario}");
    }

    #[test]
    fn what_is_written_is_read_again() {
        survives("-w echo --seed 0");
        survives(
            "-w broadcast --node-count 25 --latency 100 --rate 0.1 --round 1.5s --fanout 3 --seed 7 --topology tree4",
        );
        survives(
            "-w kafka --nodes a,b --concurrency 3n --key-count 3 --max-writes-per-key 99 --time-limit 3 --seed 1",
        );
        survives("-w echo -n a,b -n 'c d' -n \"it's\" -n '' --seed 1");
        survives(
            "-w g-counter --machine counter-kv --latency 5 --latency-dist exponential --recovery 2.5 --seed 3",
        );
        survives(
            "-w txn-rw-register --consistency-models read-atomic,causal-cerone --availability 0.9 --analysis-timeout 2.5 --seed 3",
        );
        survives(
            "-w unique-ids --nemesis partition --nemesis-interval 0.3 --availability total --init-timeout 1 --seed 3",
        );
    }

    #[test]
    fn only_what_is_not_usual_is_written() {
        let options = Options { seed: 9, ..Options::new(Workload::Echo, 1) };
        let scenario = Scenario::new(options).unwrap();
        assert_eq!(scenario.to_string(), "-w echo --node-count 1 --seed 9");
    }
}
