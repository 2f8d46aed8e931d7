//! The report of a run: pages and pictures for people, next to the files for programs.
//!
//! It stands on [`bench`](mod@bench) (records), [`judge`] (results) and [`worlds`] (sweeps). It must never know where runs are kept or
//! how they were asked for: whoever wants a report hands over a [`Subject`] and a directory.
//!
//! ```
//! use bench::options::{Options, Workload};
//! use machines::Echo;
//! use report::{Subject, page};
//! use worlds::{simulated, spawn};
//!
//! let record = simulated::run(Options::new(Workload::Echo, 1), spawn::<Echo>(()));
//! let page = page::report(&Subject::new(&record, Some(&record.judge())));
//! assert!(page.contains("<title>echo"));
//! ```
//!
//! `report.html` is one file that opens from disk, without a network. What it shows is a small model, read off what the run
//! left ([`Record`] and [`Results`]) and nothing else:
//!
//! | part | where |
//! | --- | --- |
//! | the verdict and what was run, in sentences | [`words`] |
//! | what was found in sum, what nodes did that was passed over, what explains it | [`summed`], [`notes`], [`coach`] |
//! | what the challenge with these flags demands | [`Challenged`] |
//! | what proves that a run is not valid, and where to look | [`proof`], [`picture`], [`cycle`] |
//! | the journal, as rows of a space-time diagram | [`traffic`] |
//! | how each value spread | [`chains`], [`mentions`] |
//! | operations and latencies over time | [`series`] |
//! | what was broken when | [`faults`] |
//! | what nodes wrote to stderr, and what they thought | [`told`] |
//! | a diagram that stands still | [`diagram`] |
//! | the page: template, style, scripts | [`page`], [`templates`], and the files in `src/page` |
//! | the controls of the lab | [`lab`] |
//! | the page of a sweep over many seeds | [`sweep`] |
//! | what Maelstrom leaves, under its names | [`messages`], [`timeline`], [`plots`], [`linear`], [`orders`] |
//!
//! The diagram is Lamport's (*Time, Clocks, and the Ordering of Events in a Distributed System*, 1978): a line for each
//! node, an arrow for each message. It stays quick with [`traffic::MAX_EVENTS`] events because the page searches for the
//! rows in view by halving, and draws a sample of them where more would be ink only.
//!
//! The same record gives the same bytes.

mod blind;
pub mod chains;
mod challenged;
pub mod coach;
pub mod cycle;
pub mod diagram;
mod extras;
pub mod faults;
pub mod lab;
pub mod linear;
pub mod mentions;
pub mod messages;
mod moment;
pub mod notes;
pub mod orders;
mod packed;
pub mod page;
pub mod picture;
pub mod plots;
pub mod proof;
mod row;
pub mod series;
pub mod summed;
mod svg;
pub mod sweep;
pub mod templates;
pub mod text;
pub mod timeline;
pub mod told;
pub mod traffic;
pub mod words;

pub use challenged::{Challenged, Demand, Outcome};
pub use extras::write_extras;
pub use row::{Fate, Row};

use bench::run::{Record, Said};
use judge::Results;
use lab::Lab;
use machines::Time;
use std::io;
use std::path::Path;
use worlds::files::write_text;
use worlds::replay::States;
use worlds::too_late::TooLate;

/// What a report is about.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The run. Messages that are not known are not shown.
    pub record: &'a Record,
    /// The verdict; a run that broke off has none, and its report says why.
    pub results: Option<&'a Results>,
    /// The command that asks for the run again, to be shown on its page.
    pub command: Option<&'a str>,
    /// The challenges that it is held to.
    pub challenged: Challenged,
    /// What nodes wrote to stderr, in the order in which it came.
    pub said: &'a [Said],
    /// What nodes thought, if that is known.
    pub states: Option<&'a States>,
    /// When the run could no longer be saved, if that was worked out.
    pub too_late: Option<&'a TooLate>,
    /// The lab's controls, if the page is one of the lab's.
    pub lab: Option<&'a Lab>,
}

impl<'a> Subject<'a> {
    /// A run that is no challenge's, and that nobody needs to ask for again.
    pub fn new(record: &'a Record, results: Option<&'a Results>) -> Subject<'a> {
        let challenged = Challenged::default();
        Subject {
            record,
            results,
            command: None,
            challenged,
            said: &[],
            states: None,
            too_late: None,
            lab: None,
        }
    }
}

/// Writes the report of a run into its directory. One whose messages are not known gets no `messages.svg`.
pub fn write(directory: &Path, subject: &Subject<'_>) -> io::Result<()> {
    let record = subject.record;
    write_text(directory, "report.html", &page::report(subject))?;
    if !record.journal.entries.is_empty() {
        write_text(directory, "messages.svg", &messages::messages(record))?;
    }
    let title = format!("{} timeline", record.options.workload.name());
    write_text(directory, "timeline.html", &timeline::timeline(&record.history, title))?;
    let end_us = traffic::micros(Time::ZERO + record.duration, record.start.unwrap_or_default());
    let operations = series::Operations::new(&record.history);
    let end_us = page::main_us(record, end_us);
    let faults = faults::faults(&record.history, end_us);
    plots::draw(directory, &operations, &faults, end_us).map_err(io::Error::other)
}

#[cfg(test)]
mod tests;
