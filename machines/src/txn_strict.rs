//! Transactions over lists and registers, strictly serializable (Maelstrom `doc/workloads.md`, "Workload: Txn-list-append" and
//! "Txn-rw-register").
//!
//! A transaction that writes is a command of the [`consensus`](crate::consensus) log, so transactions run one after another, in
//! the same order everywhere, each once, at some moment between request and answer: that is strict serializability
//! (Papadimitriou, 1979, with real time; Herlihy and Wing, 1990, section 3.3). One that only reads is a query, and sees all
//! that was done before it was asked. There are no conflicts, so none is ever told to try again.
//!
//! *Errors.* Appending to what is no list is refused as `precondition-failed` (22), and does nothing; so is one whose answer
//! would be too long to send, as `not-supported` (10).

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;

use protocol::consensus::Raft;
use protocol::txn::{Action, Operation, Reply, Request};
use protocol::{Code, Json, List, Nothing};
use smallvec::SmallVec;

use crate::canonical::{canonical, is_same};
use crate::consensus::{Client, Consensus, MAX_COMMAND_BYTES, Pace, StateMachine};
use crate::lin_kv::{read_pairs, text_of, write_pairs};
use crate::{BadRecord, Cluster, Context, Extent, Input, Machine, Records, Start, Ticket, Time};

/// Each operation looks through the transaction's own writes, so a transaction of a million would take minutes.
const MAX_OPERATIONS: usize = 4096;

/// A transaction may read one long value over and over.
const MAX_ANSWER_BYTES: usize = MAX_COMMAND_BYTES;

/// The strictly serializable transaction machine.
#[derive(Clone, Debug)]
pub struct TxnStrict {
    consensus: Consensus<Objects>,
}

impl TxnStrict {
    /// The member of the cluster that this is, for tests that look inside.
    pub fn consensus(&self) -> &Consensus<Objects> {
        &self.consensus
    }

    fn run(&mut self, context: &mut Context<'_, Nothing>, ticket: Ticket, txn: &List<Operation<'_>>) {
        if txn.len() > MAX_OPERATIONS {
            let text = "a transaction has 4096 operations at the most";
            return context.refuse(ticket, Code::NotSupported, text);
        }
        if txn.iter().any(|operation| matches!(operation.key.as_str().as_bytes(), [b'[' | b'{', ..])) {
            let text = "a key is a string, a number, a boolean or null";
            return context.refuse(ticket, Code::MalformedRequest, text);
        }
        let only_reads = txn.iter().all(|operation| operation.action == Action::Read);
        self.consensus.on_request(context, ticket, only_reads, &text_of(txn));
    }
}

impl Machine for TxnStrict {
    const JOURNAL: Option<&'static str> = Some("txn-strict1");

    type Config = Pace;
    type Request<'a> = Request<'a>;
    type Peer<'a> = Raft<'a>;
    type Call = Nothing;

    fn default_config() -> Pace {
        Pace::default()
    }

    fn new(pace: &Pace, cluster: &Cluster, start: Start, now: Time) -> Self {
        TxnStrict { consensus: Consensus::new(pace, cluster, start, now) }
    }

    fn recover(&mut self, record: &[u8]) -> Result<(), BadRecord> {
        self.consensus.recover(record)
    }

    fn record(&mut self, extent: Extent, records: &mut Records) {
        self.consensus.record(extent, records);
    }

    fn stored_bytes(&self) -> usize {
        self.consensus.stored_bytes()
    }

    fn step(&mut self, context: &mut Context<'_, Nothing>, input: Input<'_, Self>) {
        match input {
            Input::Request(ticket, Request::Txn { txn }) => self.run(context, ticket, &txn),
            Input::Peer(from, message) => self.consensus.on_peer(context, from, message),
            Input::Answer(call, _) => match call {},
            Input::Tick => self.consensus.on_tick(context),
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.consensus.deadline()
    }

    fn tell(&self, cluster: &Cluster, words: &mut dyn fmt::Write) -> fmt::Result {
        self.consensus.tell(cluster, words)
    }
}

/// All lists and registers, by key: in order, so that everyone writes the same state in the same way.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    values: BTreeMap<Box<str>, String>,
    bytes: usize,
}

/// How long an object is, and whether it is a list, at some point of a transaction.
type Shape = (usize, bool);

impl Objects {
    fn get(&self, key: Json<'_>) -> Json<'_> {
        self.values.get(&*canonical(key)).map_or(Json::NULL, |value| Json::trusted(value))
    }

    /// Whether the transaction can be carried out. Nothing has happened then.
    fn check(&self, txn: &List<Operation<'_>>) -> Result<(), (Code, &'static str)> {
        let mut shapes: SmallVec<[(Json<'_>, Shape); 8]> = SmallVec::new();
        let mut answer = 0;
        for Operation { action, key, value } in txn.iter() {
            let found = shapes.iter().position(|(known, _)| is_same(*known, *key));
            let position = found.unwrap_or_else(|| {
                shapes.push((*key, shape(self.get(*key))));
                shapes.len() - 1
            });
            let (length, is_list) = &mut shapes[position].1;
            match action {
                Action::Read => answer += *length,
                Action::Write => (*length, *is_list) = shape(*value),
                Action::Append if !*is_list => return Err((Code::PreconditionFailed, "it holds no list")),
                Action::Append => *length += value.as_str().len() + 1,
            }
            answer += key.as_str().len() + value.as_str().len() + 16;
        }
        let fits = answer <= MAX_ANSWER_BYTES;
        fits.then_some(())
            .ok_or((Code::NotSupported, "a transaction, with what it reads, has 16 MiB at the most"))
    }

    fn write_to(&mut self, key: Json<'_>, value: Json<'_>) {
        let key = canonical(key);
        self.bytes += value.as_str().len();
        if !self.values.contains_key(&*key) {
            self.bytes += key.len();
            self.values.insert(key.clone().into(), String::new());
        }
        let held = self.values.get_mut(&*key).expect("it has just been put there");
        self.bytes -= held.len();
        held.clear();
        held.push_str(value.as_str());
    }

    /// To what is a list, or not there.
    fn append_to(&mut self, key: Json<'_>, value: Json<'_>) {
        let Some(held) = self.values.get_mut(&*canonical(key)).filter(|held| *held != "null") else {
            return self.write_to(key, Json::trusted(&alloc::format!("[{}]", value.as_str())));
        };
        let before = held.len();
        held.pop();
        let is_empty = held[1..].trim().is_empty();
        held.push_str(if is_empty { "" } else { "," });
        held.push_str(value.as_str());
        held.push(']');
        self.bytes += held.len() - before;
    }
}

impl StateMachine for Objects {
    fn apply(&mut self, command: Json<'_>, mut client: Option<Client<'_, '_>>) {
        let Some(txn) = command.parse::<List<Operation<'_>>>() else { return };
        if let Err((code, text)) = self.check(&txn) {
            if let Some(Client { context, ticket }) = client {
                context.refuse(ticket, code, text);
            }
            return;
        }
        // What is read may be overwritten by what follows, so it is kept; but only where somebody waits for it.
        let mut done: SmallVec<[(Operation<'_>, String); 4]> = SmallVec::new();
        for operation in txn.iter() {
            let Operation { action, key, value } = *operation;
            let read = match (action, &client) {
                (Action::Read, Some(_)) => self.get(key).as_str().into(),
                _ => String::new(),
            };
            match action {
                Action::Read => {}
                Action::Write => self.write_to(key, value),
                Action::Append => self.append_to(key, value),
            }
            if client.is_some() {
                done.push((operation.clone(), read));
            }
        }
        if let Some(Client { context, ticket }) = client.take() {
            let told = done.iter().map(|(Operation { action, key, value }, read)| {
                let value = if *action == Action::Read { Json::trusted(read) } else { *value };
                Operation { action: *action, key: *key, value }
            });
            context.reply(ticket, &Reply::TxnOk { txn: told.collect() });
        }
    }

    fn query(&self, query: &str, Client { context, ticket }: Client<'_, '_>) {
        let txn: List<Operation<'_>> = Json::trusted(query).parse().expect("it was written as one");
        match self.check(&txn) {
            Err((code, text)) => context.refuse(ticket, code, text),
            Ok(()) => {
                let read = txn.iter().map(|operation| {
                    let Operation { action, key, .. } = *operation;
                    Operation { action, key, value: self.get(key) }
                });
                context.reply(ticket, &Reply::TxnOk { txn: read.collect() });
            }
        }
    }

    fn write(&self, out: &mut String) {
        write_pairs(self.values.iter().map(|(key, value)| (&**key, &**value)), out);
    }

    fn read(json: Json<'_>) -> Option<Self> {
        let mut objects = Objects::default();
        read_pairs(json, |key, value| objects.write_to(key, value))?;
        Some(objects)
    }

    fn stored_bytes(&self) -> usize {
        self.bytes
    }
}

/// What was never written, or is null, passes for a list without elements.
fn shape(value: Json<'_>) -> Shape {
    (value.as_str().len(), value == Json::NULL || value.as_str().starts_with('['))
}
