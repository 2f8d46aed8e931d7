//! A small world of its own for a cluster of [`LinKv`] nodes: clients, a network with faults, disks, and virtual time.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use machines::consensus::{Pace, View};
use machines::{LinKv, Node, Outputs, Records, Time};

/// What goes wrong, and how often: shares between 0 and 1.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hazards {
    pub(crate) loss: f64,
    pub(crate) duplication: f64,
    /// A message that is overtaken takes up to so many times as long as the others.
    pub(crate) jitter: f64,
    /// A node that dies in a step: with or without its records, but without its lines.
    pub(crate) death: f64,
}

/// A cluster, and all around it.
pub(crate) struct World {
    pub(crate) now: Time,
    pub(crate) hazards: Hazards,
    pub(crate) latency: Duration,
    /// Messages between nodes so far.
    pub(crate) messages: u64,
    pub(crate) rng: Rng,
    /// Who took the last step.
    pub(crate) stepped: usize,
    /// How often a node has died in a step.
    pub(crate) deaths: u64,
    /// By recipient and sender, whether the link is cut.
    pub(crate) cut: Vec<Vec<bool>>,
    pub(crate) done: Vec<Done>,
    /// Whether some of what clients write is large.
    pub(crate) writes_large: bool,
    computers: Vec<Computer>,
    events: BTreeMap<(Time, u64), Event>,
    sequence: u64,
    waiting: BTreeMap<u64, (usize, Time, Ask)>,
    pace: Pace,
    slack: usize,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Read,
    Write(u64),
    /// A value so large that no two of them fit one message.
    WriteLarge(u64),
    CompareAndSet(u64, u64),
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) node: usize,
    pub(crate) ask: Ask,
    pub(crate) asked: Time,
    pub(crate) answered: Time,
    pub(crate) body: String,
}

struct Computer {
    node: Option<Node<LinKv>>,
    disk: Vec<Vec<u8>>,
    boots_at: Time,
}

enum Event {
    Deliver { to: usize, from: usize, line: Vec<u8> },
    Boot { node: usize },
}

/// A node comes back after so long.
const BOOT: Duration = Duration::from_millis(50);

/// Seconds of trouble take a few thousand.
const MOST_MESSAGES: u64 = 200_000;

/// More than half of what a message holds.
const LARGE_BYTES: usize = 600_000;

/// Journals are written anew when they have grown by so much.
const SLACK: usize = 2_000;

impl World {
    pub(crate) fn new(nodes: usize, latency_ms: u64, round_ms: u64, seed: u64) -> World {
        World::with_slack(nodes, latency_ms, round_ms, seed, SLACK)
    }

    /// Nodes whose journals may grow by so much: what is in a checkpoint, tests do not see.
    pub(crate) fn with_slack(nodes: usize, latency_ms: u64, round_ms: u64, seed: u64, slack: usize) -> World {
        let computer = || Computer { node: None, disk: Vec::new(), boots_at: Time::ZERO };
        let mut world = World {
            now: Time::ZERO,
            hazards: Hazards::default(),
            latency: Duration::from_millis(latency_ms),
            messages: 0,
            stepped: 0,
            deaths: 0,
            rng: Rng::with_seed(seed),
            cut: vec![vec![false; nodes]; nodes],
            done: Vec::new(),
            writes_large: false,
            computers: (0..nodes).map(|_| computer()).collect(),
            events: BTreeMap::new(),
            sequence: 0,
            waiting: BTreeMap::new(),
            pace: Pace { round: Duration::from_millis(round_ms) },
            slack,
        };
        (0..nodes).for_each(|node| world.boot(node));
        world
    }

    pub(crate) fn size(&self) -> usize {
        self.computers.len()
    }

    /// What a node holds, if it lives.
    pub(crate) fn view(&self, node: usize) -> Option<View<'_>> {
        Some(self.computers[node].node.as_ref()?.machine()?.consensus().view())
    }

    /// Who leads in the highest term.
    pub(crate) fn leader(&self) -> Option<usize> {
        let leads = |node: &usize| self.view(*node).is_some_and(|view| view.leads);
        (0..self.size()).filter(leads).max_by_key(|node| self.view(*node).map(|view| view.term))
    }

    /// A client asks a node; false if that is down.
    pub(crate) fn ask(&mut self, node: usize, ask: Ask) -> bool {
        if self.computers[node].node.is_none() {
            return false;
        }
        self.sequence += 1;
        let id = self.sequence;
        let body = match ask {
            Ask::Read => r#""type":"read","key":1"#.to_string(),
            Ask::Write(value) => format!(r#""type":"write","key":1,"value":{value}"#),
            Ask::WriteLarge(value) => {
                format!(r#""type":"write","key":1,"value":"{value}{}""#, "x".repeat(LARGE_BYTES))
            }
            Ask::CompareAndSet(from, to) => format!(r#""type":"cas","key":1,"from":{from},"to":{to}"#),
        };
        let line = format!(r#"{{"src":"c{node}","dest":"n{node}","body":{{{body},"msg_id":{id}}}}}"#);
        self.waiting.insert(id, (node, self.now, ask));
        self.step(node, |node, now, outputs| drop(node.on_line(now, line.as_bytes(), outputs)));
        true
    }

    /// A node hears something in the name of another: a body.
    pub(crate) fn lie(&mut self, from: usize, to: usize, body: &str) {
        let line = format!(r#"{{"src":"n{from}","dest":"n{to}","body":{body}}}"#);
        self.step(to, |node, now, outputs| drop(node.on_line(now, line.as_bytes(), outputs)));
    }

    /// Kills a node; it comes back with its disk.
    pub(crate) fn kill(&mut self, node: usize) {
        if self.computers[node].node.take().is_some() {
            let at = self.now + BOOT.mul_f64(1.0 + self.rng.f64());
            self.computers[node].boots_at = at;
            self.post(at, Event::Boot { node });
        }
    }

    /// Lets everything happen until `end`, and calls `check` after each event.
    pub(crate) fn run_until(&mut self, end: Time, mut check: impl FnMut(&World)) {
        loop {
            let wakes = self.computers.iter().enumerate();
            let wake = wakes.filter_map(|(node, it)| Some((it.node.as_ref()?.deadline()?, node))).min();
            let event = self.events.keys().next().copied();
            let next = event.map(|(at, _)| at).into_iter().chain(wake.map(|(at, _)| at)).min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            match (event, wake) {
                (Some(key), _) if key.0 <= next => self.happen(key),
                (_, Some((_, node))) => self.step(node, |node, now, outputs| node.on_wake(now, outputs)),
                _ => unreachable!("something is next"),
            }
            check(self);
        }
        self.now = end;
    }

    fn happen(&mut self, key: (Time, u64)) {
        match self.events.remove(&key).expect("it was there") {
            Event::Deliver { to, from, .. } if self.cut[to][from] => {}
            Event::Deliver { to, line, .. } if self.computers[to].node.is_some() => {
                self.step(to, |node, now, outputs| drop(node.on_line(now, &line, outputs)));
            }
            Event::Deliver { .. } => {}
            Event::Boot { node } => self.boot(node),
        }
    }

    fn boot(&mut self, number: usize) {
        let names: Vec<String> = (0..self.size()).map(|node| format!("\"n{node}\"")).collect();
        let init = format!(
            r#"{{"src":"c","dest":"n{number}","body":{{"type":"init","msg_id":0,"node_id":"n{number}","node_ids":[{}]}}}}"#,
            names.join(",")
        );
        let mut node = Node::<LinKv>::with_journal(self.pace.clone(), self.rng.u64(..), self.slack);
        let mut outputs = Outputs::default();
        node.on_line(self.now, init.as_bytes(), &mut outputs).expect("init is a message");
        for record in &self.computers[number].disk {
            node.on_record(self.now, record).expect("a node reads what it has written");
        }
        node.on_recovered(self.now, &mut outputs);
        self.computers[number].node = Some(node);
        self.stepped = number;
    }

    /// Which start of a node this is: another number for each.
    pub(crate) fn start_of(&self, node: usize) -> Time {
        self.computers[node].boots_at
    }

    /// One step of a node: its records are durable before its lines leave.
    fn step(&mut self, number: usize, step: impl FnOnce(&mut Node<LinKv>, Time, &mut Outputs)) {
        let (mut outputs, mut records) = (Outputs::default(), Records::default());
        let dies = self.hazards.death > 0.0 && self.rng.f64() < self.hazards.death;
        self.stepped = number;
        self.deaths += u64::from(dies);
        let node = self.computers[number].node.as_mut().expect("whoever takes a step lives");
        step(node, self.now, &mut outputs);
        node.record(&mut records);
        let disk = &mut self.computers[number].disk;
        if dies && self.rng.bool() {
            // Some of the records have become durable, and a checkpoint as a whole or not at all.
            let kept = if records.replaces() { 0 } else { self.rng.usize(..=records.iter().count()) };
            disk.extend(records.iter().take(kept).map(<[u8]>::to_vec));
        } else {
            if records.replaces() {
                disk.clear();
            }
            disk.extend(records.iter().map(<[u8]>::to_vec));
        }
        if dies {
            return self.kill(number);
        }
        for line in outputs.lines() {
            self.send(number, line);
        }
    }

    fn send(&mut self, from: usize, line: &[u8]) {
        let text = str::from_utf8(line).expect("JSON is UTF-8");
        let (_, rest) = text.split_once(r#""dest":""#).expect("a message has a recipient");
        let (dest, body) = rest.split_once('"').expect("a name has an end");
        let Some(to) = dest.strip_prefix('n') else { return self.answer(body) };
        let to = to.parse().expect("nodes have numbers");
        self.messages += 1;
        assert!(self.messages < MOST_MESSAGES, "messages call forth ever more messages");
        let copies = if self.rng.f64() < self.hazards.duplication { 2 } else { 1 };
        for _ in 0..copies {
            if self.rng.f64() >= self.hazards.loss {
                let late = 1.0 + self.rng.f64() * self.hazards.jitter;
                self.post(
                    self.now + self.latency.mul_f64(late),
                    Event::Deliver { to, from, line: line.to_vec() },
                );
            }
        }
    }

    fn answer(&mut self, body: &str) {
        let Some((_, id)) = body.split_once(r#""in_reply_to":"#) else { return };
        let digits = id.find(|c: char| !c.is_ascii_digit()).expect("a number has an end");
        let id: u64 = id[..digits].parse().expect("it is a number");
        let Some((node, asked, ask)) = self.waiting.remove(&id) else { return };
        self.done.push(Done { node, ask, asked, answered: self.now, body: body.to_string() });
    }

    fn post(&mut self, at: Time, event: Event) {
        self.sequence += 1;
        self.events.insert((at, self.sequence), event);
    }
}

impl Done {
    /// Whether it is certain what happened.
    pub(crate) fn is_definite(&self) -> bool {
        !self.is_refused()
    }

    /// Whether it has happened.
    pub(crate) fn is_ok(&self) -> bool {
        self.body.contains("_ok\"")
    }

    /// Whether the node said that it cannot do it now.
    pub(crate) fn is_refused(&self) -> bool {
        self.body.contains(r#""code":11"#)
    }
}
