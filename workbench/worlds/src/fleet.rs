//! The simulated computers: programs with clocks of their own, pipes to them, and the power to stop and replace them.
//!
//! Each start of a program has its own zero of time and takes a moment to boot, both drawn from the seed: nothing may
//! rest on clocks that agree or on nodes that start in step.

use super::program::Program;
use super::quirks::Quirks;
use fastrand::Rng;
use machines::Time;
use std::collections::VecDeque;
use std::time::Duration;

/// A program reads its first line at most this long after its start.
const LONGEST_BOOT: Duration = Duration::from_millis(20);
/// A program's clock shows at most this much when the world's shows its start.
const LONGEST_PAST: Duration = Duration::from_secs(1);
/// A program that asks to be woken more often than this at one and the same moment is broken.
const MOST_WAKES_AT_ONCE: u32 = 10_000;

pub(super) struct Fleet {
    computers: Vec<Computer>,
    stdout: Vec<u8>,
}

struct Computer {
    program: Box<dyn Program>,
    /// What the program's clock shows when the world's shows zero, less the same for `started`.
    past: Duration,
    started: Time,
    quirks: Quirks,
    /// It boots until then, or is at work on the last line that it read.
    busy_until: Time,
    paused: bool,
    /// Lines that the program has not read, because it is busy or paused. As long as what was sent to it meanwhile.
    stdin: VecDeque<Vec<u8>>,
    last_wake: Time,
    wakes_at_once: u32,
    /// When it has something to do next. Kept, as a program's deadline only changes when something happens to it, and
    /// may take it a while to work out.
    deadline: Option<Time>,
}

impl Fleet {
    pub(super) fn new() -> Fleet {
        Fleet { computers: Vec::new(), stdout: Vec::new() }
    }

    /// Adds a computer and starts its program.
    pub(super) fn add(&mut self, now: Time, program: Box<dyn Program>, rng: &mut Rng) {
        self.computers.push(Computer::start(now, program, Quirks::default(), rng));
    }

    /// Gives a computer these quirks, for good.
    pub(super) fn set_quirks(&mut self, node: usize, quirks: Quirks) {
        self.computers[node].quirks = quirks;
        self.computers[node].review();
    }

    /// Replaces a program by a new one that knows nothing.
    pub(super) fn restart(&mut self, now: Time, node: usize, program: Box<dyn Program>, rng: &mut Rng) {
        let quirks = self.computers[node].quirks;
        self.computers[node] = Computer::start(now, program, quirks, rng);
    }

    /// Ends a program for good. Nothing may be written to it until it is replaced.
    pub(super) fn kill(&mut self, node: usize) {
        self.computers[node].stdin.clear();
        self.set_paused(node, true);
    }

    /// Stops a program's time (`SIGSTOP`), or lets it go on.
    pub(super) fn set_paused(&mut self, node: usize, paused: bool) {
        self.computers[node].paused = paused;
        self.computers[node].review();
    }

    /// Writes a line to a program's stdin. What it says at once goes to `said`, line by line.
    pub(super) fn deliver(
        &mut self,
        now: Time,
        node: usize,
        line: Vec<u8>,
        said: &mut dyn FnMut(usize, &[u8]),
    ) {
        let computer = &mut self.computers[node];
        if computer.runs(now) && computer.stdin.is_empty() {
            computer.read(now, &line, &mut self.stdout);
        } else {
            computer.stdin.push_back(line);
        }
        computer.review();
        self.pass_on(node, said);
    }

    /// The next moment at which a program has something to do.
    pub(super) fn deadline(&self) -> Option<Time> {
        self.computers.iter().filter_map(|computer| computer.deadline).min()
    }

    /// Whether no program has anything to do until it gets a message.
    pub(super) fn is_idle(&self) -> bool {
        self.computers
            .iter()
            .all(|computer| computer.stdin.is_empty() && computer.program.deadline().is_none())
    }

    /// Runs every program that has something to do at or before `now`.
    pub(super) fn on_wake(&mut self, now: Time, said: &mut dyn FnMut(usize, &[u8])) {
        for node in 0..self.computers.len() {
            while self.computers[node].deadline.is_some_and(|deadline| deadline <= now) {
                self.computers[node].wake(now, &mut self.stdout);
                self.pass_on(node, said);
            }
        }
    }

    fn pass_on(&mut self, node: usize, said: &mut dyn FnMut(usize, &[u8])) {
        for line in self.stdout.split_inclusive(|byte| *byte == b'\n') {
            said(node, line.strip_suffix(b"\n").unwrap_or(line));
        }
        self.stdout.clear();
    }
}

impl Computer {
    fn start(now: Time, program: Box<dyn Program>, quirks: Quirks, rng: &mut Rng) -> Computer {
        let mut computer = Computer {
            program,
            past: LONGEST_PAST.mul_f64(rng.f64()),
            started: now,
            quirks,
            busy_until: now + LONGEST_BOOT.mul_f64(rng.f64()),
            paused: false,
            stdin: VecDeque::new(),
            last_wake: now,
            wakes_at_once: 0,
            deadline: None,
        };
        computer.review();
        computer
    }

    fn runs(&self, now: Time) -> bool {
        !self.paused && self.busy_until <= now
    }

    /// Something happened to it: works out when it has something to do next.
    fn review(&mut self) {
        self.deadline = if self.paused { None } else { self.next() };
    }

    fn next(&self) -> Option<Time> {
        let reads = (!self.stdin.is_empty()).then_some(self.busy_until);
        let wakes = self.program.deadline().map(|deadline| {
            let shown = deadline.since(Time::ZERO).saturating_sub(self.past);
            self.started + self.quirks.until(shown)
        });
        let next = reads.into_iter().chain(wakes).min()?;
        Some(next.max(self.busy_until))
    }

    fn wake(&mut self, now: Time, stdout: &mut Vec<u8>) {
        self.wakes_at_once = if self.last_wake == now { self.wakes_at_once + 1 } else { 0 };
        self.last_wake = now;
        assert!(
            self.wakes_at_once < MOST_WAKES_AT_ONCE,
            "a node asks to be woken again and again at {now:?}"
        );
        match self.stdin.pop_front() {
            Some(line) => self.read(now, &line, stdout),
            None => self.program.on_wake(self.clock(now), stdout),
        }
        self.review();
    }

    fn read(&mut self, now: Time, line: &[u8], stdout: &mut Vec<u8>) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        self.program.on_line(self.clock(now), line, stdout);
        self.busy_until = now + self.quirks.per_line;
    }

    /// What the program's own clock shows.
    fn clock(&self, now: Time) -> Time {
        Time::ZERO + self.past + self.quirks.shown(now.since(self.started))
    }
}
