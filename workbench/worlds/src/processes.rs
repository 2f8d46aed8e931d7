//! Wall time: nodes are child processes on pipes (§3).
//!
//! One thread, one poll. The [`Run`] decides everything; this loop only carries lines between it and the pipes, tells it
//! the time, and makes sure that no node, however it misbehaves, can stall the loop or outlive it: writes never block,
//! reads are budgeted, every wait is bounded, and whatever way the loop ends all processes that descend from nodes are asked
//! to go, then killed, and reaped. Should this process itself be killed, a watchdog does that.

mod binary;
mod children;
mod lag;
mod log;
mod node;
mod pipes;
mod signals;
mod tail;
mod timer;
mod tree;
mod watchdog;

use bench::run::{Effect, Level, LogLine, Progress, Record, Run};
use binary::NodeBinary;
pub use binary::{Binary, DATA_VARIABLE, DATA_WORD};
use children::{Children, Ready};
pub use lag::{Lag, WORRYING};
use machines::Time;
use node::{LAST_READS, Left, Node};
use pipes::ReadState;
pub use signals::survive_limits_of_files;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};
pub use tail::Tail;
pub use watchdog::{WatchdogCommand, watch};

/// How often the observer is shown the progress.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// From so long after the signal on, nobody who was stopped can still have something to say.
const STOPPING_TIME: Duration = Duration::from_millis(100);

/// What to start, and where its logs go.
#[derive(Clone, Debug)]
pub struct Setup<'a> {
    /// The program, by its canonical path.
    pub binary: &'a Binary,
    /// Names of the nodes, in order.
    pub nodes: &'a [String],
    /// Where each node's stderr goes, in the same order; the directories exist.
    pub logs: &'a [PathBuf],
    /// Each node's own directory, for what it must not forget; they exist.
    pub data: &'a [PathBuf],
    /// Also copy the nodes' stderr to the observer.
    pub log_stderr: bool,
    /// Leave the processes alive at the end.
    pub leave_running: bool,
    /// Starts somebody who kills the nodes should this process die, unless they are to be left alive.
    pub watchdog: Option<&'a WatchdogCommand>,
}

/// Who watches a run: a console, a log file, nobody.
pub trait Observer {
    /// Something was said.
    fn log(&mut self, line: LogLine);
    /// Called several times a second.
    fn progress(&mut self, progress: Progress);
}

/// What a run in wall time left behind.
#[derive(Debug)]
pub struct Outcome {
    /// The run's own account.
    pub record: Record,
    /// What became of each process, in the order of the nodes.
    pub nodes: Vec<NodeReport>,
    /// How late the workbench was.
    pub lag: Lag,
}

/// What became of a process.
#[derive(Clone, Debug)]
pub struct NodeReport {
    /// The node's name.
    pub name: String,
    /// How it ended, if it ended by itself.
    pub exit: Option<String>,
    /// Its first and last lines on stdout.
    pub stdout: Tail,
    /// Its first and last lines on stderr.
    pub stderr: Tail,
    /// Where all of its stderr is.
    pub log: PathBuf,
}

/// A node could not be started, or the workbench itself lacks something.
#[derive(Debug)]
pub struct StartError {
    /// The node's name, if it is about one.
    pub node: Option<String>,
    /// Why.
    pub error: io::Error,
}

impl StartError {
    fn ours(error: io::Error) -> StartError {
        StartError { node: None, error }
    }
}

/// Starts the nodes, and drives `run` until it is finished or someone stops it.
pub fn run(run: Run, setup: &Setup<'_>, observer: &mut dyn Observer) -> Result<Outcome, StartError> {
    let start = Instant::now();
    let count = setup.nodes.len();
    let (mut children, watched) =
        Children::new(count, setup.leave_running, start, setup.watchdog).map_err(StartError::ours)?;
    if let Err(error) = watched {
        let message = format!("nobody will stop the nodes should this process be killed: {error}");
        observer.log(LogLine { level: Level::Warn, thread: "main".to_owned(), message });
    }
    observer.log(info("main", format!("launching {count} of {}", command_line(setup.binary))));
    let binaries: Vec<NodeBinary> = setup.data.iter().map(|data| setup.binary.with_data(data)).collect();
    for ((name, log), binary) in setup.nodes.iter().zip(setup.logs).zip(&binaries) {
        let started = children.start(name, binary, log, count);
        started.map_err(|error| StartError { node: Some(name.clone()), error })?;
    }
    let mut session = Session {
        run,
        children,
        binaries,
        observer,
        log_stderr: setup.log_stderr,
        start,
        next_progress: Time::ZERO,
        lag: Lag::default(),
        unflushed: Vec::new(),
        held_back: Vec::new(),
    };
    session.drive().map_err(StartError::ours)?;
    Ok(session.finish())
}

struct Session<'a> {
    run: Run,
    children: Children,
    binaries: Vec<NodeBinary>,
    observer: &'a mut dyn Observer,
    log_stderr: bool,
    start: Instant,
    next_progress: Time,
    lag: Lag,
    /// Nodes with something new to be written.
    unflushed: Vec<usize>,
    /// Nodes whose stdout is not read until what they have said has arrived.
    held_back: Vec<usize>,
}

impl Session<'_> {
    fn drive(&mut self) -> io::Result<()> {
        let mut ready = Vec::new();
        self.carry_out();
        while !self.run.finished() {
            let deadline = self.run.deadline().map_or(self.next_progress, |due| due.min(self.next_progress));
            self.children.wait(Some(deadline.since(self.now())), &mut ready)?;
            for news in ready.drain(..) {
                self.wake();
                self.attend(news);
                self.carry_out();
            }
            self.wake();
            self.hear_out();
            self.show_progress();
        }
        Ok(())
    }

    /// Time since the start.
    fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    /// Lets the run do what is due.
    fn wake(&mut self) {
        let now = self.now();
        if let Some(due) = self.run.deadline()
            && due <= now
        {
            self.lag.record(now.since(due));
            self.run.on_wake(now);
            self.carry_out();
        }
    }

    fn attend(&mut self, news: Ready) {
        match news {
            Ready::Stdout(node) => {
                // Mostly, whoever closes it is about to exit.
                if self.read_stdout(node) == ReadState::Closed {
                    self.note_exits();
                }
            }
            Ready::Stderr(node) => {
                self.read_stderr(node);
            }
            Ready::Stdin(node) => self.children.nodes[node].flush(),
            Ready::Exit => self.note_exits(),
            Ready::Stop => {
                self.warn("interrupted: stopping the nodes, keeping what there is".to_owned());
                self.run.interrupt(self.now());
            }
        }
    }

    fn read_stdout(&mut self, node: usize) -> ReadState {
        let (run, start) = (&mut self.run, self.start);
        if !run.hears(node) {
            if !self.held_back.contains(&node) {
                run.on_made_to_wait(Time::ZERO + start.elapsed(), node);
                self.held_back.push(node);
            }
            return ReadState::Drained;
        }
        let paused_since = self.children.nodes[node].paused_since;
        let mut has_spoken = false;
        let state = self.children.read_stdout(node, |line| {
            has_spoken = true;
            run.on_line(Time::ZERO + start.elapsed(), node, line);
        });
        let spoke_on = has_spoken && paused_since.is_some_and(|since| since.elapsed() > STOPPING_TIME);
        if spoke_on && !std::mem::replace(&mut self.children.nodes[node].has_escaped, true) {
            run.on_escaped_pause(Time::ZERO + start.elapsed(), node);
        }
        if state == ReadState::Closed {
            self.run.on_stdout_closed(self.now(), node);
        }
        state
    }

    fn read_stderr(&mut self, node: usize) -> ReadState {
        let (log_stderr, observer) = (self.log_stderr, &mut *self.observer);
        let thread = format!("{} stderr", self.children.nodes[node].name);
        self.children.read_stderr(node, |line| {
            if log_stderr {
                observer.log(info(&thread, String::from_utf8_lossy(line).into_owned()));
            }
        })
    }

    /// Tells the run who has exited, after everything they said.
    fn note_exits(&mut self) {
        while let Some(node) = self.children.next_exit() {
            (0..LAST_READS).take_while(|_| self.read_stdout(node) == ReadState::More).count();
            (0..LAST_READS).take_while(|_| self.read_stderr(node) == ReadState::More).count();
            let Node { name, exit, .. } = &self.children.nodes[node];
            let status = exit.map(|exit| exit.to_string()).unwrap_or_default();
            let message = format!("node {name} exited by itself ({status})");
            self.warn(message);
            self.run.on_exit(self.now(), node, status);
        }
    }

    /// Carries out what the run wants done.
    fn carry_out(&mut self) {
        while let Some(effect) = self.run.poll_effect() {
            match effect {
                Effect::Deliver { node, line } => self.deliver(node, &line),
                Effect::Log(line) => self.observer.log(line),
                Effect::Kill { node } => self.kill(node),
                Effect::Start { node } => self.start_again(node),
                Effect::Pause { node } => self.pause(node),
                Effect::Resume { node } => self.children.set_paused(node, false),
            }
        }
        for node in self.unflushed.drain(..) {
            self.children.nodes[node].flush();
        }
    }

    /// Kills a node, unless it has ended by itself: that is another matter.
    fn kill(&mut self, node: usize) {
        self.note_exits();
        self.children.kill(node);
    }

    /// Pauses a node. What it has said until then is heard at once, so that what comes later gives it away.
    fn pause(&mut self, node: usize) {
        self.children.set_paused(node, true);
        (0..LAST_READS).take_while(|_| self.read_stdout(node) == ReadState::More).count();
    }

    /// Hears those out who had to wait.
    fn hear_out(&mut self) {
        for node in std::mem::take(&mut self.held_back) {
            if self.run.hears(node) {
                self.children.put_off(node);
            } else {
                self.held_back.push(node);
            }
        }
    }

    fn start_again(&mut self, node: usize) {
        match self.children.start_again(node, &self.binaries[node]) {
            Ok(true) => {}
            Ok(false) => {
                let name = &self.children.nodes[node].name;
                let message = format!("the process of {name} is still there 5 s after it was killed");
                self.warn(message);
            }
            Err(error) => self.run.on_start_failure(self.now(), node, &error),
        }
    }

    fn deliver(&mut self, node: usize, line: &[u8]) {
        if !self.children.nodes[node].send(line) {
            let name = &self.children.nodes[node].name;
            let message = format!("node {name} does not read its stdin: further messages to it are dropped");
            self.warn(message);
        }
        if !self.unflushed.contains(&node) {
            self.unflushed.push(node);
        }
    }

    fn show_progress(&mut self) {
        let now = self.now();
        if now >= self.next_progress {
            self.next_progress = now + PROGRESS_INTERVAL;
            self.observer.progress(self.run.progress(now));
        }
    }

    fn warn(&mut self, message: String) {
        self.observer.log(LogLine { level: Level::Warn, thread: "main".to_owned(), message });
    }

    /// Stops everything and gathers what is left.
    fn finish(mut self) -> Outcome {
        self.carry_out();
        // What pipes hold is gone with the processes.
        let left: Vec<Left> = self.children.nodes.iter().map(Node::left).collect();
        for remark in self.children.stop() {
            self.warn(remark);
        }
        if self.lag.max() > WORRYING {
            let late_ms = self.lag.max().as_millis();
            self.warn(format!(
                "the workbench was up to {late_ms} ms late: this machine is too busy for exact latencies"
            ));
        }
        let nodes = self.children.nodes.iter().map(report).collect();
        let mut record = self.run.into_record();
        for ((of_run, node), left) in record.nodes.iter_mut().zip(&self.children.nodes).zip(left) {
            (of_run.unread, of_run.backlog, of_run.unfinished) =
                (node.dropped, left.backlog, left.unfinished);
        }
        Outcome { record, nodes, lag: self.lag }
    }
}

fn report(node: &Node) -> NodeReport {
    NodeReport {
        name: node.name.clone(),
        exit: node.exit.map(|status| status.to_string()),
        stdout: node.stdout_tail.clone(),
        stderr: node.stderr_tail.clone(),
        log: node.log.path.clone(),
    }
}

fn info(thread: &str, message: String) -> LogLine {
    LogLine { level: Level::Info, thread: thread.to_owned(), message }
}

/// For people to read: words with blanks are not quoted.
fn command_line(binary: &Binary) -> String {
    let words = binary.arguments.iter().map(|argument| format!(" {argument}"));
    binary.path.display().to_string() + &words.collect::<String>()
}
