//! What the engine remembers stays bounded, whatever happens for however long.

use alloc::vec;
use alloc::vec::Vec;

use protocol::gossip::Gossip;
use protocol::{Decode, Json, Nothing, broadcast};

use super::*;
use crate::{Context, Input, Machine, Node, Outputs};

/// A data type that only counts.
#[derive(Clone, Debug)]
struct Tally(u64);

impl Replicated for Tally {
    type Run<'a> = u64;

    fn read_run<'a>(count: u64, _: Json<'a>) -> Option<u64> {
        Some(count)
    }

    fn take_run(&mut self, _: Origin, skip: u64, run: u64) {
        self.0 += run - skip;
    }

    fn write_run(&self, _: usize, _: u64, _: u64, out: &mut String) {
        out.push('0');
    }
}

/// A machine that tests can look into. Every request counts one.
#[derive(Clone, Debug)]
struct Counter(Engine<Tally>);

impl Machine for Counter {
    type Config = Pace;
    type Request<'a> = broadcast::Request<'a>;
    type Peer<'a> = Gossip<'a>;
    type Call = Nothing;

    fn default_config() -> Pace {
        Pace::default()
    }

    fn new(pace: &Pace, cluster: &Cluster, start: Start, now: Time) -> Self {
        Counter(Engine::new(pace, cluster, start, now, Tally(0)))
    }

    fn step(&mut self, context: &mut Context<'_, Nothing>, input: Input<'_, Self>) {
        match input {
            Input::Request(..) => self.0.update(context.now, 0, |tally| tally.0 += 1),
            Input::Peer(from, gossip) => self.0.on_gossip(context, from, gossip),
            Input::Answer(call, _) => match call {},
            Input::Tick => self.0.on_tick(context),
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.0.deadline()
    }
}

/// A cluster on a network without latency. Node 3 is dead.
struct World {
    now: Time,
    nodes: Vec<Node<Counter>>,
    seed: u64,
}

/// What a message asks and answers.
#[derive(Debug)]
struct Said {
    ask: Option<u64>,
    answer: Option<u64>,
    begins_again: bool,
}

const SIZE: usize = 4;
const DEAD: usize = 3;

impl World {
    fn new() -> World {
        let mut world = World { now: Time::ZERO, nodes: Vec::new(), seed: 0 };
        world.nodes = (0..SIZE).map(|position| world.start(position)).collect();
        world
    }

    fn start(&mut self, position: usize) -> Node<Counter> {
        self.seed += 1 << 11;
        let mut node = Node::new(Pace::default(), self.seed);
        let init = alloc::format!(
            r#"{{"src":"c","dest":"n{position}","body":{{"type":"init","node_id":"n{position}","node_ids":["n0","n1","n2","n3"]}}}}"#
        );
        node.on_line(self.now, init.as_bytes(), &mut Outputs::default()).expect("a message");
        node
    }

    fn engine(&self, node: usize) -> &Engine<Tally> {
        &self.nodes[node].machine().expect("it has been started").0
    }

    fn update(&mut self, node: usize) {
        let line = br#"{"src":"c","dest":"n","body":{"type":"read"}}"#;
        self.nodes[node].on_line(self.now, line, &mut Outputs::default()).expect("a message");
    }

    /// Lets time pass; what is said is heard at once.
    fn run(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
        for node in 0..SIZE {
            let mut outputs = Outputs::default();
            self.nodes[node].on_wake(self.now, &mut outputs);
            self.deliver(outputs);
        }
    }

    /// Node 0 hears this body from the dead node; what it says to it.
    fn hear_the_dead(&mut self, body: &str) -> Vec<Said> {
        let line = alloc::format!(r#"{{"src":"n3","dest":"n0","body":{body}}}"#);
        let mut outputs = Outputs::default();
        self.nodes[0].on_line(self.now, line.as_bytes(), &mut outputs).expect("a message");
        let messages =
            outputs.lines().map(|line| protocol::Message::decode(line).expect("nodes write messages"));
        messages
            .filter(|message| &*message.dest == "n3")
            .map(|message| {
                let Gossip::Gossip { ask, answer, again, .. } =
                    Gossip::decode(&message.body).expect("gossip");
                Said { ask, answer, begins_again: again.is_some() }
            })
            .collect()
    }

    fn deliver(&mut self, outputs: Outputs) {
        let mut queue = vec![outputs];
        while let Some(outputs) = queue.pop() {
            for line in outputs.lines() {
                let message = protocol::Message::decode(line).expect("nodes write messages");
                let to = usize::from(message.dest.as_bytes()[1] - b'0');
                if to != DEAD && &*message.src != "n3" {
                    let mut said = Outputs::default();
                    self.nodes[to].on_line(self.now, line, &mut said).expect("a message");
                    queue.push(said);
                }
            }
        }
    }

    fn assert_bounded(&self, origins: usize) {
        for node in 0..SIZE {
            let engine = self.engine(node);
            assert!(engine.links.len() < SIZE);
            assert!(engine.origins.len() <= origins, "{} origins", engine.origins.len());
            for link in engine.links.values() {
                assert!(link.flights() <= link::MAX_FLIGHTS);
                for vector in [&link.known, &link.sent, &link.settled, &link.told] {
                    assert!(vector.len() <= origins);
                }
            }
        }
    }
}

#[test]
fn a_long_run_beside_a_dead_node_leaves_nothing_behind() {
    let mut world = World::new();
    for step in 0..30_000 {
        world.update(step % SIZE);
        world.run(7);
        world.assert_bounded(SIZE);
    }
    (0..200).for_each(|_| world.run(50));
    for node in 0..DEAD {
        let engine = world.engine(node);
        assert_eq!(engine.data().0, 30_000 / 4 * 3, "all but what only the dead node knows");
        let flights: usize =
            engine.links.iter().filter(|&(&peer, _)| peer != DEAD).map(|(_, link)| link.flights()).sum();
        assert_eq!(flights, 0, "everything is acknowledged");
    }
}

#[test]
fn a_node_that_restarts_often_costs_its_peers_one_origin_a_life() {
    let mut world = World::new();
    for lives in 1..=100 {
        for _ in 0..50 {
            world.update(1);
            world.update(2);
            world.run(50);
        }
        // What only this life holds would die with it.
        (0..30).for_each(|_| world.run(50));
        world.assert_bounded(SIZE - 1 + lives);
        for node in [0, 2] {
            assert_eq!(world.engine(node).data().0, 100 * lives as u64, "n{node}");
            let spoken_of = world.engine(node).held.entries().count();
            assert!(spoken_of < SIZE + vector::MAX_INCARNATIONS, "{spoken_of} origins in a vector");
        }
        world.nodes[1] = world.start(1);
    }
}

/// If two nodes that have given each other up asked back with each answer, they might go on for ever: no answer would be to a
/// question that is still remembered.
#[test]
fn whoever_is_back_is_asked_once_whether_it_hears_however_often_it_asks() {
    let mut world = World::new();
    world.update(0);
    (0..200).for_each(|_| world.run(50));
    let lost = &world.engine(0).links[&DEAD];
    assert!(lost.is_out_of_reach());
    let mut asked_back = 0;
    for ask in 1..=20 {
        let said =
            world.hear_the_dead(&alloc::format!(r#"{{"type":"gossip1","me":7,"vector":[],"ask":{ask}}}"#));
        asked_back += said.iter().filter(|said| said.answer.is_some() && said.ask.is_some()).count();
    }
    assert!(asked_back <= 1, "{asked_back}");
}

/// Whoever calls guesses what the other holds. If the guess is wrong and it hears only that, it takes the other for lost, while
/// that one thinks that it has been heard.
#[test]
fn whoever_is_told_what_does_not_follow_answers_all_the_same() {
    let mut world = World::new();
    let said =
        world.hear_the_dead(r#"{"type":"gossip1","me":7,"n":1,"vector":[[1,9,5]],"settled":[],"ask":3}"#);
    assert!(said.iter().any(|said| said.begins_again && said.answer == Some(3)), "{said:?}");
}
