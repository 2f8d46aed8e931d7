//! What is wrong with the logs themselves: messages that differ, repeat, vanish, or should not be there (§12.5).

use super::PHANTOM;
use super::log::{Log, Logs};
use super::record::{Message, Record};
use crate::anomalies::{Anomalies, Case};
use crate::context::Context;
use crate::finding::brief;
use crate::history::Kind;
use crate::{Finding, Validity};
use edn::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How many unseen messages of a key the results list.
const MAX_UNSEEN: usize = 32;

pub(super) fn check(context: &Context<'_>, record: &Record<'_>, logs: &Logs<'_>, anomalies: &mut Anomalies) {
    let contents = Contents { context, record, logs };
    for (key, log) in logs.iter() {
        contents.inconsistent_offsets(key, log, anomalies);
        contents.lost_writes(log, anomalies);
    }
    for number in 0..record.messages.len() {
        contents.duplicate(number, anomalies);
        contents.not_sent(number, anomalies);
    }
}

struct Contents<'c, 'a> {
    context: &'c Context<'a>,
    record: &'c Record<'a>,
    logs: &'c Logs<'a>,
}

impl<'a> Contents<'_, 'a> {
    fn inconsistent_offsets(&self, key: u32, log: &Log<'_>, anomalies: &mut Anomalies) {
        for (index, entry) in log.entries.iter().enumerate().filter(|(_, entry)| entry.messages.len() > 1) {
            anomalies.add(self.context, "inconsistent-offsets", || {
                let value = |&message: &usize| self.message(message).value.clone();
                let values = Value::Set(entry.messages.iter().map(value).collect());
                let key = self.record.key(key);
                Case {
                    explanation: format!("offset {} of key {key} holds {}", entry.offset, brief(&values)),
                    value: Value::map([
                        ("key", key.clone()),
                        ("offset", entry.offset.clone()),
                        ("index", Value::count(index)),
                        ("values", values),
                    ]),
                    proof: entry.messages.iter().flat_map(|&message| self.witnesses(message)).collect(),
                }
            });
        }
    }

    fn duplicate(&self, number: usize, anomalies: &mut Anomalies) {
        let Some((first, last)) = self.logs.places(number).filter(|(first, last)| first < last) else {
            return;
        };
        // A message may be at many offsets, far apart; it is looked for only if there is room to tell of it.
        anomalies.add(self.context, "duplicate", || {
            let message = self.message(number);
            let key = self.record.key(message.key);
            let log = self.logs.log(message.key);
            let entries = log.entries[first..=last].iter().filter(|entry| entry.messages.contains(&number));
            let offsets: Vec<Value> = entries.map(|entry| entry.offset.clone()).collect();
            let told = brief(&Value::Vector(offsets.clone()));
            Case {
                explanation: format!("message {} of key {key} is at offsets {told}", message.value),
                value: Value::map([
                    ("key", key.clone()),
                    ("value", message.value.clone()),
                    ("count", Value::count(offsets.len())),
                    ("offsets", Value::List(offsets)),
                ]),
                proof: self.witnesses(number),
            }
        });
    }

    fn lost_writes(&self, log: &Log<'_>, anomalies: &mut Anomalies) {
        let Some((furthest, lost)) = lost(self.record, self.logs, log) else { return };
        for (index, number) in lost {
            self.lost_write(number, log.entries[index].offset, furthest, anomalies);
        }
    }

    fn lost_write(&self, number: usize, offset: &Value, furthest: usize, anomalies: &mut Anomalies) {
        let (message, reached) = (self.message(number), self.message(furthest));
        let key = self.record.key(message.key);
        let proof: Vec<usize> =
            message.send.into_iter().chain(reached.poll).map(|operation| self.op(operation)).collect();
        anomalies.add(self.context, "lost-write", || Case {
            value: Value::map([
                ("key", key.clone()),
                ("value", message.value.clone()),
                ("offset", offset.clone()),
                ("max-read", reached.value.clone()),
                ("ops", Value::List(proof.iter().map(|&op| self.context.op(op).to_value()).collect())),
            ]),
            explanation: format!(
                "message {} of key {key} was acknowledged at offset {offset}, but no poll has it, though polls have \
                 {} that is further on",
                message.value, reached.value
            ),
            proof,
        });
    }

    /// Messages that were polled though their send failed, or there never was one.
    fn not_sent(&self, number: usize, anomalies: &mut Anomalies) {
        let message = self.message(number);
        let Some(poll) = message.poll else { return };
        let (kind, why, send) = match (message.send, self.record.send_outcome(number)) {
            (Some(send), Some(Kind::Fail)) => ("G1a", "whose send failed", Some(send)),
            (None, _) => (PHANTOM, "which nobody sent", None),
            _ => return,
        };
        // A poll's value may be long, and nearly all messages are in order: nothing is copied before it is needed.
        anomalies.add(self.context, kind, || {
            let key = self.record.key(message.key);
            let op = |operation| self.context.op(self.op(operation)).to_value();
            let mut entries = vec![("key", key.clone()), ("value", message.value.clone())];
            entries.extend(send.map(|send| ("writer", op(send))));
            entries.push(("reader", op(poll)));
            let entries = entries.into_iter().map(|(key, value)| (Value::keyword(key), value)).collect();
            Case {
                value: Value::Map(entries),
                explanation: format!("a poll saw message {} of key {key}, {why}", message.value),
                proof: send.into_iter().chain([poll]).map(|operation| self.op(operation)).collect(),
            }
        });
    }

    /// The send of a message and the first poll that saw it, by index in the history.
    fn witnesses(&self, number: usize) -> Vec<usize> {
        let message = self.message(number);
        message.send.into_iter().chain(message.poll).map(|operation| self.op(operation)).collect()
    }

    fn message(&self, number: usize) -> &Message<'a> {
        &self.record.messages[number]
    }

    fn op(&self, operation: usize) -> usize {
        self.record.operations[operation].op.index
    }
}

/// The message that is the furthest on of all that any ok poll has seen; and, with their places, the messages behind it that
/// no ok poll has.
fn lost(record: &Record<'_>, logs: &Logs<'_>, log: &Log<'_>) -> Option<(usize, Vec<(usize, usize)>)> {
    let was_seen = |message: usize| record.messages[message].poll.is_some();
    let seen = log.entries.iter().flat_map(|entry| entry.messages.iter().copied().filter(|&it| was_seen(it)));
    let (bound, furthest) = seen.filter_map(|message| Some((logs.places(message)?.0, message))).max()?;
    let behind = log.entries[..=bound].iter().enumerate();
    let behind =
        behind.flat_map(|(index, entry)| entry.messages.iter().map(move |&message| (index, message)));
    let is_last = |index, message| logs.places(message).is_some_and(|(_, last)| last == index);
    Some((
        furthest,
        behind.filter(|&(index, message)| is_last(index, message) && !was_seen(message)).collect(),
    ))
}

/// The messages of a log that share a place, are at several, or are out of sight, and what is the matter with each.
pub(super) fn trouble(record: &Record<'_>, logs: &Logs<'_>, log: &Log<'_>) -> BTreeMap<usize, &'static str> {
    let lost = lost(record, logs, log).map(|(_, lost)| lost).unwrap_or_default();
    let lost: BTreeSet<usize> = lost.into_iter().map(|(_, message)| message).collect();
    let mut trouble = BTreeMap::new();
    for entry in &log.entries {
        for &message in &entry.messages {
            let kind = match logs.places(message) {
                _ if entry.messages.len() > 1 => "inconsistent-offsets",
                Some((first, last)) if first < last => "duplicate",
                _ if lost.contains(&message) => "lost-write",
                _ if record.is_unseen(message) => "unseen",
                _ => continue,
            };
            trouble.entry(message).or_insert(kind);
        }
    }
    trouble
}

/// Messages whose send was acknowledged and that no ok poll ever saw, as upstream reports them.
pub(super) fn unseen(context: &Context<'_>, record: &Record<'_>) -> Option<(Value, Finding)> {
    let mut by_key: BTreeMap<&Value, Vec<&Message<'_>>> = BTreeMap::new();
    let mut total = 0;
    for (number, message) in record.messages.iter().enumerate() {
        if record.is_unseen(number) {
            by_key.entry(record.key(message.key)).or_default().push(message);
            total += 1;
        }
    }
    let first = by_key.values().next()?.first()?.send?;
    let time = record.operations.iter().filter(|operation| operation.span.outcome == Kind::Ok);
    let time = time.map(|operation| operation.op.time_ns).max().unwrap_or(0);
    let counts = by_key.iter().map(|(key, messages)| ((*key).clone(), Value::count(messages.len())));
    let listed = by_key.iter().map(|(key, messages)| {
        let mut values: Vec<Value> = messages.iter().map(|message| message.value.clone()).collect();
        values.sort();
        values.truncate(MAX_UNSEEN);
        ((*key).clone(), Value::List(values))
    });
    let report = Value::map([
        ("time", Value::from_digits(&time.to_string())),
        ("unseen", Value::Map(counts.collect())),
        ("messages", Value::Map(listed.collect())),
    ]);
    let finding = Finding {
        kind: "unseen",
        costs: Validity::False,
        explanation: format!("{total} messages were acknowledged, but no poll ever saw them"),
        evidence: vec![context.evidence(record.operations[first].op.index)],
        more: 0,
    };
    Some((report, finding))
}
