//! `workbench test`: runs a program's processes under a workload, in wall time, and judges them (§2).

use super::arguments::{self, NotParsed, TestArguments};
use super::clock::WallClock;
use super::console::Console;
use super::verdict::Exit;
use super::{STORE, conclude, give_up, refuse, replay, resolve, summary};
use bench::options::Options;
use bench::run::{Level, Run};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use store::{Origin, Store};
use worlds::processes::Binary;
use worlds::processes::{self, Outcome, Setup, StartError};

/// Carries out the command.
pub(super) fn command(words: &[OsString]) -> Exit {
    let job = match Job::parse(words) {
        Ok(job) => job,
        Err(reason) => return refuse(reason),
    };
    for repetition in 0..job.count {
        let exit = job.run(repetition).unwrap_or_else(|error| give_up(&error));
        if exit != Exit::Valid {
            return exit;
        }
    }
    Exit::Valid
}

/// What the command line asked for.
#[derive(Debug)]
pub(super) struct Job {
    /// The words that it was read from.
    words: Vec<OsString>,
    /// Whether they name the seed.
    names_seed: bool,
    options: Options,
    binary: Binary,
    count: u64,
    leave_running: bool,
    logging_json: bool,
    clock: WallClock,
}

impl Job {
    /// Reads the words after the command's name.
    pub(super) fn parse(words: &[OsString]) -> Result<Job, NotParsed> {
        let arguments: TestArguments = arguments::parse("test", words)?;
        let mut mistakes = Vec::new();
        let mut keep = |wrong: Vec<String>| mistakes.extend(wrong);
        let options = resolve::options(&arguments.run, resolve::fresh_seed).map_err(&mut keep).ok();
        let count = resolve::test_count(&arguments.test_count).map_err(&mut keep).ok();
        if arguments.bin.is_none() {
            mistakes.push("Expected a --bin PATH_TO_BINARY to test".to_owned());
        }
        let (Some(options), Some(count), Some(path)) = (options, count, arguments.bin) else {
            return Err(NotParsed::Wrong(mistakes));
        };
        Ok(Job {
            words: words.to_vec(),
            names_seed: arguments.run.seed.is_some(),
            options,
            count,
            binary: Binary { path, arguments: arguments.bin_arguments },
            leave_running: arguments.leave_db_running,
            logging_json: arguments.logging_json,
            clock: WallClock::new(),
        })
    }

    /// One run. Errors are those of our own files.
    fn run(&self, repetition: u64) -> io::Result<Exit> {
        // Each repetition is another test; the first is the one that the seed names.
        let options = Options { seed: self.options.seed.wrapping_add(repetition), ..self.options.clone() };
        let store = Store::create(Path::new(STORE), options.workload.name(), self.clock.now())?;
        let mut console = Console::open(&store.path("jepsen.log"), self.logging_json, self.clock)?;
        console.say(Level::Info, format!("Testing {}", summary::title(&options)));
        warn_of_dashes(&self.binary, &mut console);
        let outcome = self.drive(&options, &store, &mut console)?;
        console.end_progress();
        let exit = match outcome {
            Ok(Outcome { record, nodes, lag }) => {
                let origin = Origin { command: Some(self.replay(options.seed)), scenario: None };
                conclude::close(record, &origin, &nodes, Some(&lag), &store, &mut console)?
            }
            Err(error) => {
                console.say(Level::Fatal, cannot_start(&error, &self.binary));
                Exit::Crashed
            }
        };
        store.link_latest()?;
        Ok(exit)
    }

    /// The command for one run like the one that had this seed.
    fn replay(&self, seed: u64) -> String {
        let mut more = Vec::new();
        if !self.names_seed || seed != self.options.seed {
            more.extend(["--seed".to_owned(), seed.to_string()]);
        }
        if self.count > 1 {
            more.extend(["--test-count".to_owned(), 1.to_string()]);
        }
        replay::of_test(&self.words, more)
    }

    fn drive(
        &self,
        options: &Options,
        store: &Store,
        console: &mut Console,
    ) -> io::Result<Result<Outcome, StartError>> {
        let path = match self.binary.path.canonicalize() {
            Ok(path) => path,
            Err(error) => return Ok(Err(StartError { node: None, error })),
        };
        let logs: Vec<PathBuf> =
            options.nodes.iter().map(|node| store.node_log(node)).collect::<io::Result<_>>()?;
        let setup = Setup {
            binary: &Binary { path, arguments: self.binary.arguments.clone() },
            nodes: &options.nodes,
            logs: &logs,
            log_stderr: options.log.stderr,
            leave_running: self.leave_running,
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
