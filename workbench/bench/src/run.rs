//! A whole test run (Maelstrom behaviour §2) as one state machine: no threads, no clock, no files.
//!
//! Whoever owns a [`Run`] tells it what nodes write and what time it is, carries out the [`Effect`]s it asks for, and
//! wakes it at its [`Run::deadline`]. That the nodes are machines in this process and time is a number, or that they are
//! child processes and time is the wall's, makes no difference to anything in here.
//!
//! `now` is always the time since the run began, and never goes back. Everything that is drawn at random follows from
//! `options.seed`: the same seed and the same lines at the same times make the same history and journal.
//!
//! Where we differ from Maelstrom: all participants are registered before any node is told its name, so no node can
//! write too early; when a node dies the run ends at once instead of playing on; an answer to a client that is gone is
//! dropped and does not silence the node; and while all client threads are busy the main phase goes on to its time
//! limit even if the nemesis has nothing to do before it.

mod by_hand;
mod clients;
mod faults;
mod operations;
mod record;
mod stages;

pub use record::{
    Crash, DiskRecord, Effect, Level, LogLine, Muted, NodeRecord, Oddity, Progress, Record, Said, Slip, Stage,
};

use crate::generator::{Pace, Threads};
use crate::nemesis::{Grudge, Nemesis};
use crate::network::{
    BadLine, Entry, Event, MAX_BYTES_ON_THE_WAY, Message, Network, Participant, Refusal, Role,
};
use crate::options::{LogOptions, Options};
use crate::service::Services;
use crate::workload::{self, Idle, Workload};
use clients::{Clients, Heard, Purpose, quoted};
use edn::Value;
use fastrand::Rng;
use faults::NodeState;
use judge::history::History;
use machines::Time;
use operations::{Counts, Seat};
use stages::Phase;
use std::collections::VecDeque;

/// A test run. See the module's documentation.
pub struct Run {
    options: Options,
    workload: Box<dyn Workload>,
    network: Network,
    services: Services,
    clients: Clients,
    nodes: Vec<Participant>,
    node_records: Vec<NodeRecord>,
    /// How often all of them were dead.
    extinctions: u64,
    nemesis: Option<Nemesis>,
    /// The partition in force.
    partition: Option<&'static str>,
    /// The links that work one way only, at present.
    one_way: Grudge,
    /// Links that the script has cut, and how many of its acts are done.
    cut_links: Grudge,
    acts_done: usize,
    node_states: Vec<NodeState>,
    /// Nodes are being started again: what the history will say when they have answered.
    starting: Option<Value>,
    threads: Threads,
    seats: Vec<Seat>,
    pace: Option<Pace>,
    rng: Rng,
    phase: Phase,
    /// The last draw came to nothing: no use to draw again before some operation completes.
    is_stuck: bool,
    start: Option<Time>,
    now: Time,
    history: History,
    counts: Counts,
    logs_operations: bool,
    /// Entries of the journal that have been logged, or passed over.
    logged_entries: usize,
    crash: Option<Crash>,
    interrupted: bool,
    /// Drained by the world after every call, so as long as what one call brings about.
    effects: VecDeque<Effect>,
}

/// A bad line is quoted up to this many bytes.
const LONGEST_QUOTE: usize = 1_000;

impl Run {
    /// A run that has just begun: its first effects are the `init` messages. Poll for them.
    pub fn new(options: Options) -> Run {
        let mut seeds = Rng::with_seed(options.seed);
        let mut network = Network::new(options.latency, seeds.fork());
        let services = Services::new(seeds.fork());
        let nemesis = Nemesis::new(&options.nemesis, options.nemesis_interval, seeds.fork());
        let nodes = register_all(&mut network, &options.nodes);
        let mut run = Run {
            node_records: options.nodes.iter().map(|name| NodeRecord::new(name)).collect(),
            nemesis: (!options.nemesis.is_empty() || !options.script.is_empty()).then_some(nemesis),
            threads: Threads::new(options.concurrency),
            seats: std::iter::repeat_with(Seat::default).take(options.concurrency).collect(),
            pace: Pace::per_second(options.rate),
            workload: Box::new(Idle),
            clients: Clients::default(),
            partition: None,
            one_way: Grudge::new(),
            cut_links: Grudge::new(),
            acts_done: 0,
            node_states: vec![NodeState::Up; options.nodes.len()],
            extinctions: 0,
            starting: None,
            rng: seeds.fork(),
            phase: Phase::Starting { waiting: nodes.len() },
            is_stuck: false,
            start: None,
            now: Time::ZERO,
            history: History::default(),
            counts: Counts::default(),
            logs_operations: false,
            logged_entries: 0,
            crash: None,
            interrupted: false,
            effects: VecDeque::new(),
            options,
            network,
            services,
            nodes,
        };
        match workload::new(&run.options) {
            Ok(workload) => run.workload = workload,
            Err(reason) => run.crash(None, reason),
        }
        run.send_inits();
        run.settle();
        run
    }

    /// Has every operation logged as it begins and ends, as Maelstrom's main log does.
    pub fn log_operations(&mut self) {
        self.logs_operations = true;
    }

    /// Keeps no journal of messages, only the sums. For runs by the thousand.
    pub fn keep_statistics_only(&mut self) {
        self.network.journal.keep_statistics_only();
    }

    /// A node wrote a line to its stdout (given without its newline).
    pub fn on_line(&mut self, now: Time, node: usize, line: &[u8]) {
        self.advance(now);
        if self.node_records[node].muted.is_some() || self.finished() {
            return;
        }
        self.node_records[node].lines += 1;
        match self.network.send_line(now, line) {
            Ok(sent) if sent.has_more => self.note(node, Slip::TextAfter, || quoted_line(line)),
            Ok(_) => {}
            Err(Refusal::ClientGone(_)) => self.note(node, Slip::Late, || quoted_line(line)),
            // A kill may come in the middle of a line.
            Err(Refusal::Bad(_)) if self.is_down(node) => {}
            Err(Refusal::Bad(reason)) => self.on_bad_line(node, line, reason),
        }
        self.settle();
    }

    /// Whether what the node writes is to be read now. If not, so much of what it has sent is on its way that it has to wait:
    /// ask again when something was delivered.
    pub fn hears(&self, node: usize) -> bool {
        !self.network.is_overdrawn(self.nodes[node])
    }

    /// A node has to wait, as [`Run::hears`] has said.
    pub fn on_made_to_wait(&mut self, now: Time, node: usize) {
        self.advance(now);
        let limit = MAX_BYTES_ON_THE_WAY >> 20;
        let what =
            || format!("{limit} MiB of its messages are on their way: its stdout is not read meanwhile");
        self.note(node, Slip::HadToWait, what);
    }

    /// A node that was paused spoke all the same: some process of its was not found. Such a pause does not count.
    pub fn on_escaped_pause(&mut self, now: Time, node: usize) {
        self.advance(now);
        let pauses = &mut self.node_records[node].pauses;
        *pauses = pauses.saturating_sub(1);
        self.note(node, Slip::SpokeInPause, || "spoke while it was paused".to_owned());
    }

    /// A node closed its stdout. By itself that is nobody's fault.
    pub fn on_stdout_closed(&mut self, now: Time, node: usize) {
        self.advance(now);
        self.node_records[node].stdout_closed |= !self.is_down(node);
    }

    /// A node is gone. Unless it was killed or the run is over, that ends the run, without a verdict.
    pub fn on_exit(&mut self, now: Time, node: usize, status: String) {
        self.advance(now);
        if !self.finished() && !self.is_down(node) {
            let name = &self.options.nodes[node];
            let reason = format!("node {name} ended by itself before the test was over ({status})");
            self.node_records[node].exited = Some(status);
            self.crash(Some(node), reason);
        }
    }

    /// A node that was killed could not be started again. That ends the run, without a verdict.
    pub fn on_start_failure(&mut self, now: Time, node: usize, error: &dyn std::fmt::Display) {
        self.advance(now);
        let name = &self.options.nodes[node];
        let reason = format!("node {name} could not be started again: {error}");
        self.crash(Some(node), reason);
    }

    /// Draws everything from another seed from now on: another continuation of the same beginning.
    pub fn reseed(&mut self, seed: u64) {
        let mut seeds = Rng::with_seed(seed);
        self.network.reseed(seeds.fork());
        self.services.reseed(seeds.fork());
        self.nemesis.iter_mut().for_each(|nemesis| nemesis.reseed(seeds.fork()));
        self.rng = seeds.fork();
    }

    /// Somebody wants the run to end: it does, at once, and keeps what there is.
    pub fn interrupt(&mut self, now: Time) {
        self.advance(now);
        if !self.finished() {
            self.interrupted = true;
            self.phase = Phase::Done;
        }
    }

    /// Does everything that is due at or before `now`.
    pub fn on_wake(&mut self, now: Time) {
        self.advance(now);
        self.settle();
    }

    /// The next moment at which something is due.
    pub fn deadline(&self) -> Option<Time> {
        if self.finished() {
            return None;
        }
        [self.network.deadline(), self.clients.deadline(), self.phase_deadline()].into_iter().flatten().min()
    }

    /// What the world is to do next. Drain this after every call.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// How far the run has come by now. Nothing need have happened for a while.
    pub fn progress(&self, now: Time) -> Progress {
        let (stage, remaining, total) = self.stage(now.max(self.now));
        let Counts { invoked, ok, failed, unknown } = self.counts;
        let nodes_in = |wanted| self.node_states.iter().filter(|state| **state == wanted).count();
        let (paused, down) = (nodes_in(NodeState::Paused), nodes_in(NodeState::Down));
        let partition = self.partition;
        Progress { stage, remaining, total, invoked, ok, failed, unknown, partition, paused, down }
    }

    /// Whether the run is over.
    pub fn finished(&self) -> bool {
        self.phase == Phase::Done
    }

    /// What was asked for.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The history so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What is left of the run.
    pub fn into_record(mut self) -> Record {
        for (node, participant) in self.node_records.iter_mut().zip(&self.nodes) {
            node.stale_answers = self.services.stale_answers(&node.name);
            let unheard = self.network.unheard(*participant);
            node.note_many(Slip::Unheard, unheard, self.now, "what came was not kept");
        }
        Record {
            options: self.options,
            history: self.history,
            journal: self.network.journal,
            start: self.start,
            duration: self.now.since(Time::ZERO),
            nodes: self.node_records,
            extinctions: self.extinctions,
            crash: self.crash,
            interrupted: self.interrupted,
        }
    }

    /// Does what is due until nothing more is: messages first, then what came too late, then what is new.
    fn settle(&mut self) {
        while !self.finished() {
            if let Some(message) = self.network.poll(self.now) {
                self.on_message(&message);
            } else if let Some(outcome) = self.clients.expire(self.now, &mut self.network) {
                self.on_outcome(outcome);
            } else if !self.proceed() {
                break;
            }
        }
        self.log_network();
    }

    fn on_message(&mut self, message: &Message) {
        match self.network.role(message.dest) {
            Role::Node(node) => {
                let line = self.network.line(message);
                self.effects.push_back(Effect::Deliver { node, line });
            }
            Role::Service(service) => self.on_request_to_service(service, message),
            Role::Client(number) => {
                match self.clients.on_message(self.now, &mut self.network, number, &message.body) {
                    Some(Heard::Answer(outcome)) => self.on_outcome(outcome),
                    Some(Heard::Nothing(slip, example)) => self.note_sender(message, slip, || example),
                    None => {}
                }
            }
        }
    }

    fn on_request_to_service(&mut self, service: usize, message: &Message) {
        let source = self.network.name(message.src).clone();
        match self.services.handle(service, &source, &message.body) {
            Some(body) => {
                self.network.send(self.now, message.dest, message.src, body);
            }
            None => {
                let name = Services::NAMES[service];
                self.note_sender(message, Slip::Unserved, || format!("{} to {name}", quoted(&message.body)));
                self.log(
                    Level::Warn,
                    name,
                    format!("no such request, no answer: {} from {source}", message.body),
                );
            }
        }
    }

    fn on_outcome(&mut self, (client, purpose, answer): clients::Outcome) {
        match purpose {
            Purpose::Init { node } => self.on_init(client, node, answer),
            Purpose::Setup { node } => self.on_setup(node, answer),
            Purpose::Operation { thread } => self.on_answer(thread, client, answer),
        }
    }

    /// A node did something that is passed over. The first of each kind is logged.
    pub(super) fn note(&mut self, node: usize, slip: Slip, example: impl FnOnce() -> String) {
        let record = &mut self.node_records[node];
        record.note(slip, self.now, example);
        if let Some(Oddity { example, count: 1, .. }) = record.oddities.iter().find(|odd| odd.slip == slip) {
            let text = format!("passed over ({}): {example}", slip.name());
            self.log(Level::Warn, &format!("{} stdout", self.options.nodes[node]), text);
        }
    }

    /// The same of whoever sent a message, if it is a node.
    fn note_sender(&mut self, message: &Message, slip: Slip, example: impl FnOnce() -> String) {
        if let Role::Node(node) = self.network.role(message.src) {
            self.note(node, slip, example);
        }
    }

    fn on_bad_line(&mut self, node: usize, line: &[u8], reason: BadLine) {
        let line = String::from_utf8_lossy(&line[..line.len().min(LONGEST_QUOTE)]).into_owned();
        let line_number = self.node_records[node].lines;
        let text = format!(
            "cannot use line {line_number}: {reason}. From here on, nothing that this node writes is read. The line: {line}"
        );
        self.log(Level::Warn, &format!("{} stdout", self.options.nodes[node]), text);
        self.node_records[node].muted =
            Some(Muted { time: self.now, line_number, line, reason: reason.to_string() });
    }

    fn crash(&mut self, node: Option<usize>, reason: String) {
        self.log(Level::Fatal, "jepsen test runner", reason.clone());
        self.crash.get_or_insert(Crash::new(node, reason));
        self.phase = Phase::Done;
    }

    fn log(&mut self, level: Level, thread: &str, message: String) {
        self.effects.push_back(Effect::Log(LogLine { level, thread: thread.into(), message }));
    }

    /// Logs what has happened on the network since the last time, as far as that is wanted.
    fn log_network(&mut self) {
        let LogOptions { net_send, net_recv, .. } = self.options.log;
        if !net_send && !net_recv {
            return;
        }
        let entries = &self.network.journal.entries[self.logged_entries..];
        for Entry { event, id, src, dest, body, .. } in entries {
            let what = match event {
                Event::Send if net_send => "send",
                Event::Receive if net_recv => "recv",
                _ => continue,
            };
            let message = format!(":{what} #{id} {src} -> {dest} {body}");
            let line = LogLine { level: Level::Info, thread: "maelstrom.net".into(), message };
            self.effects.push_back(Effect::Log(line));
        }
        self.logged_entries = self.network.journal.entries.len();
    }

    /// Whether the nemesis has killed it, and not yet started it again.
    pub fn is_down(&self, node: usize) -> bool {
        self.node_states[node] == NodeState::Down
    }

    fn advance(&mut self, now: Time) {
        self.now = self.now.max(now);
    }
}

fn quoted_line(line: &[u8]) -> String {
    quoted(&String::from_utf8_lossy(line))
}

/// Nodes and services; clients come as they are needed.
fn register_all(network: &mut Network, nodes: &[String]) -> Vec<Participant> {
    for (number, name) in Services::NAMES.iter().enumerate() {
        network.register(name, Role::Service(number));
    }
    nodes.iter().enumerate().map(|(node, name)| network.register(name, Role::Node(node))).collect()
}
