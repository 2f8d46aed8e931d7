//! What follows a run, whichever world it took place in, and follows it again whenever it is analyzed: its files, the
//! verdict, and words about it (§1.4, §2, §14).

use super::challenged::challenged;
use super::console::{Console, defused};
use super::crash;
use super::paint::Paint;
use super::patience::within;
use super::progress;
use super::summary::{self, Subject};
use super::told::{Around, Concluded, Told};
use super::verdict::Exit;
use super::words::counted;
use bench::run::{Crash, Level, Record};
use edn::Value;
use judge::{Results, Validity};
use report::Challenged;
use std::io;
use std::num::NonZero;
use std::path::Path;
use store::{self, Origin, Store};
use worlds::processes::NodeReport;

/// Judges a run, writes its files and says what it came to.
pub(super) fn close(
    mut record: Record,
    origin: &Origin,
    around: Around<'_>,
    store: &Store,
    console: &mut Console,
) -> io::Result<Concluded> {
    blame_who_exited(&mut record, around.processes);
    if let Some(crash) = &mut record.crash {
        crash.last_words = crash::last_words(crash, around.processes).map(defused);
    }
    let mut warnings = Warnings::default();
    warnings.heed(store.write_record(&record, origin));
    if record.came_to_an_end() {
        console.say(Level::Info, "Analyzing...");
    }
    let directory = store.directory();
    let judged = judge(&directory, &record, origin, &mut warnings);
    if let Some(results) = &judged.results {
        warnings.heed(store.write_test(&record, origin, Some(results.valid)));
    }
    warnings.say(|warning| console.say(Level::Warn, warning));
    let (exit, summary) = match &judged.results {
        Some(results) => {
            let subject = Subject {
                results,
                record: &record,
                told: &judged.told,
                verdict_before: None,
                around,
                origin,
                directory: &directory,
            };
            say_verdict(&subject, console)
        }
        None => say_why_none(&record, &judged.told, &directory, console),
    };
    let warnings = draw(&directory, &record, origin, &judged);
    if !warnings.is_empty() {
        warnings.say(|warning| console.say(Level::Warn, warning));
        // What matters most stands last.
        console.print_block(summary.lines().last().unwrap_or_default());
    }
    let told = (exit != Exit::Interrupted).then_some(judged.told);
    Ok(Concluded { exit, told, record: Some(record), summary })
}

/// Makes a run the latest of its store.
pub(super) fn link_latest(store: &Store, console: &mut Console) {
    if let Err(error) = store.link_latest() {
        console.say(Level::Warn, format!("store/latest does not lead to this run: {error}"));
    }
}

/// Files that could not be written: to be spoken of beside the verdict, never in its place.
#[derive(Debug, Default)]
pub(super) struct Warnings(Vec<String>);

impl Warnings {
    /// Takes note of what came of writing.
    pub(super) fn heed(&mut self, outcome: io::Result<()>) {
        if let Err(error) = outcome {
            self.0.push(format!("Some files of this run are missing or incomplete: {error}"));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says each.
    pub(super) fn say(self, say: impl FnMut(String)) {
        self.0.into_iter().for_each(say);
    }
}

/// What a run came to.
#[derive(Debug)]
pub(super) struct Judged {
    /// None of a run that broke off.
    pub(super) results: Option<Results>,
    pub(super) told: Told,
    challenged: Challenged,
}

/// Judges a run, unless it broke off, and writes the verdict into its directory. No file is reason enough to withhold it. An
/// analysis that takes longer than it may comes to none.
pub(super) fn judge(directory: &Path, record: &Record, origin: &Origin, warnings: &mut Warnings) -> Judged {
    warnings.heed(store::write_history_text(directory, &record.history));
    let _busy = progress::busy(format!("analyzing {}", counted(record.history.ops.len(), "event")));
    let judge = || within(record.options.analysis_timeout, |patience| record.judge_within(patience));
    let results = record.came_to_an_end().then(judge);
    let value = results.as_ref().map_or(&Value::Nil, |results| &results.value);
    let challenged = challenged(&record.options, value, origin.challenge.as_deref());
    let told = Told::new(record, results.as_ref(), &challenged, origin);
    warnings.heed(store::write_results(directory, results.as_ref().map(|results| &results.value), &told));
    Judged { results, told, challenged }
}

/// Draws all that shows how a run came to its verdict: pictures, pages, what else could have happened. It can take longer than the
/// run did, so it is begun when the verdict has been said. What could not be written is returned.
pub(super) fn draw(directory: &Path, record: &Record, origin: &Origin, judged: &Judged) -> Warnings {
    let mut warnings = Warnings::default();
    let _busy = progress::busy("drawing the report");
    if let Some(results) = &judged.results {
        warnings.heed(report::write_extras(directory, &record.options, &record.history, results));
    }
    let scenario = origin.scenario.as_ref().filter(|_| record.came_to_an_end());
    let states = scenario.map(|scenario| worlds::replay::states(scenario, record));
    let fails = judged.results.as_ref().is_some_and(|results| results.valid == Validity::False);
    let threads = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let too_late =
        scenario.filter(|_| fails).and_then(|scenario| worlds::too_late::too_late(scenario, threads));
    let subject = report::Subject {
        record,
        results: judged.results.as_ref(),
        command: origin.command.as_deref(),
        challenged: judged.challenged.clone(),
        said: &store::read_said(directory, &record.options.nodes),
        states: states.as_ref(),
        too_late: too_late.as_ref(),
        lab: None,
    };
    warnings.heed(report::write(directory, &subject));
    warnings
}

/// A node that ended by itself spoils a run even if it did so after the last operation.
fn blame_who_exited(record: &mut Record, processes: &[NodeReport]) {
    if record.came_to_an_end()
        && let Some(node) = processes.iter().position(|node| node.exit.is_some())
    {
        let reason = format!("node {} exited by itself", processes[node].name);
        record.crash = Some(Crash::new(Some(node), reason));
    }
}

fn say_verdict(subject: &Subject<'_>, console: &mut Console) -> (Exit, String) {
    let map = edn::pretty(&subject.results.value);
    if subject.around.shows_results {
        console.print_block(&map);
    } else {
        console.note(&map);
    }
    let summary = summary::summary(subject, Paint::for_stdout());
    console.print_block(&summary);
    (Exit::of_results(&subject.results.value), summary)
}

fn say_why_none(record: &Record, told: &Told, directory: &Path, console: &mut Console) -> (Exit, String) {
    let (exit, level, why) = if record.interrupted {
        (
            Exit::Interrupted,
            Level::Warn,
            format!("Interrupted; what there is lies in {}", directory.display()),
        )
    } else {
        let report = crash::report(record.crash.as_ref(), &told.notes, &directory.join("report.html"));
        (Exit::Crashed, Level::Fatal, report)
    };
    console.say(level, why.clone());
    (exit, why)
}
