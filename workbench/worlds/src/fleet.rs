//! The simulated computers: programs with clocks of their own, pipes to them, and the power to stop and replace them.
//!
//! Each start of a program has its own zero of time and takes a moment to boot, both drawn from the seed: nothing may
//! rest on clocks that agree or on nodes that start in step.

use super::disk::{Disk, Full, LONGEST_OUTAGE};
use super::program::Program;
use super::quirks::Quirks;
use bench::options::Disks;
use bench::run::DiskRecord;
use fastrand::Rng;
use machines::Time;
use std::collections::{BTreeSet, VecDeque};
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
    /// Computers whose programs may have another state than when somebody last asked.
    touched: BTreeSet<usize>,
    /// Until then disks may be full.
    fills_until: Time,
}

/// What a program is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It runs, or has been killed.
    Running,
    /// It waits for its disk, which will be done then.
    Syncing(Time),
    /// It has ended, as its disk was full, and is started again then.
    Fallen(Time),
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
    disk: Disk,
    /// What the program has said and may not leave before its disk is done.
    held: Vec<u8>,
    state: State,
    /// The first line that the program got, if it got one, and whether it has been answered.
    init: Option<Vec<u8>>,
    is_named: bool,
    last_wake: Time,
    wakes_at_once: u32,
    /// When it has something to do next. Kept, as a program's deadline only changes when something happens to it, and
    /// may take it a while to work out.
    deadline: Option<Time>,
}

impl Fleet {
    pub(super) fn new() -> Fleet {
        Fleet { computers: Vec::new(), stdout: Vec::new(), touched: BTreeSet::new(), fills_until: Time::ZERO }
    }

    /// Adds a computer and starts its program.
    pub(super) fn add(&mut self, now: Time, program: Box<dyn Program>, rng: &mut Rng) {
        self.touched.insert(self.computers.len());
        let disk = Disk::new(Disks::default(), Rng::with_seed(self.computers.len() as u64));
        self.computers.push(Computer::start(now, program, Quirks::default(), disk, rng));
    }

    /// Gives all computers new disks, which may be full until then.
    pub(super) fn set_disks(&mut self, disks: Disks, fills_until: Time, rng: &mut Rng) {
        self.fills_until = fills_until;
        self.computers.iter_mut().for_each(|computer| computer.disk = Disk::new(disks, rng.fork()));
    }

    /// What befell a computer's disk.
    pub(super) fn disk_record(&self, node: usize) -> DiskRecord {
        self.computers[node].disk.record()
    }

    /// Gives a computer these quirks, for good.
    pub(super) fn set_quirks(&mut self, node: usize, quirks: Quirks) {
        self.computers[node].quirks = quirks;
        self.computers[node].review();
    }

    /// Replaces a program by a new one that knows nothing but what is on the disk.
    pub(super) fn restart(&mut self, now: Time, node: usize, program: Box<dyn Program>, rng: &mut Rng) {
        self.touched.insert(node);
        self.computers[node].replace(now, program, rng);
    }

    /// Starts those again whose disks were full, as there is room now.
    pub(super) fn restart_fallen(
        &mut self,
        now: Time,
        mut program: impl FnMut(usize, &mut Rng) -> Box<dyn Program>,
        rng: &mut Rng,
    ) {
        for node in 0..self.computers.len() {
            let computer = &mut self.computers[node];
            if matches!(computer.state, State::Fallen(until) if until <= now) && !computer.paused {
                let (init, is_named) = (computer.init.take(), computer.is_named);
                computer.replace(now, program(node, rng), rng);
                computer.is_named = is_named;
                computer.stdin.extend(init);
                computer.review();
            }
        }
    }

    /// Ends a program for good. Nothing may be written to it until it is replaced.
    pub(super) fn kill(&mut self, now: Time, node: usize) {
        self.computers[node].die(now);
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
        let may_be_full = now < self.fills_until;
        let computer = &mut self.computers[node];
        if computer.runs(now) && computer.stdin.is_empty() {
            computer.read(now, line, &mut self.stdout);
            computer.keep(now, may_be_full, &mut self.stdout);
        } else if !matches!(computer.state, State::Fallen(_)) {
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
        self.computers.iter().all(|computer| {
            let has_nothing_to_do = computer.stdin.is_empty() && computer.program.deadline().is_none();
            has_nothing_to_do && computer.state == State::Running
        })
    }

    /// Runs every program that has something to do at or before `now`.
    pub(super) fn on_wake(&mut self, now: Time, said: &mut dyn FnMut(usize, &[u8])) {
        for node in 0..self.computers.len() {
            while self.computers[node].deadline.is_some_and(|deadline| deadline <= now) {
                self.computers[node].wake(now, now < self.fills_until, &mut self.stdout);
                self.pass_on(node, said);
            }
        }
    }

    /// What programs say of themselves, of those to which something happened since this was last asked.
    pub(super) fn told(&mut self) -> Vec<(usize, String)> {
        let touched = std::mem::take(&mut self.touched);
        touched.into_iter().map(|node| (node, self.computers[node].program.tell())).collect()
    }

    fn pass_on(&mut self, node: usize, said: &mut dyn FnMut(usize, &[u8])) {
        self.touched.insert(node);
        for line in self.stdout.split_inclusive(|byte| *byte == b'\n') {
            said(node, line.strip_suffix(b"\n").unwrap_or(line));
        }
        self.stdout.clear();
    }
}

impl Computer {
    fn start(now: Time, program: Box<dyn Program>, quirks: Quirks, disk: Disk, rng: &mut Rng) -> Computer {
        let mut computer = Computer {
            program,
            past: LONGEST_PAST.mul_f64(rng.f64()),
            started: now,
            quirks,
            busy_until: now + LONGEST_BOOT.mul_f64(rng.f64()),
            paused: false,
            stdin: VecDeque::new(),
            disk,
            held: Vec::new(),
            state: State::Running,
            init: None,
            is_named: false,
            last_wake: now,
            wakes_at_once: 0,
            deadline: None,
        };
        computer.review();
        computer
    }

    /// Starts another program on the same computer.
    fn replace(&mut self, now: Time, program: Box<dyn Program>, rng: &mut Rng) {
        self.die(now);
        let disk = std::mem::replace(&mut self.disk, Disk::new(Disks::default(), Rng::with_seed(0)));
        *self = Computer::start(now, program, self.quirks, disk, rng);
    }

    /// The program is gone, and with it what it had not read, and what it had said but not yet kept.
    fn die(&mut self, now: Time) {
        self.disk.crash(now);
        self.stdin.clear();
        self.held.clear();
        self.state = State::Running;
    }

    fn runs(&self, now: Time) -> bool {
        !self.paused && self.busy_until <= now && self.state == State::Running
    }

    /// Something happened to it: works out when it has something to do next.
    fn review(&mut self) {
        self.deadline = if self.paused { None } else { self.next() };
    }

    fn next(&self) -> Option<Time> {
        if let State::Syncing(until) | State::Fallen(until) = self.state {
            return Some(until);
        }
        let reads = (!self.stdin.is_empty()).then_some(self.busy_until);
        let wakes = self.program.deadline().map(|deadline| {
            let shown = deadline.since(Time::ZERO).saturating_sub(self.past);
            self.started + self.quirks.until(shown)
        });
        let next = reads.into_iter().chain(wakes).min()?;
        Some(next.max(self.busy_until))
    }

    fn wake(&mut self, now: Time, may_be_full: bool, stdout: &mut Vec<u8>) {
        self.wakes_at_once = if self.last_wake == now { self.wakes_at_once + 1 } else { 0 };
        self.last_wake = now;
        assert!(
            self.wakes_at_once < MOST_WAKES_AT_ONCE,
            "a node asks to be woken again and again at {now:?}"
        );
        if let State::Syncing(_) = self.state {
            self.disk.proceed(now);
            stdout.append(&mut self.held);
            (self.state, self.is_named) = (State::Running, true);
            return self.review();
        }
        match self.stdin.pop_front() {
            Some(line) => self.read(now, line, stdout),
            None => self.program.on_wake(self.clock(now), stdout),
        }
        // Whoever waits for a disk now and then reads all that has come meanwhile in one go, as the driver does.
        while self.is_named
            && let Some(line) = self.stdin.pop_front()
        {
            self.read(now, line, stdout);
        }
        self.keep(now, may_be_full, stdout);
        self.review();
    }

    fn read(&mut self, now: Time, line: Vec<u8>, stdout: &mut Vec<u8>) {
        let clock = self.clock(now);
        self.program.on_line(clock, line.strip_suffix(b"\n").unwrap_or(&line), stdout);
        if self.program.awaits_journal() {
            let said = stdout.len();
            let steps = self.program.recover(clock, self.disk.journal(), stdout);
            if self.is_named {
                // It was told its name again, after its disk was full: nobody else knows of that, and nobody waits for the answer.
                stdout.truncate(said);
            }
            let done = self.disk.begin(now, steps.unwrap_or_default(), false);
            done.into_iter().for_each(|done| self.disk.proceed(done));
        }
        self.busy_until = self.busy_until.max(now) + self.quirks.per_line;
        self.init.get_or_insert(line);
    }

    /// Lets the program do to its disk what it must before it may be heard.
    fn keep(&mut self, now: Time, may_be_full: bool, stdout: &mut Vec<u8>) {
        let steps = self.program.keep();
        if steps.is_empty() {
            return;
        }
        match self.disk.begin(now, steps, may_be_full) {
            Ok(done) => {
                self.held.append(stdout);
                self.state = State::Syncing(done);
            }
            Err(Full) => {
                stdout.clear();
                self.die(now);
                self.state = State::Fallen(now + LONGEST_OUTAGE.mul_f64(self.disk.draw()));
            }
        }
    }

    /// What the program's own clock shows.
    fn clock(&self, now: Time) -> Time {
        Time::ZERO + self.past + self.quirks.shown(now.since(self.started))
    }
}
