//! Nodes, the network between them, and an account of what happens.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use machines::engine::Pace;
use machines::{
    Broadcast, Counter, CounterKv, Echo, GSet, LinKv, Log, Machine, Node, Outputs, Records, Time, Txn,
    TxnStrict, UniqueIds, consensus,
};

use crate::script::duration;

/// By then a cluster that has nothing to do is silent, or never will be.
const LONGEST_SETTLING: Duration = Duration::from_secs(60);

/// A cluster, and what has happened in it since anybody asked.
pub(crate) struct World {
    now: Time,
    latency: Duration,
    names: Vec<String>,
    spawn: Box<dyn Fn(u64) -> Box<dyn Process>>,
    /// Those that have been started.
    processes: Vec<Option<Box<dyn Process>>>,
    lives: u64,
    in_flight: Vec<Message>,
    messages: usize,
    cut: BTreeSet<(usize, usize)>,
    /// What each node has recorded, if nodes have journals.
    journals: Vec<Vec<Vec<u8>>>,
    account: String,
}

/// A message between nodes, on its way.
#[derive(Clone)]
struct Message {
    number: usize,
    from: usize,
    to: usize,
    line: Vec<u8>,
    /// Held up until somebody lets it go, if it has no such time.
    arrives_at: Option<Time>,
}

impl World {
    /// Nodes of these names, none of them started.
    pub(crate) fn new(
        machine: &str,
        names: &[&str],
        latency: Duration,
        pace: &[(&str, &str)],
    ) -> Result<World, String> {
        Ok(World {
            now: Time::ZERO,
            latency,
            names: names.iter().map(ToString::to_string).collect(),
            spawn: spawn(machine, pace)?,
            processes: names.iter().map(|_| None).collect(),
            lives: 0,
            in_flight: Vec::new(),
            messages: 0,
            cut: BTreeSet::new(),
            journals: vec![Vec::new(); names.len()],
            account: String::new(),
        })
    }

    /// What has happened since it was last asked for.
    pub(crate) fn take_account(&mut self) -> String {
        std::mem::take(&mut self.account)
    }

    pub(crate) fn start_all(&mut self) -> Result<(), String> {
        self.names.clone().iter().try_for_each(|name| self.start(name))
    }

    /// Starts a node, for the first time or again, from nothing or from its journal.
    pub(crate) fn start(&mut self, name: &str) -> Result<(), String> {
        let node = self.position(name)?;
        self.lives += 1;
        // What tells lives apart is the seed without its last 11 bits.
        self.processes[node] = Some((self.spawn)(self.lives << 11));
        let init = serde_json::json!({"type": "init", "msg_id": 0, "node_id": name, "node_ids": self.names});
        self.say("c0", name, &init.to_string())
    }

    /// Somebody who is no node says something; it arrives at once.
    pub(crate) fn say(&mut self, from: &str, to: &str, body: &str) -> Result<(), String> {
        let node = self.position(to)?;
        let line = format!(r#"{{"src":"{from}","dest":"{to}","body":{body}}}"#);
        self.step(node, |process, now, outputs| process.on_line(now, line.as_bytes(), outputs))
    }

    pub(crate) fn wait(&mut self, duration: Duration) -> Result<(), String> {
        let end = self.now + duration;
        while self.run_to_next_event(end)? {}
        self.now = end;
        Ok(())
    }

    pub(crate) fn settle(&mut self) -> Result<(), String> {
        let end = self.now + LONGEST_SETTLING;
        while self.run_to_next_event(end)? {}
        match self.next_event() {
            None => self.tell("silence"),
            Some(_) => return Err(format!("{LONGEST_SETTLING:?} later somebody still has something to say")),
        }
        Ok(())
    }

    pub(crate) fn set_cut(&mut self, one: &str, other: &str, cut: bool) -> Result<(), String> {
        let (one, other) = (self.position(one)?, self.position(other)?);
        for link in [(one, other), (other, one)] {
            if cut {
                self.cut.insert(link)
            } else {
                self.cut.remove(&link)
            };
        }
        Ok(())
    }

    pub(crate) fn lose(&mut self, from: &str, to: &str) -> Result<(), String> {
        let position = self.on_its_way(from, to)?;
        let message = self.in_flight.remove(position);
        self.tell(&format!("#{} is lost", message.number));
        Ok(())
    }

    pub(crate) fn repeat(&mut self, from: &str, to: &str) -> Result<(), String> {
        let position = self.on_its_way(from, to)?;
        let copy = self.in_flight[position].clone();
        self.in_flight.insert(position, copy);
        Ok(())
    }

    pub(crate) fn hold(&mut self, from: &str, to: &str) -> Result<(), String> {
        let position = self.on_its_way(from, to)?;
        self.in_flight[position].arrives_at = None;
        Ok(())
    }

    pub(crate) fn release(&mut self, from: &str, to: &str) -> Result<(), String> {
        let (from, to) = (self.position(from)?, self.position(to)?);
        let now = self.now;
        let is_held = |message: &Message| (message.from, message.to, message.arrives_at) == (from, to, None);
        self.in_flight.iter_mut().filter(|it| is_held(it)).for_each(|it| it.arrives_at = Some(now));
        self.wait(Duration::ZERO)
    }

    fn position(&self, name: &str) -> Result<usize, String> {
        self.names.iter().position(|known| known == name).ok_or_else(|| format!("there is no node {name}"))
    }

    /// The last message on its way from one node to another; if there is none, time passes until there is.
    fn on_its_way(&mut self, from: &str, to: &str) -> Result<usize, String> {
        let link = (self.position(from)?, self.position(to)?);
        let end = self.now + LONGEST_SETTLING;
        loop {
            let position = self.in_flight.iter().rposition(|message| (message.from, message.to) == link);
            if let Some(position) = position {
                return Ok(position);
            }
            if !self.run_to_next_event(end)? {
                return Err("there will never be such a message".to_string());
            }
        }
    }

    fn next_event(&self) -> Option<Time> {
        let deadlines = self.processes.iter().flatten().filter_map(|process| process.deadline());
        self.in_flight.iter().filter_map(|message| message.arrives_at).chain(deadlines).min()
    }

    /// Goes to the next moment at which something happens, and lets one thing happen; unless that is after `end`.
    fn run_to_next_event(&mut self, end: Time) -> Result<bool, String> {
        let Some(next) = self.next_event().filter(|&next| next <= end) else { return Ok(false) };
        self.now = self.now.max(next);
        let now = self.now;
        let has_come = |message: &Message| message.arrives_at.is_some_and(|arrives_at| arrives_at <= now);
        if let Some(position) = self.in_flight.iter().position(has_come) {
            let Message { number, to, line, .. } = self.in_flight.remove(position);
            self.tell(&format!("{} gets #{number}", self.names[to]));
            self.step(to, |process, now, outputs| process.on_line(now, &line, outputs))?;
        } else {
            let is_due = |process: &dyn Process| process.deadline().is_some_and(|deadline| deadline <= now);
            let node = self.processes.iter().position(|process| process.as_deref().is_some_and(is_due));
            self.step(node.expect("something happens now"), |process, now, outputs| {
                process.on_wake(now, outputs);
                Ok(())
            })?;
        }
        Ok(true)
    }

    /// Lets something happen to a node, and sees to what it says.
    fn step(
        &mut self,
        node: usize,
        happen: impl FnOnce(&mut dyn Process, Time, &mut Outputs) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut outputs = Outputs::default();
        let process = self.processes[node].as_deref_mut().ok_or("this node has not been started")?;
        happen(process, self.now, &mut outputs)?;
        let journal = &mut self.journals[node];
        if process.recover(self.now, journal, &mut outputs)? {
            let count = journal.len();
            self.tell(&format!("{} reads {count} records", self.names[node]));
        }
        self.keep(node);
        outputs.lines().for_each(|line| self.send(node, line));
        Ok(())
    }

    /// Records before lines.
    fn keep(&mut self, node: usize) {
        let (mut records, name) = (Records::default(), self.names[node].clone());
        self.processes[node].as_deref_mut().expect("it has just done something").record(&mut records);
        if records.replaces() {
            self.journals[node].clear();
            self.tell(&format!("{name} begins its journal"));
        }
        for record in records.iter() {
            self.journals[node].push(record.to_vec());
            self.tell(&format!("{name} records {}", str::from_utf8(record).expect("text").trim_end()));
        }
    }

    fn send(&mut self, from: usize, line: &[u8]) {
        let text = str::from_utf8(line).expect("JSON is UTF-8");
        let src = &self.names[from];
        let said = text.strip_prefix(&format!(r#"{{"src":"{src}","dest":""#)).expect("a node is itself");
        let (dest, body) = said.split_once(r#"","body":"#).expect("a message has a body");
        let (dest, body) = (dest.to_string(), body.strip_suffix('}').expect("a message is an object"));
        let Ok(to) = self.position(&dest) else { return self.tell(&format!("{src} -> {dest} {body}")) };
        if self.cut.contains(&(from, to)) {
            return self.tell(&format!("{src} -> {dest} lost {body}"));
        }
        self.messages += 1;
        let number = self.messages;
        self.tell(&format!("{src} -> {dest} #{number} {body}"));
        let arrives_at = Some(self.now + self.latency);
        self.in_flight.push(Message { number, from, to, line: line.to_vec(), arrives_at });
    }

    fn tell(&mut self, what: &str) {
        let millis = self.now.as_nanos() as f64 / 1e6;
        writeln!(self.account, "{millis} ms {what}").expect("a string takes any text");
    }
}

/// A node, whatever its machine.
trait Process {
    fn on_line(&mut self, now: Time, line: &[u8], outputs: &mut Outputs) -> Result<(), String>;
    fn on_wake(&mut self, now: Time, outputs: &mut Outputs);
    fn deadline(&self) -> Option<Time>;
    fn record(&mut self, records: &mut Records);
    /// Reads the journal, if it is time for that.
    fn recover(&mut self, now: Time, journal: &[Vec<u8>], outputs: &mut Outputs) -> Result<bool, String>;
}

impl<M: Machine> Process for Node<M> {
    fn on_line(&mut self, now: Time, line: &[u8], outputs: &mut Outputs) -> Result<(), String> {
        Node::on_line(self, now, line, outputs).map_err(|wrong| wrong.to_string())
    }

    fn on_wake(&mut self, now: Time, outputs: &mut Outputs) {
        Node::on_wake(self, now, outputs);
    }

    fn deadline(&self) -> Option<Time> {
        Node::deadline(self)
    }

    fn record(&mut self, records: &mut Records) {
        Node::record(self, records);
    }

    fn recover(&mut self, now: Time, journal: &[Vec<u8>], outputs: &mut Outputs) -> Result<bool, String> {
        if self.awaits_journal().is_none() {
            return Ok(false);
        }
        journal.iter().try_for_each(|record| self.on_record(now, record)).map_err(|it| it.to_string())?;
        self.on_recovered(now, outputs);
        Ok(true)
    }
}

type Spawn = Box<dyn Fn(u64) -> Box<dyn Process>>;

fn spawn(machine: &str, settings: &[(&str, &str)]) -> Result<Spawn, String> {
    match machine {
        "echo" => Ok(nodes::<Echo>(())),
        "unique-ids" => Ok(nodes::<UniqueIds>(())),
        "broadcast" => paced::<Broadcast>(settings),
        "g-set" => paced::<GSet>(settings),
        "counter" => paced::<Counter>(settings),
        "counter-kv" => Ok(nodes::<CounterKv>(())),
        "log" => paced::<Log>(settings),
        "txn" => paced::<Txn>(settings),
        "lin-kv" => Ok(nodes::<LinKv>(consensus(settings)?)),
        "txn-strict" => Ok(nodes::<TxnStrict>(consensus(settings)?)),
        _ => Err(format!("there is no machine {machine}")),
    }
}

fn paced<M: Machine<Config = Pace> + 'static>(settings: &[(&str, &str)]) -> Result<Spawn, String> {
    let (mut pace, mut slack) = (M::default_config(), None);
    for (name, value) in settings {
        match *name {
            "round" => pace.round = duration(value)?,
            "journal_slack" => slack = Some(value.parse().map_err(|_| format!("`{value}` is no number"))?),
            "fan_out" => pace.fan_out = value.parse().map_err(|_| format!("`{value}` is no number"))?,
            _ => return Err(format!("there is no setting {name}")),
        }
    }
    match slack {
        None => Ok(nodes::<M>(pace)),
        Some(slack) => Ok(Box::new(move |seed| Box::new(Node::<M>::with_journal(pace.clone(), seed, slack)))),
    }
}

fn consensus(settings: &[(&str, &str)]) -> Result<consensus::Pace, String> {
    match settings {
        [] => Ok(consensus::Pace::default()),
        [("round", value)] => Ok(consensus::Pace { round: duration(value)? }),
        _ => Err("consensus has no setting but `round`".to_string()),
    }
}

fn nodes<M: Machine + 'static>(config: M::Config) -> Spawn {
    Box::new(move |seed| Box::new(Node::<M>::new(config.clone(), seed)))
}
