//! `workbench analyze`: judges a stored run again, from its files alone, and draws it again (§1.1).
//!
//! The same record is read back that there was at the end of the run, and the same code follows it. So everything comes
//! out the same, byte for byte, unless somebody has edited the files.

use super::arguments::{self, NotParsed};
use super::conclude::{self, Warnings};
use super::paint::Paint;
use super::patience::PatienceArguments;
use super::summary::{self, Subject};
use super::told::Around;
use super::verdict::Exit;
use super::words::counted;
use super::{STORE, complain, refuse, say};
use clap::Parser;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::{JOURNAL, Store, StoredRun};

/// `workbench analyze`: judge a stored run again, perhaps after its history was edited.
#[derive(Clone, Debug, Parser)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(super) struct AnalyzeArguments {
    /// Which run: a number counts the runs in store/, from the oldest if it is not negative, from the newest if it is;
    /// anything else is the run's directory
    #[arg(short, long, value_name = "INDEX_OR_PATH", default_value = "-1", allow_hyphen_values = true)]
    test: String,
    #[command(flatten)]
    patience: PatienceArguments,
    /// Print the whole results map as well; results.edn has it in any case
    #[arg(long)]
    results: bool,
}

const EXAMPLES: &str = "\
Examples:
  workbench analyze                               the newest run
  workbench analyze -t -2                         the one before it
  workbench analyze -t store/broadcast/latest     the newest run of broadcast";

/// Carries out the command.
pub(super) fn command(words: &[OsString]) -> Exit {
    let arguments: AnalyzeArguments = match arguments::parse("analyze", words) {
        Ok(arguments) => arguments,
        Err(reason) => return refuse(reason),
    };
    let limit = match arguments.patience.limit() {
        Ok(limit) => limit,
        Err(mistake) => return refuse(NotParsed::Wrong(vec![mistake])),
    };
    find(&arguments.test).and_then(|directory| analyze(&directory, arguments.results, limit)).unwrap_or_else(
        |error| {
            complain(&format!("Cannot analyze: {error}"));
            Exit::Crashed
        },
    )
}

fn find(index_or_path: &str) -> io::Result<PathBuf> {
    let Ok(index) = index_or_path.parse::<i64>() else { return Ok(index_or_path.into()) };
    let runs = Store::runs(Path::new(STORE))?;
    let count = runs.len();
    let from_oldest = if index < 0 { index.checked_add_unsigned(count as u64) } else { Some(index) };
    let run = from_oldest.and_then(|index| runs.into_iter().nth(usize::try_from(index).ok()?));
    run.ok_or_else(|| {
        let runs = counted(count, "run");
        io::Error::new(io::ErrorKind::NotFound, format!("there is no run {index}: {STORE}/ has {runs}"))
    })
}

fn analyze(directory: &Path, shows_results: bool, limit: Option<Duration>) -> io::Result<Exit> {
    let StoredRun { origin, mut record, verdict } = Store::read(directory)?;
    // What the run was asked for counts for the run; whoever waits now may say something else.
    record.options.analysis_timeout = limit;
    if record.journal.entries.is_empty() {
        say(&format!("There is no {JOURNAL}: the report shows no messages, and messages.svg is not drawn"));
    }
    let mut warnings = Warnings::default();
    let judged = conclude::judge(directory, &record, &origin, &mut warnings);
    warnings.say(|warning| say(&warning));
    let Some(results) = &judged.results else {
        let reason = record.crash.as_ref().map_or("somebody interrupted it", |crash| &crash.reason);
        let place = directory.display();
        complain(&format!("The run in {place} broke off, so there is no verdict: {reason}"));
        conclude::draw(directory, &record, &origin, &judged).say(|warning| say(&warning));
        return Ok(Exit::Crashed);
    };
    let subject = Subject {
        results,
        record: &record,
        told: &judged.told,
        verdict_before: verdict,
        around: Around::default(),
        origin: &origin,
        directory,
    };
    if shows_results {
        say(&edn::pretty(&results.value));
    }
    let summary = summary::summary(&subject, Paint::for_stdout());
    say(&summary);
    let warnings = conclude::draw(directory, &record, &origin, &judged);
    if !warnings.is_empty() {
        warnings.say(|warning| say(&warning));
        // What matters most stands last.
        say(summary.lines().last().unwrap_or_default());
    }
    Ok(Exit::of_results(&results.value))
}
