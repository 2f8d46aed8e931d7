//! `workbench sim`: runs this project's own machines under a workload, in virtual time, and judges them: once, or in a
//! sweep over many seeds.
//!
//! The same seed gives the same history, log and verdict, byte for byte. Times in the log are virtual: they begin at
//! midnight, 1 January 1970.

use super::arguments::{self, NotParsed, SimArguments};
use super::clock::WallClock;
use super::console::Console;
use super::verdict::Exit;
use super::{STORE, conclude, give_up, refuse, replay, resolve, summary, sweep};
use bench::run::{Level, Record};
use std::ffi::OsString;
use std::io;
use std::num::NonZero;
use std::path::Path;
use store::{Origin, Store};
use worlds::processes::Observer;
use worlds::scenario::Scenario;
use worlds::simulated::Simulation;
use worlds::sweep::Plan;

/// How often the bar on a terminal follows a simulation: some hundred times a second.
const STEPS_BETWEEN_GLANCES: u64 = 1_000;

/// What the command line asked for.
pub(super) struct Job {
    /// The first run, without what a swarm draws.
    pub(super) scenario: Scenario,
    /// How many seeds to sweep over; a single run, with all its files, if none.
    pub(super) seeds: Option<u64>,
    pub(super) threads: Option<NonZero<usize>>,
    pub(super) swarm: bool,
    pub(super) shrinks: bool,
}

/// Carries out the command.
pub(super) fn command(words: &[OsString]) -> Exit {
    let job = match Job::parse(words) {
        Ok(job) => job,
        Err(reason) => return refuse(reason),
    };
    let done = match job.seeds {
        None => run(&job.first()),
        Some(seeds) => sweep::run(&job, seeds),
    };
    done.unwrap_or_else(|error| give_up(&error))
}

/// Reads the words that follow `workbench sim`, without what asks for a sweep. On failure, one line for each mistake.
pub fn read_scenario(words: &str) -> Result<Scenario, Vec<String>> {
    let words = shell_words::split(words).map_err(|error| vec![format!("These are no words: {error}")])?;
    let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    match Job::parse(&words) {
        Ok(job) if job.seeds.is_none() => Ok(job.first()),
        Ok(_) => Err(vec!["A scenario is one run, so it has no --seeds".to_owned()]),
        Err(NotParsed::Wrong(mistakes)) => Err(mistakes),
        Err(NotParsed::Help(_)) => Err(vec!["--help is no scenario".to_owned()]),
    }
}

impl Job {
    /// Reads the words after the command's name.
    pub(super) fn parse(words: &[OsString]) -> Result<Job, NotParsed> {
        let arguments: SimArguments = arguments::parse("sim", words)?;
        let mut mistakes = Vec::new();
        let mut keep = |wrong: Vec<String>| mistakes.extend(wrong);
        let scenario = resolve::scenario(&arguments).map_err(&mut keep).ok();
        let seeds = resolve::seeds(&arguments).map_err(&mut keep).ok();
        let threads = resolve::threads(&arguments).map_err(&mut keep).ok();
        match (scenario, seeds, threads) {
            (Some(scenario), Some(seeds), Some(threads)) => {
                let (swarm, shrinks) = (arguments.swarm, !arguments.no_shrink);
                Ok(Job { scenario, seeds, threads, swarm, shrinks })
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
    fn first(&self) -> Scenario {
        let options = self.plan().options_for(self.scenario.options.seed);
        Scenario { options, ..self.scenario.clone() }
    }
}

fn run(scenario: &Scenario) -> io::Result<Exit> {
    let clock = WallClock::new();
    let store = Store::create(Path::new(STORE), scenario.options.workload.name(), clock.now())?;
    let mut console = Console::open(&store.path("jepsen.log"), false, clock)?;
    let exit = run_into(&store, scenario, &mut console)?;
    store.link_latest()?;
    Ok(exit)
}

/// Carries out a run and leaves everything about it in a directory.
pub(super) fn run_into(store: &Store, scenario: &Scenario, console: &mut Console) -> io::Result<Exit> {
    let record = simulate(scenario, console);
    console.end_progress();
    let command = Some(replay::of_simulation(scenario));
    let origin = Origin { command, scenario: Some(scenario.clone()) };
    conclude::close(record, &origin, &[], None, store, console)
}

fn simulate(scenario: &Scenario, console: &mut Console) -> Record {
    let mut simulation = Simulation::new(scenario.options.clone(), scenario.programs());
    simulation.keep_log();
    console.set_virtual_time(simulation.now());
    console.say(Level::Info, format!("Simulating {}", summary::title(simulation.run().options())));
    let mut seen = 0;
    for step in 0_u64.. {
        let goes_on = simulation.step();
        if step.is_multiple_of(STEPS_BETWEEN_GLANCES) {
            console.show(&simulation.run().progress());
        }
        console.set_virtual_time(simulation.now());
        let new = simulation.log()[seen..].to_vec();
        seen += new.len();
        new.into_iter().for_each(|line| console.log(line));
        if !goes_on {
            break;
        }
    }
    simulation.into_record()
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
            "-w txn-rw-register --consistency-models read-atomic,causal-cerone --availability 0.9 --seed 3",
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
