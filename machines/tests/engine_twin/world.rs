//! Real nodes, their twins, and a network in which anything may happen next.

use std::collections::BTreeSet;
use std::time::Duration;

use machines::engine::Pace;
use machines::{Broadcast, Node, Outputs, Time};
use protocol::gossip::Gossip;
use protocol::{Decode, Message};

use crate::twin::{Ledger, Twin, Update};

/// A fair network comes to rest in fewer steps than this, or never.
const MAX_STEPS: usize = 20_000;

/// Nodes of one cluster, and all that happens to them.
pub(crate) struct World {
    pace: Pace,
    now: Time,
    nodes: Vec<Computer>,
    ledger: Ledger,
    /// Recipient and line.
    in_flight: Vec<(usize, Vec<u8>)>,
    lives: u64,
}

struct Computer {
    node: Node<Broadcast>,
    twin: Twin,
    /// What the node's clock shows when the world's shows zero: no two of them agree.
    clock_ahead: Duration,
}

impl World {
    pub(crate) fn new(size: usize, fan_out: usize, round_ms: u64) -> World {
        let pace = Pace { round: Duration::from_millis(round_ms), fan_out };
        let (now, ledger) = (Time::ZERO, Ledger::default());
        let mut world = World { pace, now, nodes: Vec::new(), ledger, in_flight: Vec::new(), lives: 0 };
        for position in 0..size {
            let computer = world.start(position, size);
            world.nodes.push(computer);
        }
        world
    }

    /// A client broadcasts a value through a node, and is told that it is accepted.
    pub(crate) fn broadcast(&mut self, node: usize, value: &str) {
        let node = node % self.nodes.len();
        self.nodes[node].twin.accept(&mut self.ledger, value);
        let body = format!(r#"{{"type":"broadcast","msg_id":1,"message":{value}}}"#);
        assert_eq!(self.ask(node, &body), r#"{"type":"broadcast_ok","in_reply_to":1}"#);
        self.check(node);
    }

    /// A message arrives: the node takes all that it brings, or nothing.
    pub(crate) fn deliver(&mut self, position: usize) {
        let Some(position) = position.checked_rem(self.in_flight.len()) else { return };
        let (node, line) = self.in_flight.remove(position);
        let mut outputs = Outputs::default();
        let now = self.clock(node);
        self.nodes[node].node.on_line(now, &line, &mut outputs).expect("nodes write messages");
        let updates = updates(&self.ledger, &line);
        let union = self.nodes[node].twin.union(&updates);
        if self.read(node) == union.read(&self.ledger) {
            union.assert_closed(&self.ledger, &updates);
            self.nodes[node].twin = union;
        }
        self.check(node);
        self.send(node, &outputs);
    }

    /// The same, but no message arrives at `absent`.
    pub(crate) fn deliver_unless_to(&mut self, absent: usize, position: usize) {
        let others = self.in_flight.iter().enumerate().filter(|(_, (to, _))| *to != absent);
        let others: Vec<usize> = others.map(|(position, _)| position).collect();
        if let Some(position) = position.checked_rem(others.len()) {
            self.deliver(others[position]);
        }
    }

    /// The messages to a node that have not arrived.
    pub(crate) fn in_flight_to(&self, node: usize) -> Vec<Vec<u8>> {
        self.in_flight.iter().filter(|(to, _)| *to == node).map(|(_, line)| line.clone()).collect()
    }

    pub(crate) fn duplicate(&mut self, position: usize) {
        if let Some(position) = position.checked_rem(self.in_flight.len()) {
            self.in_flight.push(self.in_flight[position].clone());
        }
    }

    pub(crate) fn lose(&mut self, position: usize) {
        if let Some(position) = position.checked_rem(self.in_flight.len()) {
            self.in_flight.remove(position);
        }
    }

    /// Time passes. Nodes are late to wake if it passes their deadlines.
    pub(crate) fn wait(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
        for node in 0..self.nodes.len() {
            let mut wakes = 0;
            while self.deadline(node).is_some_and(|deadline| deadline <= self.now) {
                let mut outputs = Outputs::default();
                let now = self.clock(node);
                self.nodes[node].node.on_wake(now, &mut outputs);
                self.check(node);
                self.send(node, &outputs);
                wakes += 1;
                assert!(wakes < 100, "node {node} asks to be woken again and again at one moment");
            }
        }
    }

    /// A node starts again from nothing. What it said in its former life is still in flight.
    pub(crate) fn restart(&mut self, node: usize) {
        let (node, size) = (node % self.nodes.len(), self.nodes.len());
        self.nodes[node] = self.start(node, size);
        self.check(node);
    }

    /// Asserts that, once every message arrives, all nodes come to hold whatever any of them holds now, and fall silent.
    pub(crate) fn assert_recovery(&mut self) {
        let held_now: BTreeSet<Update> =
            self.nodes.iter().flat_map(|computer| computer.twin.held.clone()).collect();
        let mut steps = 0;
        loop {
            let next = (0..self.nodes.len()).filter_map(|node| self.deadline(node)).min();
            match next {
                _ if !self.in_flight.is_empty() => self.deliver(0),
                Some(next) => {
                    self.now = self.now.max(next);
                    self.wait(0);
                }
                None => break,
            }
            steps += 1;
            assert!(steps < MAX_STEPS, "somebody always has something to say");
        }
        let agreed = &self.nodes[0].twin.held;
        assert!(agreed.is_superset(&held_now), "{:?} are lost", &held_now - agreed);
        for computer in &self.nodes {
            let (life, held) = (computer.twin.life, &computer.twin.held);
            assert!(held == agreed, "{life:?} lacks {:?} and has {:?}", agreed - held, held - agreed);
        }
    }

    fn start(&mut self, position: usize, size: usize) -> Computer {
        self.lives += 1;
        let incarnation = self.lives;
        let seed = incarnation << 11 | 0x7ff;
        let mut node = Node::new(self.pace.clone(), seed);
        let names: Vec<String> = (0..size).map(|position| format!(r#""n{position}""#)).collect();
        let init = format!(r#"{{"type":"init","node_id":"n{position}","node_ids":[{}]}}"#, names.join(","));
        let clock_ahead = Duration::from_micros(123_457 * (self.lives % 8));
        let mut outputs = Outputs::default();
        let line = to_node(position, &init);
        node.on_line(self.now + clock_ahead, &line, &mut outputs).expect("init is a message");
        Computer { node, twin: Twin::new((position as u32, incarnation)), clock_ahead }
    }

    /// Puts what a node says on its way, if it may be said.
    fn send(&mut self, node: usize, outputs: &Outputs) {
        for line in outputs.lines() {
            let message = Message::decode(line).expect("nodes write messages");
            let Gossip::Gossip { vector, runs, .. } =
                Gossip::decode(&message.body).expect("nodes gossip with each other");
            let twin = &self.nodes[node].twin;
            vector.iter().for_each(|vector| twin.assert_vector(vector));
            let says = self.ledger.read_runs(runs.as_deref().unwrap_or_default());
            assert!(
                says.iter().all(|update| twin.held.contains(update)),
                "nobody says what it does not hold"
            );
            let recipient = message.dest.strip_prefix('n').and_then(|digits| digits.parse().ok());
            self.in_flight.push((recipient.expect("gossip goes to nodes"), line.to_vec()));
        }
    }

    /// Asserts that the node shows exactly what its twin holds.
    #[track_caller]
    fn check(&mut self, node: usize) {
        let (shows, holds) = (self.read(node), self.nodes[node].twin.read(&self.ledger));
        assert_eq!(shows, holds, "n{node} shows what its twin holds");
    }

    fn read(&mut self, node: usize) -> String {
        let reply = self.ask(node, r#"{"type":"read","msg_id":1}"#);
        let values = reply.strip_prefix(r#"{"type":"read_ok","in_reply_to":1,"messages":"#);
        values.and_then(|values| values.strip_suffix('}')).expect("a read is answered").to_string()
    }

    /// A client's request, which is answered at once and makes the node say nothing else.
    fn ask(&mut self, node: usize, body: &str) -> String {
        let mut outputs = Outputs::default();
        let now = self.clock(node);
        self.nodes[node].node.on_line(now, &to_node(node, body), &mut outputs).expect("a message");
        let said: Vec<&[u8]> = outputs.lines().collect();
        let [reply] = said[..] else { panic!("one answer, not {}", said.len()) };
        let reply = str::from_utf8(reply).expect("JSON is UTF-8");
        let body = reply.strip_prefix(&format!(r#"{{"src":"n{node}","dest":"c1","body":"#));
        body.and_then(|body| body.strip_suffix('}')).expect("it goes to the client").to_string()
    }

    fn clock(&self, node: usize) -> Time {
        self.now + self.nodes[node].clock_ahead
    }

    fn deadline(&self, node: usize) -> Option<Time> {
        let computer = &self.nodes[node];
        computer.node.deadline().map(|deadline| deadline - computer.clock_ahead)
    }
}

/// The updates that a message brings.
fn updates(ledger: &Ledger, line: &[u8]) -> Vec<Update> {
    let message = Message::decode(line).expect("nodes write messages");
    let Gossip::Gossip { runs, .. } = Gossip::decode(&message.body).expect("nodes gossip with each other");
    let mut runs: Vec<_> = runs.as_deref().unwrap_or_default().to_vec();
    // Nodes take the runs of a message in order of their origins.
    runs.sort_by_key(|run| (run.0, run.1));
    ledger.read_runs(&runs)
}

fn to_node(position: usize, body: &str) -> Vec<u8> {
    format!(r#"{{"src":"c1","dest":"n{position}","body":{body}}}"#).into_bytes()
}
