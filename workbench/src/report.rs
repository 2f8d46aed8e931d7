//! The report of a run: pages and pictures for people, next to the files for programs.
//!
//! `report.html` is one file that opens from disk, without a network. What it shows is a small model, read off what the run
//! left ([`Record`] and [`Results`]) and nothing else:
//!
//! | part | where |
//! | --- | --- |
//! | the verdict and what was run, in sentences | [`words`] |
//! | what the challenge with these flags demands | [`challenge`] |
//! | what proves that a run is not valid, and where to look | [`proof`], [`picture`], [`cycle`] |
//! | the journal, as rows of a space-time diagram | [`traffic`] |
//! | how each value spread | [`chains`], [`mentions`] |
//! | operations, faults, latencies, over time | [`series`] |
//! | a diagram that stands still | [`diagram`] |
//! | the page: template, style, scripts | [`page`], and the files in `report/page` |
//! | the page of a sweep over many seeds | [`sweep`] |
//! | what Maelstrom leaves, under its names | [`messages`], [`timeline`], [`plots`], [`linear`], [`orders`] |
//!
//! The diagram is Lamport's (*Time, Clocks, and the Ordering of Events in a Distributed System*, 1978): a line for each
//! node, an arrow for each message. It stays quick with [`traffic::MAX_EVENTS`] events because the page searches for the
//! rows in view by halving, and draws a sample of them where more would be ink only.
//!
//! The same record gives the same bytes.

pub mod chains;
pub mod challenge;
pub mod cycle;
pub mod diagram;
pub mod linear;
pub mod mentions;
pub mod messages;
pub mod orders;
pub mod page;
pub mod picture;
pub mod plots;
pub mod proof;
pub mod series;
mod svg;
pub mod sweep;
pub mod timeline;
pub mod traffic;
pub mod words;

pub use traffic::Fate;

use crate::check::Results;
use crate::run::Record;
use crate::store;
use machines::Time;
use std::io;
use std::path::Path;

/// Writes the report of a run into its directory. A run that broke off has no results; its report says why. One whose
/// messages are not known has a report without them, and no `messages.svg`. The command that asks for the run again is on
/// its page.
pub fn write(
    directory: &Path,
    record: &Record,
    results: Option<&Results>,
    command: Option<&str>,
) -> io::Result<()> {
    store::write_text(directory, "report.html", &page::report(record, results, command))?;
    if !record.journal.entries.is_empty() {
        store::write_text(directory, "messages.svg", &messages::messages(record))?;
    }
    let title = format!("{} timeline", record.options.workload.name());
    store::write_text(directory, "timeline.html", &timeline::timeline(&record.history, title))?;
    let end_us = traffic::micros(Time::ZERO + record.duration, record.start.unwrap_or_default());
    let operations = series::Operations::new(&record.history);
    let faults = series::faults(&record.history, end_us);
    plots::draw(directory, &operations, &faults, end_us).map_err(io::Error::other)
}

#[cfg(test)]
mod tests;
