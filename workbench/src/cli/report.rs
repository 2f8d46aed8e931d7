//! What follows a run, whichever world it took place in: its files, the verdict, and words about it (§1.4, §2, §14).

use super::console::Console;
use super::crash;
use super::paint::Paint;
use super::progress;
use super::summary::{self, Subject, counted};
use super::verdict::Exit;
use crate::check;
use crate::edn;
use crate::report;
use crate::run::{Level, Record};
use crate::store::{self, Store, TestFile};
use crate::world::processes::{Lag, NodeReport};
use std::io;

/// Judges a run, writes its files and says what it came to. In virtual time there are no processes and there is no lag.
pub(super) fn close(
    record: &Record,
    processes: &[NodeReport],
    lag: Option<&Lag>,
    store: &Store,
    console: &mut Console,
) -> io::Result<Exit> {
    let messages = (&record.journal.statistics).into();
    store.write_test(&TestFile {
        options: record.options.clone(),
        messages,
        crash: why_broken_off(record, processes),
    })?;
    store.write_history(&record.history)?;
    if record.interrupted || record.crash.is_some() || processes.iter().any(|node| node.exit.is_some()) {
        report::write(&store.directory(), record, None)?;
    }
    if record.interrupted {
        let directory = store.directory();
        console.say(Level::Warn, format!("Interrupted; what there is lies in {}", directory.display()));
        return Ok(Exit::Interrupted);
    }
    if record.crash.is_some() || processes.iter().any(|node| node.exit.is_some()) {
        console.say(Level::Fatal, crash::report(record.crash.as_ref(), processes));
        return Ok(Exit::Crashed);
    }
    console.say(Level::Info, "Analyzing...");
    let busy = progress::busy(format!("analyzing {}", counted(record.history.ops.len(), "event")));
    let results = check::analyze(&record.options, &record.history, &messages);
    store.write_results(&results.value)?;
    store::write_extras(&store.directory(), record.options.workload, &record.history, &results)?;
    report::write(&store.directory(), record, Some(&results))?;
    drop(busy);
    let subject = Subject {
        results: &results,
        options: &record.options,
        record: Some(record),
        processes,
        lag: lag.map(|lag| (lag.quantile(0.99), lag.max())),
        store: store.directory().display().to_string(),
    };
    console.print_block(&summary::summary(&subject, Paint::for_stdout()));
    let exit = Exit::of_results(&results.value);
    let closing = exit.closing_line().unwrap_or_default();
    console.say(Level::Info, format!("{}\n\n\n{closing}", edn::pretty(&results.value)));
    Ok(exit)
}

/// Why there is no verdict, if there is none.
fn why_broken_off(record: &Record, processes: &[NodeReport]) -> Option<String> {
    if record.interrupted {
        return Some("it was interrupted".to_owned());
    }
    let reason = record.crash.as_ref().map(|crash| crash.reason.clone());
    let exited = || processes.iter().find(|node| node.exit.is_some());
    reason.or_else(|| exited().map(|node| format!("node {} exited by itself", node.name)))
}
