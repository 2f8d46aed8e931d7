//! A cluster in virtual time without a workload: the test says what happens when.
//!
//! ```
//! use machines::Echo;
//! use std::time::Duration;
//! use worlds::{Cluster, spawn};
//!
//! let mut cluster = Cluster::new(3, Duration::from_millis(100), 7, spawn::<Echo>(()));
//! let asked = cluster.request(1, r#"{"type":"echo","echo":"hello"}"#);
//! cluster.run_for(Duration::from_secs(1));
//! assert!(cluster.answer(asked).unwrap().body.contains("echo_ok"));
//! assert!(cluster.is_quiet());
//! assert_eq!(cluster.messages_between_servers(), 0);
//! ```

use super::fleet::Fleet;
use super::program::Spawn;
use bench::network::{Faults, Journal, Network, Participant, Role};
use bench::options::{Latency, LatencyDistribution};
use bench::service::Services;
use fastrand::Rng;
use machines::Time;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

/// How long nodes may take to answer `init`.
const PATIENCE: Duration = Duration::from_secs(10);

/// Nodes `n0`, `n1`, … on a network, the services, and one client. Same seed, same bytes.
///
/// A node that writes what is no message, or writes to somebody who is not there, makes the methods panic: here the
/// nodes are ours.
pub struct Cluster {
    now: Time,
    network: Network,
    fleet: Fleet,
    services: Services,
    nodes: Vec<Participant>,
    client: Participant,
    spawn: Spawn,
    rng: Rng,
    next_request: u64,
    answers: BTreeMap<Request, Answer>,
}

/// A request that was sent to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request(u64);

/// The first answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// When it arrived.
    pub time: Time,
    /// Its body, as JSON text.
    pub body: Arc<str>,
}

impl Cluster {
    /// Starts `size` nodes with constant latency between them, and returns when all have answered `init`. The time then
    /// is some milliseconds after zero, because nodes take a moment to boot.
    pub fn new(size: usize, latency: Duration, seed: u64, spawn: Spawn) -> Cluster {
        let mean_ms = latency.as_millis() as u64;
        Cluster::with_latency(
            size,
            Latency { mean_ms, distribution: LatencyDistribution::Constant },
            seed,
            spawn,
        )
    }

    /// The same with any distribution of latencies.
    pub fn with_latency(size: usize, latency: Latency, seed: u64, spawn: Spawn) -> Cluster {
        let mut rng = Rng::with_seed(seed);
        let mut network = Network::new(latency, rng.fork());
        let nodes = (0..size).map(|node| network.register(&format!("n{node}"), Role::Node(node))).collect();
        for (number, name) in Services::NAMES.iter().enumerate() {
            network.register(name, Role::Service(number));
        }
        let mut cluster = Cluster {
            now: Time::ZERO,
            client: network.register("c0", Role::Client(0)),
            network,
            fleet: Fleet::new(),
            services: Services::new(rng.fork()),
            nodes,
            spawn,
            rng,
            next_request: 1,
            answers: BTreeMap::new(),
        };
        for node in 0..size {
            let program = cluster.program(node);
            cluster.fleet.add(Time::ZERO, program, &mut cluster.rng);
        }
        let inits: Vec<Request> = (0..size).map(|node| cluster.init(node)).collect();
        for init in inits {
            cluster.wait_for_init(init);
        }
        cluster
    }

    /// What time it is.
    pub fn now(&self) -> Time {
        self.now
    }

    /// How many nodes there are.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// Lets time pass.
    pub fn run_for(&mut self, duration: Duration) {
        self.run_until(self.now + duration);
    }

    /// Lets time pass until `end`, and everything happen that is due by then.
    pub fn run_until(&mut self, end: Time) {
        while self.run_to_next_event(end) {}
        self.now = self.now.max(end);
    }

    /// Lets time pass until everybody is quiet, and tells when that was; at most for `limit`.
    pub fn run_until_quiet(&mut self, limit: Duration) -> Option<Time> {
        let end = self.now + limit;
        while !self.is_quiet() {
            if !self.run_to_next_event(end) {
                self.now = end;
                return None;
            }
        }
        Some(self.now)
    }

    /// Whether nothing will happen any more by itself: no message is on its way and no node has a deadline. Nodes that
    /// are paused count too.
    pub fn is_quiet(&self) -> bool {
        self.network.in_flight() == 0 && self.fleet.is_idle()
    }

    /// Sends a request to a node, now. `body` is a JSON object without `msg_id`. Clients have no latency: if the node
    /// answers at once, the answer is there when this returns.
    pub fn request(&mut self, node: usize, body: &str) -> Request {
        let request = Request(self.next_request);
        self.next_request += 1;
        let fields = body.trim_end().strip_suffix('}').expect("a body is a JSON object");
        let comma = if fields.trim_end().ends_with('{') { "" } else { "," };
        let body = format!("{fields}{comma}\"msg_id\":{}}}", request.0);
        self.network.send(self.now, self.client, self.nodes[node], body);
        self.deliver_due();
        request
    }

    /// The answer to a request, if it has come.
    pub fn answer(&self, request: Request) -> Option<&Answer> {
        self.answers.get(&request)
    }

    /// Sends a request and lets time pass until it is answered: the body of the answer.
    pub fn ask(&mut self, node: usize, body: &str) -> Arc<str> {
        let request = self.request(node, body);
        let end = self.now + PATIENCE;
        while !self.answers.contains_key(&request) && self.run_to_next_event(end) {}
        let answer = self.answers.get(&request);
        answer.unwrap_or_else(|| panic!("n{node} does not answer {body}")).body.clone()
    }

    /// Cuts the link from one node to another, one way.
    pub fn cut(&mut self, from: usize, to: usize) {
        self.network.cut(self.nodes[to], self.nodes[from]);
    }

    /// Cuts every link between nodes of different groups, both ways. Links inside a group are left as they are.
    pub fn partition(&mut self, groups: &[&[usize]]) {
        for (position, group) in groups.iter().enumerate() {
            let others = groups.iter().enumerate().filter(|(other, _)| *other != position);
            for to in others.flat_map(|(_, group)| group.iter()) {
                group.iter().for_each(|from| self.cut(*from, *to));
            }
        }
    }

    /// Makes the link from one node to another work again, one way.
    pub fn mend(&mut self, from: usize, to: usize) {
        self.network.mend(self.nodes[to], self.nodes[from]);
    }

    /// Makes every link work again.
    pub fn heal(&mut self) {
        self.network.heal();
    }

    /// Loss, duplication and delay from now on.
    pub fn faults_mut(&mut self) -> &mut Faults {
        &mut self.network.faults
    }

    /// Stops a node in its tracks: its clock runs on, but it does not read and is not woken.
    pub fn pause(&mut self, node: usize) {
        self.fleet.set_paused(node, true);
    }

    /// Lets a paused node go on. It reads what came meanwhile.
    pub fn resume(&mut self, node: usize) {
        self.fleet.set_paused(node, false);
        self.deliver_due();
    }

    /// Kills a node and starts it again with nothing but a new seed; what was on its way to it is gone. Its `init` is
    /// sent, and answered as soon as it has booted.
    pub fn restart(&mut self, node: usize) -> Request {
        self.network.discard(self.nodes[node]);
        let program = self.program(node);
        self.fleet.restart(self.now, node, program, &mut self.rng);
        self.init(node)
    }

    /// Everything that happened on the network so far.
    pub fn journal(&self) -> &Journal {
        &self.network.journal
    }

    /// Forgets all answers and the journal's entries, but not its sums: for runs too long to remember.
    pub fn forget(&mut self) {
        self.answers.clear();
        self.network.journal.entries.clear();
    }

    /// Messages sent so far with no client at either end, as Maelstrom counts them for its messages per operation.
    pub fn messages_between_servers(&self) -> u64 {
        self.network.journal.statistics.servers.messages()
    }

    fn program(&mut self, node: usize) -> Box<dyn super::Program> {
        let seed = self.rng.u64(..);
        (self.spawn)(node, seed)
    }

    fn init(&mut self, node: usize) -> Request {
        let mut body = format!("{{\"type\":\"init\",\"node_id\":\"n{node}\",\"node_ids\":[");
        for (position, peer) in self.nodes.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(body, "{comma}\"{}\"", self.network.name(*peer)).expect("a string takes any text");
        }
        body.push_str("]}");
        self.request(node, &body)
    }

    fn wait_for_init(&mut self, init: Request) {
        let end = self.now + PATIENCE;
        while !self.answers.contains_key(&init) {
            assert!(self.run_to_next_event(end), "a node does not answer init");
        }
    }

    /// Goes to the next moment at which something happens, and lets it happen; unless that is after `end`.
    fn run_to_next_event(&mut self, end: Time) -> bool {
        let next = self.network.deadline().into_iter().chain(self.fleet.deadline()).min();
        let Some(next) = next.filter(|next| *next <= end) else { return false };
        self.now = self.now.max(next);
        self.deliver_due();
        let Cluster { now, network, fleet, .. } = self;
        fleet.on_wake(*now, &mut |node, line| accept(network, *now, node, line));
        true
    }

    fn deliver_due(&mut self) {
        while let Some(message) = self.network.poll(self.now) {
            match self.network.role(message.dest) {
                Role::Client(_) => self.on_answer(message.body),
                Role::Service(service) => {
                    let source = self.network.name(message.src).clone();
                    if let Some(body) = self.services.handle(service, &source, &message.body) {
                        self.network.send(self.now, message.dest, message.src, body);
                    }
                }
                Role::Node(node) => {
                    let line = self.network.line(&message);
                    let Cluster { now, network, fleet, .. } = self;
                    fleet.deliver(*now, node, line, &mut |node, line| accept(network, *now, node, line));
                }
            }
        }
    }

    fn on_answer(&mut self, body: Arc<str>) {
        if let Some(request) = in_reply_to(&body) {
            self.answers.entry(request).or_insert(Answer { time: self.now, body });
        }
    }
}

fn accept(network: &mut Network, now: Time, node: usize, line: &[u8]) {
    if let Err(refusal) = network.send_line(now, line) {
        panic!("n{node} wrote {:?}: {refusal:?}", String::from_utf8_lossy(line));
    }
}

fn in_reply_to(body: &str) -> Option<Request> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    body.get("in_reply_to")?.as_u64().map(Request)
}

#[cfg(test)]
mod tests;
