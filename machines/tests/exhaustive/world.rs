//! A cluster in one of its possible states, and whatever may happen to it next.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::time::Duration;

use machines::{Machine, Node, Outputs, Time};

use crate::fingerprint::fingerprint;
use crate::store::Store;
use crate::subject::Subject;

/// The state of a cluster.
pub(crate) struct World<S: Subject> {
    computers: Vec<Rc<Computer<S::Process>>>,
    /// In an order that does not tell when they were sent.
    in_flight: Vec<Rc<Letter>>,
    store: Store,
    lives: u64,
    left: Budget,
    witness: S::Witness,
}

/// How much may still go wrong, and how often each node's clock may still run to its next deadline.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Budget {
    /// Messages that vanish.
    pub(crate) losses: u8,
    /// Messages that arrive twice.
    pub(crate) repeats: u8,
    /// Nodes that are killed and start again.
    pub(crate) restarts: u8,
    /// Deadlines that pass, at all nodes together.
    pub(crate) wakes: u8,
}

/// Something that may happen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// The next request of a node's clients arrives.
    Ask {
        node: usize,
    },
    /// The message at this position arrives; once more, if it is repeated; never, if it is lost.
    Deliver {
        position: usize,
    },
    Repeat {
        position: usize,
    },
    Lose {
        position: usize,
    },
    /// The service shows, to the message at this position, the state of that number.
    Serve {
        position: usize,
        state: usize,
    },
    /// A node's clock reaches its deadline.
    Wake {
        node: usize,
    },
    /// All nodes' clocks run on until the first deadline.
    Wait,
    /// Everyone is asked for the last time.
    AskLast,
    /// A node is killed and starts again.
    Restart {
        node: usize,
    },
}

/// A node, and its clock, which nobody else knows.
#[derive(Clone)]
struct Computer<P> {
    process: P,
    clock: Time,
    /// How many requests it has been sent.
    asked: usize,
    /// What it shows to whoever looks.
    shows: Rc<str>,
    print: u64,
}

/// A message on its way: to a node, or to the service.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Letter {
    to: Option<usize>,
    line: Vec<u8>,
}

impl<S: Subject> Clone for World<S> {
    fn clone(&self) -> Self {
        let World { computers, in_flight, store, lives, left, witness } = self;
        let (computers, in_flight) = (computers.clone(), in_flight.clone());
        let (store, witness) = (store.clone(), witness.clone());
        World { computers, in_flight, store, lives: *lives, left: *left, witness }
    }
}

impl<S: Subject> World<S> {
    /// Nodes that have just been started.
    pub(crate) fn new(subject: &S, left: Budget) -> World<S> {
        let (computers, in_flight) = (Vec::new(), Vec::new());
        let (store, witness) = (Store::new(subject.nodes()), S::Witness::default());
        let mut world = World { computers, in_flight, store, lives: 0, left, witness };
        for node in 0..subject.nodes() {
            let computer = world.start(subject, node, None);
            world.computers.push(Rc::new(computer));
        }
        world
    }

    /// Whatever may happen next.
    pub(crate) fn events(&self, subject: &S) -> Vec<Event> {
        let mut events = Vec::new();
        for (node, computer) in self.computers.iter().enumerate() {
            if computer.asked < subject.script(node).len() {
                events.push(Event::Ask { node });
            }
            if self.left.wakes > 0 && computer.process.deadline().is_some() {
                events.push(Event::Wake { node });
            }
            if self.left.restarts > 0 {
                events.push(Event::Restart { node });
            }
        }
        for (position, letter) in self.in_flight.iter().enumerate() {
            if position > 0 && self.in_flight[position - 1] == *letter {
                continue;
            }
            match letter.to {
                Some(_) => events.push(Event::Deliver { position }),
                None => {
                    let states = self.store.choices(&letter.line);
                    events.extend(states.map(|state| Event::Serve { position, state }));
                }
            }
            if self.left.repeats > 0 && letter.to.is_some() {
                events.push(Event::Repeat { position });
            }
            if self.left.losses > 0 {
                events.push(Event::Lose { position });
            }
        }
        events
    }

    /// What a network without faults does next: what was sent arrives, and when nothing is on its way time passes. None
    /// if nothing is left to happen.
    pub(crate) fn fair_event(&self) -> Option<Event> {
        match self.in_flight.first() {
            Some(letter) if letter.to.is_some() => Some(Event::Deliver { position: 0 }),
            // Even a service that shows the oldest state that it may show is fair.
            Some(letter) => Some(Event::Serve { position: 0, state: self.store.choices(&letter.line).start }),
            None => self.pause().map(|_| Event::Wait),
        }
    }

    /// The state after an event; or why that breaks a promise.
    pub(crate) fn after(&self, subject: &S, event: Event) -> Result<World<S>, String> {
        let mut world = self.clone();
        match event {
            Event::Ask { node } => world.ask(subject, node, self.computers[node].asked)?,
            Event::Deliver { position } => {
                let letter = world.in_flight.remove(position);
                world.deliver(subject, &letter)?;
            }
            Event::Repeat { position } => {
                world.left.repeats -= 1;
                world.deliver(subject, &self.in_flight[position])?;
            }
            Event::Lose { position } => {
                world.left.losses -= 1;
                world.in_flight.remove(position);
            }
            Event::Serve { position, state } => {
                let letter = world.in_flight.remove(position);
                let (client, line) = world.store.serve(&letter.line, state);
                world.post(Letter { to: Some(client), line });
            }
            Event::Wake { node } => {
                world.left.wakes -= 1;
                world.advance(subject, node, self.computers[node].remaining().unwrap_or_default())?;
            }
            Event::Wait => {
                let pause = self.pause().unwrap_or_default();
                (0..self.computers.len()).try_for_each(|node| world.advance(subject, node, pause))?;
            }
            Event::Restart { node } => {
                world.left.restarts -= 1;
                let before = &self.computers[node];
                let computer = world.start(subject, node, Some(&before.process));
                subject.restarted(&mut world.witness, node);
                let shows = computer.shows.clone();
                world.computers[node] = Rc::new(Computer { asked: before.asked, ..computer });
                if shows != before.shows {
                    subject.saw(&mut world.witness, node, &shows)?;
                }
            }
            Event::AskLast => (0..subject.nodes())
                .try_for_each(|node| world.ask(subject, node, subject.script(node).len()))?,
        }
        Ok(world)
    }

    /// Sends a node the client's request of that number.
    fn ask(&mut self, subject: &S, node: usize, number: usize) -> Result<(), String> {
        let body = request(subject, node, number);
        subject.asked(&mut self.witness, node, number);
        Rc::make_mut(&mut self.computers[node]).asked = number + 1;
        self.deliver(subject, &Letter { to: Some(node), line: line(node, &body) })
    }

    /// What the nodes show.
    pub(crate) fn shown(&self) -> Vec<&str> {
        self.computers.iter().map(|computer| &*computer.shows).collect()
    }

    /// What onlookers remember.
    pub(crate) fn witness(&self) -> &S::Witness {
        &self.witness
    }

    /// An event in words.
    pub(crate) fn tell(&self, subject: &S, event: Event) -> String {
        let letter = |position: usize| String::from_utf8_lossy(&self.in_flight[position].line);
        match event {
            Event::Ask { node } => {
                format!("n{node} is asked {}", request(subject, node, self.computers[node].asked))
            }
            Event::Deliver { position } => format!("there arrives {}", letter(position)),
            Event::Repeat { position } => format!("there arrives, and will once more, {}", letter(position)),
            Event::Lose { position } => format!("there is lost {}", letter(position)),
            Event::Serve { position, state } => format!("of state {state} is asked {}", letter(position)),
            Event::Wake { node } => {
                format!("n{node} wakes {:?} later", self.computers[node].remaining().unwrap_or_default())
            }
            Event::Wait => format!("for all alike {:?} pass", self.pause().unwrap_or_default()),
            Event::Restart { node } => format!("n{node} starts again from nothing"),
            Event::AskLast => format!("everyone is asked {}", subject.last_request().unwrap_or_default()),
        }
    }

    /// How long it is until somebody's deadline.
    fn pause(&self) -> Option<Duration> {
        self.computers.iter().filter_map(|computer| computer.remaining()).min()
    }

    /// A number that tells this state from others. States of one number have one future, but for a chance of one in 2⁶⁴.
    pub(crate) fn print(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for computer in &self.computers {
            (computer.print, computer.asked).hash(&mut hasher);
        }
        (&self.in_flight, &self.store, &self.witness).hash(&mut hasher);
        hasher.finish()
    }

    /// The same, and what may still go wrong.
    pub(crate) fn print_with_budget(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.print(), self.left).hash(&mut hasher);
        hasher.finish()
    }

    fn start(&mut self, subject: &S, node: usize, before: Option<&S::Process>) -> Computer<S::Process> {
        self.lives += 1;
        let seed = self.lives << 11;
        let mut process = before.map_or_else(|| subject.start(seed), |before| subject.restart(before, seed));
        let names: Vec<String> = (0..subject.nodes()).map(|node| format!("\"n{node}\"")).collect();
        let names = names.join(",");
        let init = format!(r#"{{"type":"init","node_id":"n{node}","node_ids":[{names}]}}"#);
        let mut outputs = Outputs::default();
        process.on_line(Time::ZERO, &line(node, &init), &mut outputs);
        let mut computer = Computer { process, clock: Time::ZERO, asked: 0, shows: "".into(), print: 0 };
        computer.shows = computer.look(subject, node);
        computer.print = fingerprint(&computer.process, computer.clock, &[]);
        computer
    }

    /// A line arrives at a node.
    fn deliver(&mut self, subject: &S, letter: &Letter) -> Result<(), String> {
        let node = letter.to.expect("only what goes to nodes is delivered");
        let mut outputs = Outputs::default();
        let computer = Rc::make_mut(&mut self.computers[node]);
        computer.process.on_line(computer.clock, &letter.line, &mut outputs);
        self.review(subject, node, &outputs)
    }

    /// A node's clock runs on, and it is woken if it is time.
    fn advance(&mut self, subject: &S, node: usize, pause: Duration) -> Result<(), String> {
        let mut outputs = Outputs::default();
        let computer = Rc::make_mut(&mut self.computers[node]);
        computer.clock += pause;
        if computer.remaining().is_some_and(|remaining| remaining.is_zero()) {
            computer.process.on_wake(computer.clock, &mut outputs);
        }
        self.review(subject, node, &outputs)
    }

    /// Sees to what a node says after a step, and to whether what it shows is right.
    fn review(&mut self, subject: &S, node: usize, outputs: &Outputs) -> Result<(), String> {
        for line in outputs.lines() {
            let text = str::from_utf8(line).expect("JSON is UTF-8");
            let (_, rest) = text.split_once(r#""dest":""#).expect("a message has a recipient");
            let (dest, body) = rest.split_once(r#"","body":"#).expect("a message has a body");
            match dest.strip_prefix('n').map(str::parse) {
                Some(Ok(to)) => self.post(Letter { to: Some(to), line: line.to_vec() }),
                _ if dest == "c" => {
                    let body = body.strip_suffix('}').expect("a message is an object");
                    subject.answered(&mut self.witness, node, body)?;
                }
                _ => self.post(Letter { to: None, line: line.to_vec() }),
            }
        }
        let computer = Rc::make_mut(&mut self.computers[node]);
        let shows = computer.look(subject, node);
        if shows != computer.shows {
            subject.saw(&mut self.witness, node, &shows)?;
            computer.shows = shows;
        }
        computer.print = fingerprint(&computer.process, computer.clock, &[]);
        Ok(())
    }

    fn post(&mut self, letter: Letter) {
        let position = self.in_flight.partition_point(|other| **other <= letter);
        self.in_flight.insert(position, Rc::new(letter));
    }
}

impl<P: Process> Computer<P> {
    /// How long it is until its deadline.
    fn remaining(&self) -> Option<Duration> {
        self.process.deadline().map(|deadline| deadline.since(self.clock))
    }

    /// What the node answers to whoever asks for all that it has; that changes nothing.
    fn look<S: Subject<Process = P>>(&mut self, subject: &S, node: usize) -> Rc<str> {
        let Some(body) = subject.look() else { return "".into() };
        let mut outputs = Outputs::default();
        self.process.on_line(self.clock, &line(node, body), &mut outputs);
        let answer = outputs.lines().next().and_then(|line| str::from_utf8(line).ok());
        let body = answer.and_then(|line| line.split_once(r#""body":"#)?.1.strip_suffix('}'));
        body.unwrap_or_default().into()
    }
}

/// The body of a node's request of that number.
fn request<S: Subject>(subject: &S, node: usize, number: usize) -> String {
    let body = subject.script(node).get(number).copied().or(subject.last_request());
    let body = body.expect("there is such a request");
    body.replacen('{', &format!("{{\"msg_id\":{number},"), 1)
}

fn line(node: usize, body: &str) -> Vec<u8> {
    format!(r#"{{"src":"c","dest":"n{node}","body":{body}}}"#).into_bytes()
}

/// A node, whatever its machine.
pub(crate) trait Process: Clone + Debug {
    fn on_line(&mut self, now: Time, line: &[u8], outputs: &mut Outputs);
    fn on_wake(&mut self, now: Time, outputs: &mut Outputs);
    fn deadline(&self) -> Option<Time>;
}

impl<M: Machine> Process for Node<M> {
    fn on_line(&mut self, now: Time, line: &[u8], outputs: &mut Outputs) {
        Node::on_line(self, now, line, outputs).expect("nodes write messages");
    }

    fn on_wake(&mut self, now: Time, outputs: &mut Outputs) {
        Node::on_wake(self, now, outputs);
    }

    fn deadline(&self) -> Option<Time> {
        Node::deadline(self)
    }
}
