//! What follows a run, whichever world it took place in, and follows it again whenever it is analyzed: its files, the
//! verdict, and words about it (§1.4, §2, §14).

use super::challenged::challenged;
use super::console::{Console, defused};
use super::crash;
use super::paint::Paint;
use super::progress;
use super::summary::{self, Subject};
use super::verdict::Exit;
use super::words::counted;
use bench::run::{Crash, Level, Record};
use edn::Value;
use judge::Results;
use std::io;
use std::path::Path;
use store::{self, Origin, Store};
use worlds::processes::{Lag, NodeReport};

/// Judges a run, writes its files and says what it came to. In virtual time there are no processes and there is no lag.
pub(super) fn close(
    mut record: Record,
    origin: &Origin,
    processes: &[NodeReport],
    lag: Option<&Lag>,
    store: &Store,
    console: &mut Console,
) -> io::Result<Exit> {
    blame_who_exited(&mut record, processes);
    if let Some(crash) = &mut record.crash {
        crash.last_words = crash::last_words(crash, processes).map(defused);
    }
    store.write_record(&record, origin)?;
    if record.came_to_an_end() {
        console.say(Level::Info, "Analyzing...");
    }
    let directory = store.directory();
    let Some(results) = conclude(&directory, &record, origin)? else {
        return Ok(without_verdict(&record, &directory, console));
    };
    store.write_test(&record, origin, Some(results.valid))?;
    let subject = Subject {
        results: &results,
        record: &record,
        verdict_before: None,
        processes,
        lag: lag.map(|lag| (lag.quantile(0.99), lag.max())),
        store: directory.display().to_string(),
    };
    console.print_block(&summary::summary(&subject, Paint::for_stdout()));
    let exit = Exit::of_results(&results.value);
    console.say(Level::Info, closing(&results));
    Ok(exit)
}

/// Judges a run, unless it broke off, and writes everything that follows from its record into its directory.
pub(super) fn conclude(directory: &Path, record: &Record, origin: &Origin) -> io::Result<Option<Results>> {
    store::write_history_text(directory, &record.history)?;
    let _busy = progress::busy(format!("analyzing {}", counted(record.history.ops.len(), "event")));
    let judge = || record.judge();
    let results = record.came_to_an_end().then(judge);
    if let Some(results) = &results {
        store::write_results(directory, &results.value)?;
        report::write_extras(directory, &record.options, &record.history, results)?;
    }
    let value = results.as_ref().map_or(&Value::Nil, |results| &results.value);
    let subject = report::Subject {
        record,
        results: results.as_ref(),
        command: origin.command.as_deref(),
        challenged: challenged(&record.options, value),
    };
    report::write(directory, &subject)?;
    Ok(results)
}

/// The results in full, and the line that scripts look for.
pub(super) fn closing(results: &Results) -> String {
    let line = Exit::of_results(&results.value).closing_line().unwrap_or_default();
    format!("{}\n\n\n{line}", edn::pretty(&results.value))
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

fn without_verdict(record: &Record, directory: &Path, console: &mut Console) -> Exit {
    if record.interrupted {
        let what = format!("Interrupted; what there is lies in {}", directory.display());
        console.say(Level::Warn, what);
        return Exit::Interrupted;
    }
    console.say(Level::Fatal, crash::report(record.crash.as_ref()));
    Exit::Crashed
}
