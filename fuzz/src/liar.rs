//! Three nodes of which one lies. The other two do not fail, are not busy for ever, and what their clients told them
//! reaches both.
//!
//! The engine's docs ("Liars") say what is taken on trust: that what a peer relays is what its origin said, and that the hub
//! holds what it acknowledges. So the liar that [`lie`] drives is a leaf, and says nothing in the name of the living others.
//!
//! An input is text, one event a line:
//!
//! ```text
//! ?
//! 0{"me":3,"n":1,"vector":[],"runs":[[2,3,1,1,["a lie"]]]}
//! 1{"me":4,"lost":[0],"under":[0]}
//! +350
//! =0 4
//! ```
//!
//! `?` has a client ask each honest node for something new; `0…` and `1…` are what the liar says to those nodes: bodies
//! without their type; `+350` lets 350 ms pass; `=0 4` has the liar come back to node 0 in life 4 and answer for it. In a life
//! that has not answered it finds no hearing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use machines::{Broadcast, Counter, Log, Machine, Node, Outputs, Time, Txn};
use protocol::gossip::Gossip;
use protocol::{Decode, Json, List, Message, counter, log, txn};

/// How long a message takes.
const LATENCY: Duration = Duration::from_millis(5);

/// Nodes, usually three, of which one is not there: what is said to it is lost, and what it says are lies.
pub struct World<M: Machine> {
    /// The nodes.
    pub nodes: Vec<Node<M>>,
    /// Which of them is not there.
    pub liar: usize,
    /// What time it is.
    pub now: Time,
    /// How many bytes that one has been told.
    pub told_bytes: usize,
    /// The last line of that from each node.
    pub last_told: Vec<Vec<u8>>,
    /// How many bytes the others have told each other.
    pub honest_bytes: usize,
    /// Whose messages to whom are lost.
    pub cut: BTreeSet<(usize, usize)>,
    flying: VecDeque<(Time, usize, Vec<u8>)>,
    asked: u64,
}

impl<M: Machine> World<M> {
    /// Three nodes that have had their `init`. Their incarnations are 1, 2 and 3.
    pub fn new(liar: usize) -> Self {
        World::of(3, liar)
    }

    /// So many nodes that have had their `init`. Their incarnations are 1, 2, 3, ….
    pub fn of(size: usize, liar: usize) -> Self {
        let nodes = (0..size).map(|_| Node::new(M::default_config(), 0)).collect();
        let mut world = World {
            nodes,
            liar,
            now: Time::ZERO,
            told_bytes: 0,
            last_told: vec![Vec::new(); size],
            honest_bytes: 0,
            cut: BTreeSet::new(),
            flying: VecDeque::new(),
            asked: 0,
        };
        world.honest().into_iter().for_each(|node| world.start(node, node as u64 + 1));
        world
    }

    /// A node comes from nothing in this incarnation, and has its `init`.
    pub fn start(&mut self, node: usize, incarnation: u64) {
        self.nodes[node] = Node::new(M::default_config(), incarnation << 11);
        let ids: Vec<String> = (0..self.nodes.len()).map(|node| format!(r#""n{node}""#)).collect();
        let ids = ids.join(",");
        self.ask(node, &format!(r#"{{"type":"init","node_id":"n{node}","node_ids":[{ids}]}}"#));
    }

    /// The nodes that are there.
    pub fn honest(&self) -> Vec<usize> {
        (0..self.nodes.len()).filter(|&node| node != self.liar).collect()
    }

    /// Asks a node as a client, and gives the answer, a line.
    #[track_caller]
    pub fn ask(&mut self, node: usize, body: &str) -> Vec<u8> {
        self.asked += 1;
        let fields = body.strip_prefix('{').expect("an object");
        let body = format!(r#"{{"msg_id":{},{fields}"#, self.asked);
        let line = format!(r#"{{"src":"c1","dest":"n{node}","body":{body}}}"#);
        self.hear(node, line.as_bytes()).pop().expect("an answer at once")
    }

    /// A node hears a line. What it says to nodes flies off; what it says to clients comes back.
    #[track_caller]
    pub fn hear(&mut self, node: usize, line: &[u8]) -> Vec<Vec<u8>> {
        let mut outputs = Outputs::default();
        self.nodes[node].on_line(self.now, line, &mut outputs).expect("these lies are messages");
        self.post(&outputs)
    }

    fn post(&mut self, outputs: &Outputs) -> Vec<Vec<u8>> {
        let mut answers = Vec::new();
        for line in outputs.lines() {
            let message = Message::decode(line).expect("a message");
            match &*message.dest {
                "c1" => answers.push(line.to_vec()),
                node => {
                    let node = node[1..].parse().expect("a node");
                    self.flying.push_back((self.now + LATENCY, node, line.to_vec()));
                }
            }
        }
        answers
    }

    /// The liar says this to a node: a body without its type.
    #[track_caller]
    pub fn lie(&mut self, node: usize, gossip: impl ToString) {
        let line = line(self.liar, node, gossip);
        self.hear(node, line.as_bytes());
    }

    /// What the liar was last asked by a node, if that was the last thing that it was told.
    pub fn last_ask(&self, node: usize) -> Option<u64> {
        let message = Message::decode(&self.last_told[node]).ok()?;
        let Ok(Gossip::Gossip { ask, .. }) = Gossip::decode(&message.body) else { return None };
        ask
    }

    /// The liar comes back in this life, and answers when the node asks whether it is there, as it does once a round.
    #[track_caller]
    pub fn come_back(&mut self, node: usize, life: u64) {
        self.last_told[node].clear();
        for _ in 0..20 {
            self.lie(node, format!(r#"{{"me":{life}}}"#));
            self.pass(100);
            if let Some(ask) = self.last_ask(node) {
                // Incarnations are one more than positions.
                self.lie(node, format!(r#"{{"me":{life},"you":{},"answer":{ask}}}"#, node + 1));
                return;
            }
        }
    }

    /// Lets time pass, and sees that no node is at it all the time.
    #[track_caller]
    pub fn pass(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        let mut steps = 0;
        loop {
            let arrival = self.flying.front().map(|(at, ..)| *at);
            let wakes = self.honest().into_iter().filter_map(|node| self.nodes[node].deadline());
            let Some(next) = arrival.into_iter().chain(wakes).min().filter(|&next| next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            self.arrive();
            self.wake();
            steps += 1;
            assert!(steps <= 100 * (1 + millis / 100), "busy at {:?}", self.now);
        }
        self.now = end;
    }

    fn arrive(&mut self) {
        while self.flying.front().is_some_and(|(at, ..)| *at <= self.now) {
            let (_, node, line) = self.flying.pop_front().expect("it has a front");
            let teller = Message::decode(&line).expect("a message").src[1..].parse().expect("a node");
            if self.cut.contains(&(teller, node)) {
                continue;
            }
            if node != self.liar {
                self.honest_bytes += line.len();
                self.hear(node, &line);
            } else {
                self.told_bytes += line.len();
                self.last_told[teller] = line;
            }
        }
    }

    #[track_caller]
    fn wake(&mut self) {
        for node in self.honest() {
            let mut outputs = Outputs::default();
            self.nodes[node].on_wake(self.now, &mut outputs);
            let deadline = self.nodes[node].deadline();
            assert!(deadline.is_none_or(|deadline| deadline > self.now), "n{node} at {:?}", self.now);
            self.post(&outputs);
        }
    }
}

/// The line that says this: `gossip` is a body without its type.
pub fn line(from: usize, to: usize, gossip: impl ToString) -> String {
    let fields = gossip.to_string().replacen('{', r#"{"type":"gossip1","#, 1);
    format!(r#"{{"src":"n{from}","dest":"n{to}","body":{fields}}}"#)
}

/// A machine whose honest replicas can be compared.
pub trait Replica: Machine {
    /// Whether the liar's own updates show in the comparison. Then it tells both nodes the same of itself: an origin that
    /// tells two nodes two stories is believed by both.
    const SHOWS_LIES: bool = false;

    /// Asks for the `number`th thing that no liar knows of, which is never refused.
    fn ask(world: &mut World<Self>, node: usize, number: u64);

    /// Asserts that the honest nodes agree, and hold all of this.
    fn compare(world: &mut World<Self>, asked: &[u64]);
}

/// Lives that life, in which node 2 lies, and compares the honest nodes at its end.
pub fn lie<M: Replica>(life: &[u8]) {
    /// So much time passes at the most in one event.
    const MAX_MS: u64 = 10_000;
    /// Enough for honest nodes to find each other again, whatever they believe.
    const END_MS: u64 = 20_000;
    let mut world = World::<M>::new(2);
    let mut told = Told::new();
    let mut asked = Vec::new();
    for event in life.split(|&byte| byte == b'\n') {
        match event {
            [b'?'] => {
                for node in world.honest() {
                    asked.push(asked.len() as u64 + 1);
                    M::ask(&mut world, node, asked.len() as u64);
                }
            }
            [b'+', digits @ ..] => {
                let millis = str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
                world.pass(millis.unwrap_or(0).min(MAX_MS));
            }
            [b'=', node @ (b'0' | b'1'), b' ', digits @ ..] => {
                let life = str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
                world.come_back(usize::from(node - b'0'), life.unwrap_or(0));
            }
            [node @ (b'0' | b'1'), gossip @ ..] => {
                let node = usize::from(node - b'0');
                let line = line(2, node, String::from_utf8_lossy(gossip));
                if may_lie(node, line.as_bytes(), &mut told, M::SHOWS_LIES) {
                    world.hear(node, line.as_bytes());
                }
            }
            _ => {}
        }
    }
    world.pass(END_MS);
    M::compare(&mut world, &asked);
}

/// More incarnations than these not everyone takes from everyone.
const MAX_HEARSAY: usize = 16;

/// Of which origins the liar has told which node.
type Told = BTreeMap<(u32, u64), usize>;

/// Whether the line is a message in which no living other's updates are made up, nor, if that matters, those of an origin that
/// the other node has been told of, or of more of them than are taken.
fn may_lie(node: usize, line: &[u8], told: &mut Told, tells_all_the_same: bool) -> bool {
    let Ok(message) = Message::decode(line) else { return false };
    let runs = match Gossip::decode(&message.body) {
        Ok(Gossip::Gossip { runs: Some(runs), .. }) => runs,
        _ => return true,
    };
    let origins = runs.iter().map(|&(node, incarnation, ..)| (node, incarnation));
    let is_taken = |&origin: &(u32, u64)| {
        let is_living = matches!(origin, (0, 1) | (1, 2));
        let is_told_the_other = *told.entry(origin).or_insert(node) != node;
        is_living || tells_all_the_same && (is_told_the_other || told.len() > MAX_HEARSAY)
    };
    // All are looked at, so that all are noted.
    origins.filter(is_taken).count() == 0
}

/// The answer as a message of the vocabulary; none if it is an error.
fn understood<'a, R: Decode<'a>>(answer: &'a [u8]) -> Option<R> {
    let message = Message::decode(answer).expect("a message");
    R::decode(&message.body).ok()
}

impl Replica for Broadcast {
    fn ask(world: &mut World<Self>, node: usize, number: u64) {
        let answer = world.ask(node, &format!(r#"{{"type":"broadcast","message":"honest {number}"}}"#));
        understood::<protocol::broadcast::Reply<'_>>(&answer).expect("a broadcast is never refused");
    }

    fn compare(world: &mut World<Self>, asked: &[u64]) {
        for node in world.honest() {
            let answer = world.ask(node, r#"{"type":"read"}"#);
            let Some(protocol::broadcast::Reply::ReadOk { messages }) = understood(&answer) else {
                panic!("a read is never refused")
            };
            let values: List<Json<'_>> = messages.parse().expect("a list");
            for number in asked {
                let value = format!(r#""honest {number}""#);
                let times = values.iter().filter(|json| json.as_str() == value).count();
                assert_eq!(times, 1, "{value} at n{node}");
            }
        }
    }
}

impl Replica for Counter {
    const SHOWS_LIES: bool = true;

    fn ask(world: &mut World<Self>, node: usize, number: u64) {
        let answer = world.ask(node, &format!(r#"{{"type":"add","delta":{number}}}"#));
        understood::<counter::Reply>(&answer).expect("so little is never refused");
    }

    /// The liar counts too, so only that they agree can be said.
    fn compare(world: &mut World<Self>, _: &[u64]) {
        let sums = world.honest().into_iter().map(|node| {
            let answer = world.ask(node, r#"{"type":"read"}"#);
            understood::<counter::Reply>(&answer).expect("a read is never refused")
        });
        let sums: Vec<counter::Reply> = sums.collect();
        assert_eq!(sums[0], sums[1]);
    }
}

impl Replica for Txn {
    /// No liar uses up all stamps.
    fn ask(world: &mut World<Self>, node: usize, number: u64) {
        let write = format!(r#"["w","honest {number}",{number}],["w","honest",{number}]"#);
        let answer = world.ask(node, &format!(r#"{{"type":"txn","txn":[{write}]}}"#));
        understood::<txn::Reply<'_>>(&answer).expect("a write is never refused");
    }

    fn compare(world: &mut World<Self>, asked: &[u64]) {
        let mut last = Vec::new();
        for node in world.honest() {
            for number in asked {
                assert_eq!(read(world, node, &format!("honest {number}")), number.to_string(), "n{node}");
            }
            last.push(read(world, node, "honest"));
        }
        assert_eq!(last[0], last[1]);
    }
}

/// What a register holds, as JSON.
fn read(world: &mut World<Txn>, node: usize, key: &str) -> String {
    let answer = world.ask(node, &format!(r#"{{"type":"txn","txn":[["r","{key}",null]]}}"#));
    let Some(txn::Reply::TxnOk { txn }) = understood(&answer) else { panic!("a read is never refused") };
    txn[0].value.as_str().to_owned()
}

impl Replica for Log {
    fn ask(world: &mut World<Self>, node: usize, number: u64) {
        let answer = world.ask(node, &format!(r#"{{"type":"send","key":"honest","msg":{number}}}"#));
        understood::<log::Reply<'_>>(&answer).expect("no log is ever full");
    }

    fn compare(world: &mut World<Self>, asked: &[u64]) {
        // What the liar does not hold is not shown. So now, in a new life, it says that it holds everything.
        let all = format!("[[0,1,{}],[1,2,{}]]", u32::MAX, u32::MAX);
        world.come_back(0, 1 << 52);
        world.lie(0, format!(r#"{{"me":4503599627370496,"n":1,"vector":[],"settled":{all}}}"#));
        world.pass(5_000);
        let logs: Vec<Vec<(u64, u64)>> = world.honest().into_iter().map(|node| poll(world, node)).collect();
        assert_eq!(logs[0], logs[1]);
        let mut sent: Vec<u64> = logs[0].iter().map(|(_, message)| *message).collect();
        sent.sort_unstable();
        assert_eq!(sent, asked);
    }
}

/// All that the honest clients' log shows.
fn poll(world: &mut World<Log>, node: usize) -> Vec<(u64, u64)> {
    let mut messages: Vec<(u64, u64)> = Vec::new();
    loop {
        let from = messages.last().map_or(0, |(offset, _)| offset + 1);
        let answer = world.ask(node, &format!(r#"{{"type":"poll","offsets":{{"honest":{from}}}}}"#));
        let Some(log::Reply::PollOk { msgs }) = understood(&answer) else {
            panic!("a poll is never refused")
        };
        let Some((_, page)) = msgs.first() else { return messages };
        messages.extend(
            page.iter().map(|(offset, message)| (*offset, message.parse::<u64>().expect("a number"))),
        );
    }
}
