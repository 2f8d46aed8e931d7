//! What the words of `workbench test` ask for, and one run of it: a program's processes under a workload, in wall time (§2).

use super::arguments::{self, NotParsed, OutputArguments, TestArguments};
use super::clock::WallClock;
use super::conclude;
use super::console::Console;
use super::junit::{Case, CaseOutcome};
use super::told::{Around, Concluded, Told};
use super::verdict::Exit;
use super::{STORE, WATCHDOG, replay, resolve, starting, summary};
use bench::options::Options;
use bench::run::{Level, Record, Run};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use store::{Origin, Store};
use worlds::processes::Binary;
use worlds::processes::{self, Outcome, Setup, StartError, WatchdogCommand};

/// What the command line asked for.
#[derive(Clone, Debug)]
pub(super) struct Job {
    /// The words that it was read from.
    words: Vec<OsString>,
    /// Whether they name the seed.
    names_seed: bool,
    pub(super) options: Options,
    pub(super) binary: Binary,
    pub(super) count: u64,
    /// How many seeds to try, if it is to be a hunt.
    pub(super) seeds: Option<u64>,
    /// How long to look for a smaller run that fails.
    pub(super) shrinks_for: Option<Duration>,
    leave_running: bool,
    logging_json: bool,
    pub(super) output: OutputArguments,
    clock: WallClock,
    /// The challenge that it is, and the words that ask for that.
    pub(super) challenge: Option<(&'static str, String)>,
}

/// A run that took place.
#[derive(Debug)]
pub(super) struct Ran {
    /// Its status; a challenge that was not passed is an invalid run.
    pub(super) exit: Exit,
    /// Why it is no good, if it is not.
    pub(super) failure: Option<String>,
    pub(super) told: Option<Told>,
    pub(super) record: Option<Record>,
    /// What was, or would have been, printed of it.
    pub(super) summary: String,
    pub(super) report: PathBuf,
    seconds: f64,
}

impl Job {
    /// Reads the words after the command's name.
    pub(super) fn parse(words: &[OsString]) -> Result<Job, NotParsed> {
        let mut arguments: TestArguments = arguments::parse("test", words)?;
        arguments.run.names_workload = arguments::names_workload(words);
        let mut mistakes = Vec::new();
        let mut keep = |wrong: Vec<String>| mistakes.extend(wrong);
        let options = resolve::options(&arguments.run, resolve::fresh_seed);
        let options = options.and_then(|options| resolve::runnable(&arguments.run, options));
        let options = options.map_err(&mut keep).ok();
        let count = resolve::test_count(&arguments.test_count).map_err(&mut keep).ok();
        let seeds = resolve::seeds(arguments.hunt.seeds.as_deref()).map_err(&mut keep).ok();
        let shrinks_for = resolve::budget(arguments.hunt.shrink.as_deref()).map_err(&mut keep).ok();
        if arguments.bin.is_none() {
            mistakes.push("Expected a --bin PATH_TO_BINARY to test".to_owned());
        }
        let (Some(options), Some(count), Some(path)) = (options, count, arguments.bin) else {
            return Err(NotParsed::Wrong(mistakes));
        };
        let (Some(seeds), Some(shrinks_for)) = (seeds, shrinks_for) else {
            return Err(NotParsed::Wrong(mistakes));
        };
        Ok(Job {
            words: words.to_vec(),
            names_seed: arguments.run.seed.is_some(),
            options,
            count,
            seeds,
            shrinks_for,
            binary: Binary { path, arguments: arguments.bin_arguments },
            leave_running: arguments.leave_db_running,
            logging_json: arguments.logging_json,
            output: arguments.output,
            clock: WallClock::new(),
            challenge: None,
        })
    }

    /// What a list of runs calls it.
    pub(super) fn name(&self) -> String {
        let challenge = self.challenge.as_ref().map(|(name, _)| (*name).to_owned());
        challenge.unwrap_or_else(|| self.options.workload.name().to_owned())
    }

    pub(super) fn case(&self, ran: &Ran) -> Case {
        let outcome = match (&ran.failure, ran.exit) {
            (None, _) => CaseOutcome::Passed,
            (Some(why), Exit::Crashed | Exit::Interrupted) => CaseOutcome::Broken(why.clone()),
            (Some(why), _) => CaseOutcome::Failed(why.clone()),
        };
        Case { name: self.name(), seconds: ran.seconds, outcome, told: ran.told.clone() }
    }

    /// One run. Errors are those of our own files; if it could not be started, why.
    pub(super) fn run(
        &self,
        options: &Options,
        command: String,
        is_quiet: bool,
    ) -> io::Result<Result<Ran, String>> {
        let binary = match starting::prepare(&self.binary) {
            Ok(binary) => binary,
            Err(why) => return Ok(Err(why)),
        };
        let start = Instant::now();
        let store = Store::create(Path::new(STORE), options.workload.name(), self.clock.now())?;
        let mut console = Console::open(&store.path("jepsen.log"), self.logging_json, self.clock)?;
        if is_quiet {
            console.be_quiet();
        }
        console.say(Level::Info, format!("Testing {}", summary::title(options)));
        warn_of_dashes(&self.binary, &mut console);
        let outcome = self.drive(options, &binary, &store, &mut console)?;
        console.end_progress();
        let concluded = match outcome {
            Ok(Outcome { record, nodes, lag }) => {
                let challenge = self.challenge.as_ref().map(|(name, _)| (*name).to_owned());
                let origin = Origin { command: Some(command), challenge, scenario: None };
                let around =
                    Around { processes: &nodes, lag: Some(&lag), shows_results: self.output.results };
                conclude::close(record, &origin, around, &store, &mut console)?
            }
            Err(error) => return Ok(Err(cannot_start(&error, &binary))),
        };
        conclude::link_latest(&store, &mut console);
        Ok(Ok(self.ran(concluded, store.path("report.html"), start.elapsed())))
    }

    fn ran(&self, concluded: Concluded, report: PathBuf, took: Duration) -> Ran {
        let Concluded { mut exit, told, record, summary } = concluded;
        let missed =
            told.as_ref().and_then(|told| told.challenges.first()).filter(|_| self.challenge.is_some());
        let missed = missed.and_then(|challenge| challenge.missed.clone());
        if missed.is_some() && exit == Exit::Valid {
            exit = Exit::Invalid;
        }
        let why = || told.as_ref().map_or(exit.name().to_owned(), |told| told.because.clone());
        let failure = missed.or_else(|| (exit != Exit::Valid).then(why));
        Ran { exit, failure, told, record, summary, report, seconds: took.as_secs_f64() }
    }

    /// The command for one run like the one that had this seed.
    pub(super) fn replay(&self, seed: u64) -> String {
        let mut more = Vec::new();
        if !self.names_seed || seed != self.options.seed {
            more.extend(["--seed".to_owned(), seed.to_string()]);
        }
        if self.count > 1 {
            more.extend(["--test-count".to_owned(), 1.to_string()]);
        }
        match &self.challenge {
            Some((_, command)) => format!("{command} --seed {seed}{}", replay::of_program(&self.binary)),
            None => replay::of_test(&self.words, more),
        }
    }

    fn drive(
        &self,
        options: &Options,
        binary: &Binary,
        store: &Store,
        console: &mut Console,
    ) -> io::Result<Result<Outcome, StartError>> {
        let logs: Vec<PathBuf> =
            options.nodes.iter().map(|node| store.node_log(node)).collect::<io::Result<_>>()?;
        let data: Vec<PathBuf> =
            options.nodes.iter().map(|node| store.node_data(node)).collect::<io::Result<_>>()?;
        let watchdog = std::env::current_exe().ok();
        let watchdog = watchdog.map(|program| WatchdogCommand { program, argument: WATCHDOG });
        let setup = Setup {
            binary,
            nodes: &options.nodes,
            logs: &logs,
            data: &data,
            log_stderr: options.log.stderr,
            leave_running: self.leave_running,
            watchdog: watchdog.as_ref(),
        };
        let mut run = Run::new(options.clone());
        run.log_operations();
        Ok(processes::run(run, &setup, console))
    }
}

/// The published command of challenge 6c has an en dash where a hyphen should be (§15).
fn warn_of_dashes(binary: &Binary, console: &mut Console) {
    for word in binary.arguments.iter().filter(|word| word.starts_with(['\u{2013}', '\u{2014}'])) {
        let why = "begins with a dash that is no hyphen: it goes to the program, not to the workbench";
        console.say(Level::Warn, format!("\"{word}\" {why}"));
    }
}

fn cannot_start(error: &StartError, binary: &Binary) -> String {
    let StartError { node, error } = error;
    let path = binary.path.display();
    match node {
        Some(node) => format!("Node {node} could not be started: {path}: {error}"),
        None => format!("{path}: {error}"),
    }
}
