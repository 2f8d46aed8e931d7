//! A run in virtual time: its nodes are programs in this process, and time jumps to the next event.
//!
//! The same options and the same programs give the same history and the same journal, byte for byte. A run takes as long
//! as its events take to work out, however long its clocks say that it lasted.

use super::fleet::Fleet;
use super::program::Spawn;
use super::quirks::Quirks;
use bench::options::Options;
use bench::run::{Effect, LogLine, Record, Run};
use fastrand::Rng;
use machines::Time;

/// A run and the world that it takes place in.
pub struct Simulation {
    run: Run,
    fleet: Fleet,
    now: Time,
    log: Vec<LogLine>,
    keeps_log: bool,
    spawn: Spawn,
    rng: Rng,
}

/// Carries out a whole run.
pub fn run(options: Options, spawn: Spawn) -> Record {
    let mut simulation = Simulation::new(options, spawn);
    while simulation.step() {}
    simulation.into_record()
}

impl Simulation {
    /// A run that has just begun.
    pub fn new(options: Options, mut spawn: Spawn) -> Simulation {
        // The run draws from the seed itself; the world must not draw the same numbers.
        let mut rng = Rng::with_seed(options.seed ^ u64::from_le_bytes(*b"the wrld"));
        let mut quirks = Rng::with_seed(options.seed ^ u64::from_le_bytes(*b"a quirk "));
        let mut fleet = Fleet::new();
        for node in 0..options.nodes.len() {
            let seed = rng.u64(..);
            fleet.add(Time::ZERO, spawn(node, seed), &mut rng);
            fleet.set_quirks(node, Quirks::draw(&options.hazards, &mut quirks));
        }
        if let Some(disks) = options.disks {
            let mut rng = Rng::with_seed(options.seed ^ u64::from_le_bytes(*b"the disk"));
            fleet.set_disks(disks, Time::ZERO + options.time_limit, &mut rng);
        }
        let (run, log) = (Run::new(options), Vec::new());
        Simulation { run, fleet, now: Time::ZERO, log, keeps_log: false, spawn, rng }
    }

    /// Keeps what the run logs, operations included.
    pub fn keep_log(&mut self) {
        self.keeps_log = true;
        self.run.log_operations();
    }

    /// Goes to the next moment at which something happens, and lets it happen. False when the run is over.
    pub fn step(&mut self) -> bool {
        self.carry_out();
        if self.run.finished() {
            return false;
        }
        self.now = self.now.max(self.next().expect("a run that is not over waits for some moment"));
        if self.run.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.run.on_wake(self.now);
        }
        self.carry_out();
        let Simulation { run, fleet, now, spawn, rng, .. } = self;
        fleet.restart_fallen(*now, |node, rng| spawn(node, rng.u64(..)), rng);
        fleet.on_wake(*now, &mut |node, line| run.on_line(*now, node, line));
        true
    }

    /// Lets everything happen that is due by then.
    pub fn run_until(&mut self, end: Time) {
        self.carry_out();
        while self.next().is_some_and(|next| next <= end) && self.step() {
            self.carry_out();
        }
    }

    fn next(&self) -> Option<Time> {
        self.run.deadline().into_iter().chain(self.fleet.deadline()).min()
    }

    /// Draws from another seed from now on: another continuation of the same beginning.
    pub fn reseed(&mut self, seed: u64) {
        self.run.reseed(seed);
        self.rng = Rng::with_seed(seed ^ u64::from_le_bytes(*b"the wrld"));
    }

    /// What the run has come to.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The run itself, to interrupt it, say.
    pub fn run_mut(&mut self) -> &mut Run {
        &mut self.run
    }

    /// What time it is, since the run began.
    pub fn now(&self) -> Time {
        self.now
    }

    /// What the run has logged since this was last asked, if that is kept.
    pub fn take_log(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.log)
    }

    /// What programs say of themselves, of those to which something happened since this was last asked.
    pub fn told(&mut self) -> Vec<(usize, String)> {
        self.fleet.told()
    }

    /// What is left of the run.
    pub fn into_record(self) -> Record {
        let mut record = self.run.into_record();
        for (position, node) in record.nodes.iter_mut().enumerate() {
            node.disk = self.fleet.disk_record(position);
        }
        record
    }

    fn carry_out(&mut self) {
        let Simulation { run, fleet, now, log, keeps_log, spawn, rng } = self;
        while let Some(effect) = run.poll_effect() {
            match effect {
                Effect::Log(line) if *keeps_log => log.push(line),
                Effect::Log(_) => {}
                Effect::Kill { node } => fleet.kill(*now, node),
                Effect::Start { node } => {
                    let program = spawn(node, rng.u64(..));
                    fleet.restart(*now, node, program, rng);
                }
                Effect::Pause { node } => fleet.set_paused(node, true),
                Effect::Resume { node } => fleet.set_paused(node, false),
                Effect::Deliver { node, line } => {
                    fleet.deliver(*now, node, line, &mut |node, line| run.on_line(*now, node, line));
                }
            }
        }
    }
}
