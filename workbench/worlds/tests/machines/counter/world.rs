//! A cluster of counters, what its clients have asked of it, and what they may be told.

use std::time::Duration;

use bench::nemesis::{Action, Nemesis};
use bench::options::{Latency, LatencyDistribution};
use fastrand::Rng;
use machines::Time;
use protocol::counter::Reply;
use protocol::{Decode, Message};
use worlds::{Cluster, Request, Spawn};

/// Latencies that now and then overtake each other.
pub(crate) fn exponential(mean_ms: u64) -> Latency {
    Latency { mean_ms, distribution: LatencyDistribution::Exponential }
}

/// A cluster and its clients.
pub(crate) struct World {
    pub(crate) cluster: Cluster,
    pub(crate) adds: Vec<Add>,
    pub(crate) reads: Vec<Read>,
    /// The least and the most that an `add` asks for.
    pub(crate) deltas: std::ops::RangeInclusive<i64>,
}

/// An `add` that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Add {
    pub(crate) node: usize,
    pub(crate) delta: i64,
    at: Time,
    request: Request,
    /// The node that took it has died since.
    pub(crate) bereft: bool,
}

/// A `read` that was sent.
pub(crate) struct Read {
    at: Time,
    request: Request,
}

impl World {
    pub(crate) fn new(size: usize, latency: Latency, seed: u64, spawn: Spawn) -> World {
        let cluster = Cluster::with_latency(size, latency, seed, spawn);
        World { cluster, adds: Vec::new(), reads: Vec::new(), deltas: 0..=4 }
    }

    pub(crate) fn add(&mut self, node: usize, delta: i64) {
        let request = self.cluster.request(node, &format!(r#"{{"type":"add","delta":{delta}}}"#));
        self.adds.push(Add { node, delta, at: self.cluster.now(), request, bereft: false });
    }

    pub(crate) fn read(&mut self, node: usize) {
        let request = self.cluster.request(node, r#"{"type":"read"}"#);
        self.reads.push(Read { at: self.cluster.now(), request });
    }

    /// Draws one operation, as the workload does: two reads for each `add`.
    pub(crate) fn operate(&mut self, rng: &mut Rng) {
        let node = rng.usize(..self.cluster.size());
        if rng.u8(..3) == 0 {
            self.add(node, rng.i64(self.deltas.clone()));
        } else {
            self.read(node);
        }
    }

    /// Lets clients do `count` operations, `gap_ms` apart on average.
    pub(crate) fn load(&mut self, count: usize, gap_ms: u64, rng: &mut Rng) {
        for _ in 0..count {
            self.run_ms(rng.u64(0..=2 * gap_ms));
            self.operate(rng);
        }
    }

    pub(crate) fn run_ms(&mut self, millis: u64) {
        self.cluster.run_for(Duration::from_millis(millis));
    }

    /// The same under a nemesis that partitions, to begin with at once.
    pub(crate) fn load_under(&mut self, nemesis: &mut Nemesis, count: usize, gap_ms: u64, rng: &mut Rng) {
        for _ in 0..count {
            let next = self.cluster.now() + Duration::from_millis(rng.u64(0..=2 * gap_ms));
            while let Some(due) = Some(nemesis.next().unwrap_or(Time::ZERO)).filter(|due| *due <= next) {
                self.cluster.run_until(due.max(self.cluster.now()));
                self.act(nemesis);
            }
            self.cluster.run_until(next);
            self.operate(rng);
        }
    }

    fn act(&mut self, nemesis: &mut Nemesis) {
        let Action::Cut(target) = nemesis.act(self.cluster.now()) else { return self.cluster.heal() };
        for (to, sources) in nemesis.grudge(target, self.cluster.size()).iter().enumerate() {
            sources.iter().for_each(|&from| self.cluster.cut(from, to));
        }
    }

    /// Kills a node and starts it again.
    pub(crate) fn restart(&mut self, node: usize) {
        self.cluster.restart(node);
        self.adds.iter_mut().filter(|add| add.node == node).for_each(|add| add.bereft = true);
        // Until it has booted a node refuses what it is asked, and what is refused is not counted.
        self.run_ms(20);
    }

    /// Stops all that goes wrong.
    pub(crate) fn calm(&mut self) {
        *self.cluster.faults_mut() = Default::default();
        self.cluster.heal();
        (0..self.cluster.size()).for_each(|node| self.cluster.resume(node));
    }

    pub(crate) fn is_answered(&self, add: &Add) -> bool {
        self.cluster.answer(add.request).is_some_and(|answer| answer.body.contains("add_ok"))
    }

    /// Asserts that each read saw every `add` that was answered before it came, and none that came after its answer. Only
    /// for adds that are not negative.
    pub(crate) fn assert_reads_see_what_was_answered(&self, context: &str) {
        let answered = |add: &Add| self.cluster.answer(add.request).map(|answer| answer.time);
        let adds: Vec<_> =
            self.adds.iter().map(|add| (add.at, answered(add), i128::from(add.delta))).collect();
        for read in &self.reads {
            let Some(answer) = self.cluster.answer(read.request) else { continue };
            let value = value(&answer.body).expect("a read is answered with a value");
            let before = adds.iter().filter(|(_, answered, _)| answered.is_some_and(|time| time < read.at));
            let until = adds.iter().filter(|(at, ..)| *at <= answer.time);
            let (least, most): (i128, i128) = (before.map(|add| add.2).sum(), until.map(|add| add.2).sum());
            assert!((least..=most).contains(&value), "{context}: {value} at {:?}", read.at);
        }
    }

    /// The sum of the adds that `which` picks.
    pub(crate) fn sum(&self, which: impl Fn(&Add) -> bool) -> i128 {
        self.adds.iter().filter(|add| which(add)).map(|add| i128::from(add.delta)).sum()
    }

    /// What a node says when it is asked now.
    pub(crate) fn value(&mut self, node: usize) -> i128 {
        value(&self.cluster.ask(node, r#"{"type":"read"}"#)).expect("a read is answered with a value")
    }

    /// Asserts that every node says the same; what that is.
    pub(crate) fn agreed(&mut self, context: &str) -> i128 {
        let values: Vec<i128> = (0..self.cluster.size()).map(|node| self.value(node)).collect();
        assert!(values.windows(2).all(|pair| pair[0] == pair[1]), "{context}: they differ: {values:?}");
        values[0]
    }

    /// Asserts that every operation was answered as it should be, and in that time.
    pub(crate) fn assert_all_answered(&self, within: Duration, context: &str) {
        assert_eq!(self.unanswered(within, context), 0, "{context}");
    }

    /// How many operations were not answered. Asserts that all others were answered as they should be, and in that time.
    pub(crate) fn unanswered(&self, within: Duration, context: &str) -> usize {
        let adds = self.adds.iter().map(|add| (add.at, add.request, "add_ok"));
        let reads = self.reads.iter().map(|read| (read.at, read.request, "read_ok"));
        let mut unanswered = 0;
        for (at, request, kind) in adds.chain(reads) {
            let Some(answer) = self.cluster.answer(request) else {
                unanswered += 1;
                continue;
            };
            let fits = answer.body.contains(kind) && answer.time.since(at) <= within;
            assert!(fits, "{context}: {kind} to what was asked at {at:?}? {answer:?}");
        }
        unanswered
    }
}

/// The value in the answer to a read.
pub(crate) fn value(answer: &str) -> Option<i128> {
    let line = format!(r#"{{"src":"n0","dest":"c0","body":{answer}}}"#);
    let message = Message::decode(line.as_bytes()).ok()?;
    match Reply::decode(&message.body) {
        Ok(Reply::ReadOk { value }) => Some(value),
        _ => None,
    }
}
