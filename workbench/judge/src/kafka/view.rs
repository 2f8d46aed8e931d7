//! What a run's pictures are drawn from: the same sends, polls and logs that the verdict is about.

use super::contents;
use super::lag::{self, Lag};
use super::log::Logs;
use super::record::{Operation, Record};
use crate::Demands;
use crate::Evidence;
use crate::context::Context;
use crate::history::{History, Kind, Op};
use edn::Value;
use std::collections::BTreeMap;

/// Logs in trouble that are looked at, in the order in which they came into being.
const MAX_LOGS: usize = 64;

/// A history's sends and polls, and the logs that they tell of.
pub struct View<'a> {
    context: Context<'a>,
    record: Record<'a>,
    logs: Logs<'a>,
}

/// A log with messages that differ, repeat, vanish or stay out of sight.
pub struct TroubledLog<'a> {
    /// The log's key.
    pub key: &'a Value,
    /// The offsets that hold something, in order. Places are positions here.
    pub offsets: Vec<&'a Value>,
    /// The messages in trouble, and the name of what is the matter.
    pub trouble: BTreeMap<&'a Value, &'static str>,
    /// Everything that sent to it or saw some of it, in the order of its ends.
    pub accesses: Vec<Access<'a>>,
}

/// What a send or a poll had to do with a log.
pub struct Access<'a> {
    /// Its end; if it had none, its beginning.
    pub op: &'a Op,
    /// How it ended.
    pub outcome: Kind,
    /// Whether it sent, and did not poll.
    pub is_send: bool,
    /// Messages, and the place of each, if it has one.
    pub messages: Messages<'a>,
}

type Messages<'a> = Vec<(Option<usize>, &'a Value)>;

/// How much of a key there was to see, and at what times in nanoseconds.
pub type Course<'a> = (&'a Value, Vec<(u64, u64)>);

impl<'a> View<'a> {
    /// Reads a history of the workload `kafka`.
    pub fn new(demands: &'a Demands, history: &'a History) -> View<'a> {
        let context = Context::new(demands, history);
        let record = Record::new(&context);
        let logs = Logs::new(&record);
        View { context, record, logs }
    }

    /// Tells of each ok poll how far behind it was on every key that its process had been assigned.
    pub fn lags(&self, tell: impl FnMut(Lag<'a>)) {
        lag::each(&self.context, &self.record, &self.logs, tell);
    }

    /// For each key, how many messages were acknowledged and not yet polled, whenever that changed.
    pub fn unseen(&self) -> Vec<Course<'a>> {
        let mut changes: Vec<Vec<(usize, bool)>> = vec![Vec::new(); self.record.key_count()];
        for (number, message) in self.record.messages.iter().enumerate() {
            let end = |operation: usize| self.record.operations[operation].op.index;
            let Some(sent) = message.send.filter(|_| self.record.send_outcome(number) == Some(Kind::Ok))
            else {
                continue;
            };
            // Of a message that was seen before its send ended nobody waits for a sight.
            let polled = message.poll.map(end);
            if polled.is_none_or(|polled| polled > end(sent)) {
                let changes = &mut changes[message.key as usize];
                changes.push((end(sent), true));
                changes.extend(polled.map(|polled| (polled, false)));
            }
        }
        let course = |(key, mut changes): (u32, Vec<(usize, bool)>)| {
            changes.sort_unstable();
            let mut unseen: u64 = 0;
            let counts = changes.into_iter().map(|(op, is_new)| {
                unseen = if is_new { unseen + 1 } else { unseen - 1 };
                (self.context.op(op).time_ns, unseen)
            });
            (self.record.key(key), counts.collect())
        };
        (0..).zip(changes).map(course).collect()
    }

    /// The logs in trouble.
    pub fn troubled(&self) -> Vec<TroubledLog<'a>> {
        let mut troubled = self.in_trouble();
        for operation in &self.record.operations {
            for (key, is_send, messages) in self.touched(operation) {
                if let Some(log) = troubled.get_mut(&key) {
                    let (op, outcome) = (operation.op, operation.span.outcome);
                    log.accesses.push(Access { op, outcome, is_send, messages });
                }
            }
        }
        troubled.into_values().collect()
    }

    /// By number of key, and without what was done to them.
    fn in_trouble(&self) -> BTreeMap<u32, TroubledLog<'a>> {
        let mut troubled = BTreeMap::new();
        for (key, log) in self.logs.iter() {
            let trouble = contents::trouble(&self.record, &self.logs, log);
            if trouble.is_empty() || troubled.len() == MAX_LOGS {
                continue;
            }
            let log = TroubledLog {
                key: self.record.key(key),
                offsets: log.entries.iter().map(|entry| entry.offset).collect(),
                trouble: trouble.into_iter().map(|(message, kind)| (self.message(message), kind)).collect(),
                accesses: Vec::new(),
            };
            troubled.insert(key, log);
        }
        troubled
    }

    /// The keys of which an operation sent or saw something; which of both; and what, with its place.
    fn touched(&self, operation: &Operation<'a>) -> Vec<(u32, bool, Messages<'a>)> {
        let sent = operation.sent.iter().map(|sent| {
            let place = match sent.offset {
                Some(offset) => self.logs.index(sent.key, offset),
                None => self.logs.places(sent.message).map(|(first, _)| first),
            };
            (sent.key, true, vec![(place, self.message(sent.message))])
        });
        let saw_something = operation.polled.iter().filter(|polled| !polled.messages.is_empty());
        let polled = saw_something.map(|polled| {
            let place = |&(offset, message)| (self.logs.index(polled.key, offset), self.message(message));
            (polled.key, false, polled.messages.iter().map(place).collect())
        });
        sent.chain(polled).collect()
    }

    /// What an operation did, in words.
    pub fn evidence(&self, op: &Op) -> Evidence {
        self.context.evidence(op.index)
    }

    fn message(&self, number: usize) -> &'a Value {
        self.record.messages[number].value
    }
}
