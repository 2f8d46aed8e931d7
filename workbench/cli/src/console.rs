//! What a run says: to people on the console, and in full to `jepsen.log` (§14).
//!
//! Lines have Maelstrom's formats. On a terminal a bar shows how far the run is; elsewhere a line does so every few
//! seconds. Single operations only go to the log file.

use super::clock::WallClock;
use super::sink;
use super::words::counted;
use bench::run::{Level, LogLine, Progress, Stage};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use machines::Time;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use store::LocalTime;
use worlds::files::naming;
use worlds::processes::Observer;

/// Between two lines of progress where there is no bar.
const STATUS_INTERVAL: Duration = Duration::from_secs(5);
/// Warnings of one thread that are shown on the console; the rest is in the log file.
const WARNINGS_SHOWN: u32 = 20;
/// Characters of a line that are shown on the console: whom a partition isolates takes thousands.
const SHOWN_OF_A_LINE: usize = 400;
/// Largest log file. A node that floods must not fill the disk.
const LOG_LIMIT: usize = 1 << 30;

/// About what it takes to draw a bar.
const BYTES_OF_A_BAR: usize = 256;

/// Where a run's messages go.
#[derive(Debug)]
pub(super) struct Console {
    clock: WallClock,
    virtual_time: Option<Time>,
    log: BufWriter<File>,
    log_room: usize,
    json: bool,
    is_quiet: bool,
    bar: Option<ProgressBar>,
    next_status: Instant,
    warnings: BTreeMap<String, u32>,
}

impl Console {
    /// Logs to the file at `path`, in lines of JSON if so wanted, and to stdout.
    pub(super) fn open(path: &Path, json: bool, clock: WallClock) -> io::Result<Console> {
        let on_terminal = io::stdout().is_terminal() && io::stderr().is_terminal();
        Ok(Console {
            clock,
            virtual_time: None,
            log: BufWriter::new(File::create(path).map_err(naming(path))?),
            log_room: LOG_LIMIT,
            json,
            is_quiet: false,
            bar: on_terminal.then(bar),
            next_status: Instant::now() + STATUS_INTERVAL,
            warnings: BTreeMap::new(),
        })
    }

    /// Logs to the file at `path` only.
    pub(super) fn quiet(path: &Path, clock: WallClock) -> io::Result<Console> {
        let mut console = Console::open(path, false, clock)?;
        console.be_quiet();
        Ok(console)
    }

    /// From now on, only the file is written to.
    pub(super) fn be_quiet(&mut self) {
        self.is_quiet = true;
        self.end_progress();
    }

    /// Says something that everyone should read.
    pub(super) fn say(&mut self, level: Level, message: impl Into<String>) {
        let line = LogLine { level, thread: "main".to_owned(), message: message.into() };
        self.write_log(&line);
        self.print(&self.console_line(&line), sink::carry_out);
    }

    /// Writes a block of text to the log file only.
    pub(super) fn note(&mut self, text: &str) {
        self.write_log(&LogLine { level: Level::Info, thread: "main".to_owned(), message: text.to_owned() });
    }

    /// Prints a block of text.
    pub(super) fn print_block(&mut self, text: &str) {
        self.write_log(&LogLine { level: Level::Info, thread: "main".to_owned(), message: text.to_owned() });
        self.print(text, sink::carry_out);
    }

    /// Takes the bar away: the run is over.
    pub(super) fn end_progress(&mut self) {
        if let Some(bar) = self.bar.take() {
            sink::carry_out(Box::new(move || bar.finish_and_clear()));
        }
    }

    /// Shows on a terminal how far the run is.
    pub(super) fn show(&self, progress: &Progress) {
        if let Some(bar) = &self.bar {
            let (total, remaining) =
                (progress.total.unwrap_or_default(), progress.remaining.unwrap_or_default());
            let (bar, message) = (bar.clone(), status(progress));
            let draw = move || {
                bar.set_message(message);
                bar.set_length(millis(total).max(1));
                bar.set_position(millis(total.saturating_sub(remaining)));
            };
            // Too many of them wait only where nobody looks.
            sink::offer(BYTES_OF_A_BAR, Box::new(draw));
        }
    }

    /// From now on, it is this late in virtual time.
    pub(super) fn set_virtual_time(&mut self, time: Time) {
        self.virtual_time = Some(time);
    }

    fn now(&self) -> LocalTime {
        self.clock.now()
    }

    fn console_line(&self, line: &LogLine) -> String {
        let time = match self.virtual_time {
            Some(time) => virtual_seconds(time),
            None => self.now().console(),
        };
        format!("{} [{time}] {} - workbench {}", name(line.level), line.thread, line.message)
    }

    /// A reader that went away, or that does not read, is no reason to end a run or to hold it up.
    fn print(&self, text: &str, hand_over: impl FnOnce(sink::Job)) {
        if self.is_quiet {
            return;
        }
        let (text, bar) = (sink::disarmed(text), self.bar.clone());
        hand_over(Box::new(move || match bar {
            Some(bar) => bar.suspend(|| sink::write(&text)),
            None => sink::write(&text),
        }));
    }

    /// Prints a line, unless too many wait for a reader already.
    fn offer(&self, text: &str) {
        self.print(text, |job| sink::offer(text.len(), job));
    }

    fn write_log(&mut self, line: &LogLine) {
        let time = self.now();
        let stamp = self.virtual_time.map_or_else(|| time.console(), virtual_seconds);
        let text = if self.json {
            let entry = serde_json::json!({
                "timestamp": stamp, "level": name(line.level), "thread": line.thread, "message": line.message,
            });
            format!("{entry}\n")
        } else {
            let time = match self.virtual_time {
                Some(_) => stamp,
                None => LocalTime { offset_minutes: 0, ..time }.console() + "{GMT}",
            };
            format!("{time}\t{}\t[{}] workbench: {}\n", name(line.level), line.thread, line.message)
        };
        let text = sink::plain(&text);
        if text.len() <= self.log_room {
            self.log_room -= text.len();
            let _ = self.log.write_all(text.as_bytes());
        } else {
            self.log_room = 0;
        }
    }

    /// Whether this warning is one of too many from the same thread; says so once.
    fn is_too_much(&mut self, line: &LogLine) -> bool {
        if line.level == Level::Info {
            return false;
        }
        let count = self.warnings.entry(line.thread.clone()).or_default();
        *count = count.saturating_add(1);
        if *count == WARNINGS_SHOWN + 1 {
            let note = format!("further warnings of {} are only in jepsen.log", line.thread);
            let line = LogLine { level: Level::Warn, thread: "main".to_owned(), message: note };
            self.write_log(&line);
            self.offer(&self.console_line(&line));
            return true;
        }
        *count > WARNINGS_SHOWN
    }
}

impl Observer for Console {
    fn log(&mut self, mut line: LogLine) {
        self.write_log(&line);
        if is_operation(&line) || self.is_too_much(&line) {
            return;
        }
        if let Some((end, _)) = line.message.char_indices().nth(SHOWN_OF_A_LINE) {
            line.message.truncate(end);
            line.message.push('…');
        }
        self.offer(&self.console_line(&line));
    }

    fn progress(&mut self, progress: Progress) {
        self.show(&progress);
        if self.bar.is_none() && Instant::now() >= self.next_status {
            self.next_status = Instant::now() + STATUS_INTERVAL;
            let message = status(&progress);
            let line = LogLine { level: Level::Info, thread: "main".to_owned(), message };
            self.write_log(&line);
            self.offer(&self.console_line(&line));
        }
        // Whoever follows the file is not to wait until the buffer is full.
        let _ = self.log.flush();
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.end_progress();
    }
}

/// Nodes' words must not be able to play with the reader's terminal.
pub(super) fn defused(text: String) -> String {
    sink::plain(&text)
}

/// Whether the line is one of the history's: of clients there are very many, and the nemesis says in words what it did.
fn is_operation(line: &LogLine) -> bool {
    line.thread.starts_with("jepsen worker ")
}

/// `1.234 s`: of virtual time people want to know how long a run has been under way.
fn virtual_seconds(time: Time) -> String {
    let millis = time.as_nanos() / 1_000_000;
    format!("{}.{:03} s", millis / 1_000, millis % 1_000)
}

/// How far the run is, in words that leave room for the bar in 80 columns.
fn status(progress: &Progress) -> String {
    let Progress { stage, remaining, invoked, failed, unknown, partition, paused, down, .. } = progress;
    let mut text = match (stage, remaining) {
        (Stage::Running, Some(remaining)) => format!("{} s left", remaining.as_secs_f64().ceil()),
        (_, Some(remaining)) => format!("{}, {} s left", doing(*stage), remaining.as_secs_f64().ceil()),
        (_, None) => doing(*stage).to_owned(),
    };
    text += &format!(", {}, {} not ok", counted(*invoked as usize, "operation"), failed + unknown);
    if let Some(partition) = partition {
        text += &format!(", partition: {partition}");
    }
    for (count, state) in [(down, "down"), (paused, "paused")] {
        if *count > 0 {
            text += &format!(", {} {state}", counted(*count, "node"));
        }
    }
    text
}

fn doing(stage: Stage) -> &'static str {
    match stage {
        Stage::Starting => "starting the nodes",
        Stage::SettingUp => "setting up",
        Stage::Running => "running",
        Stage::Finishing => "waiting for answers",
        Stage::Recovering => "waiting for recovery",
        Stage::Concluding => "last operations",
        Stage::Done => "done",
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
    let template = "{bar:16} {wide_msg}";
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Fatal => "FATAL",
    }
}
