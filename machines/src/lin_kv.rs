//! Registers that can be read, written, and compared and set, linearizably (Maelstrom `doc/workloads.md`, "Workload: Lin-kv").
//!
//! What changes a register is a command of the [`consensus`](crate::consensus) log, so everyone does the same in the same order,
//! each once, at some moment between request and answer. A read is a query: it sees all that was done before it was asked.
//! That is linearizability (Herlihy and Wing, 1990).
//!
//! *Errors.* A register that was never written does not exist: reading, or comparing it, is refused as `key-does-not-exist` (20); a
//! comparison that finds something else as `precondition-failed` (22). Both are certain. What nobody could be told of is
//! refused as `temporarily-unavailable` (11), which is certain, too. What is in some log and gets no further is not answered: it
//! may happen yet.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use protocol::consensus::Raft;
use protocol::kv::{Reply, Request};
use protocol::{Code, Json, Nothing, ToJson};

use crate::canonical::{canonical, is_same};
use crate::consensus::{Client, Consensus, Pace, StateMachine};
use crate::{BadRecord, Cluster, Context, Extent, Input, Machine, Records, Start, Time};

/// The linearizable register machine.
#[derive(Clone, Debug)]
pub struct LinKv {
    consensus: Consensus<Registers>,
    scratch: String,
}

impl LinKv {
    /// The member of the cluster that this is, for tests that look inside.
    pub fn consensus(&self) -> &Consensus<Registers> {
        &self.consensus
    }
}

impl Machine for LinKv {
    const JOURNAL: Option<&'static str> = Some("lin-kv1");

    type Config = Pace;
    type Request<'a> = Request<'a>;
    type Peer<'a> = Raft<'a>;
    type Call = Nothing;

    fn default_config() -> Pace {
        Pace::default()
    }

    fn new(pace: &Pace, cluster: &Cluster, start: Start, now: Time) -> Self {
        LinKv { consensus: Consensus::new(pace, cluster, start, now), scratch: String::new() }
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
            Input::Request(ticket, Request::Read { key }) => {
                self.consensus.on_request(context, ticket, true, key.as_str());
            }
            Input::Request(ticket, change) => {
                self.scratch.clear();
                write_command(&change, &mut self.scratch);
                self.consensus.on_request(context, ticket, false, &self.scratch);
            }
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

/// A command as it is logged: `[key, value]`, or `[key, from, to, creates]`.
fn write_command(request: &Request<'_>, out: &mut String) {
    match request {
        Request::Read { .. } => Ok(()),
        Request::Write { key, value } => write!(out, "[{},{}]", key.as_str(), value.as_str()),
        Request::CompareAndSet { key, from, to, create_if_not_exists } => {
            let creates = create_if_not_exists.unwrap_or(false);
            write!(out, "[{},{},{},{creates}]", key.as_str(), from.as_str(), to.as_str())
        }
    }
    .expect("a string takes any text");
}

/// All registers, by key: in order, so that everyone writes the same state in the same way.
#[derive(Clone, Debug, Default)]
pub struct Registers {
    values: BTreeMap<Box<str>, Box<str>>,
    bytes: usize,
}

impl Registers {
    fn get(&self, key: Json<'_>) -> Option<Json<'_>> {
        self.values.get(&*canonical(key)).map(|value| Json::trusted(value))
    }

    fn set(&mut self, key: Json<'_>, value: Json<'_>) {
        let key = canonical(key);
        self.bytes += value.as_str().len();
        match self.values.get_mut(&*key) {
            Some(held) => {
                self.bytes -= held.len();
                *held = value.as_str().into();
            }
            None => {
                self.bytes += key.len();
                self.values.insert(key.into(), value.as_str().into());
            }
        }
    }

    fn carry_out(&mut self, command: Json<'_>) -> Option<Result<Reply<'static>, Code>> {
        let mut parts = command.elements()?;
        let (key, first) = (parts.next()?, parts.next()?);
        let Some((to, creates)) = parts.next().zip(parts.next()) else {
            self.set(key, first);
            return Some(Ok(Reply::WriteOk {}));
        };
        let fits = match self.get(key) {
            Some(held) => is_same(held, first).then_some(()).ok_or(Code::PreconditionFailed),
            None if creates.parse()? => Ok(()),
            None => Err(Code::KeyDoesNotExist),
        };
        Some(fits.map(|()| {
            self.set(key, to);
            Reply::CompareAndSetOk {}
        }))
    }
}

impl StateMachine for Registers {
    fn apply(&mut self, command: Json<'_>, client: Option<Client<'_, '_>>) {
        let Some((outcome, Client { context, ticket })) = self.carry_out(command).zip(client) else { return };
        match outcome {
            Ok(reply) => context.reply(ticket, &reply),
            Err(Code::KeyDoesNotExist) => context.refuse(ticket, Code::KeyDoesNotExist, NO_KEY),
            Err(code) => context.refuse(ticket, code, "it holds something else"),
        }
    }

    fn query(&self, query: &str, Client { context, ticket }: Client<'_, '_>) {
        match self.get(Json::trusted(query)) {
            Some(value) => context.reply(ticket, &Reply::ReadOk { value }),
            None => context.refuse(ticket, Code::KeyDoesNotExist, NO_KEY),
        }
    }

    /// A list of keys, each with its value behind it: keys may be anything.
    fn write(&self, out: &mut String) {
        write_pairs(self.values.iter().map(|(key, value)| (&**key, &**value)), out);
    }

    fn read(json: Json<'_>) -> Option<Self> {
        let mut registers = Registers::default();
        read_pairs(json, |key, value| registers.set(key, value))?;
        Some(registers)
    }

    fn stored_bytes(&self) -> usize {
        self.bytes
    }
}

const NO_KEY: &str = "there is no such key";

/// Appends keys and values as one list.
pub(crate) fn write_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>, out: &mut String) {
    out.push('[');
    for (position, (key, value)) in pairs.enumerate() {
        let comma = if position > 0 { "," } else { "" };
        write!(out, "{comma}{key},{value}").expect("a string takes any text");
    }
    out.push(']');
}

/// Reads what [`write_pairs`] wrote.
pub(crate) fn read_pairs<'a>(json: Json<'a>, mut each: impl FnMut(Json<'a>, Json<'a>)) -> Option<()> {
    let mut parts = json.elements()?;
    while let Some(key) = parts.next() {
        each(key, parts.next()?);
    }
    Some(())
}

/// For values whose text is wanted as a string.
pub(crate) fn text_of(value: &impl ToJson) -> String {
    let mut bytes = Vec::new();
    value.to_json(&mut bytes);
    String::from_utf8(bytes).expect("JSON is UTF-8")
}
