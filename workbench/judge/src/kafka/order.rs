//! What is wrong with the order in which a process sends and sees messages (§12.5).

use super::log::Logs;
use super::record::{Operation, Record};
use crate::anomalies::{Anomalies, Case};
use crate::context::Context;
use crate::history::{Kind, Op, Process};
use edn::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// How many of the messages that a process jumped over are listed.
const MAX_SKIPPED: usize = 32;

/// Follows each process through the logs.
pub(super) fn check(context: &Context<'_>, record: &Record<'_>, logs: &Logs<'_>, anomalies: &mut Anomalies) {
    let mut order = Order { context, record, logs, polled: BTreeMap::new(), sent: BTreeMap::new() };
    let mut operations = record.operations.iter().peekable();
    for op in context.client_ops().filter(|op| op.kind != Kind::Invoke) {
        if op.f == "assign" && op.kind != Kind::Fail {
            order.assign(op);
        } else if let Some(operation) = operations.next_if(|operation| operation.op.index == op.index)
            && op.kind != Kind::Fail
        {
            order.sends(operation, anomalies);
            order.polls(operation, anomalies);
        }
    }
}

/// A place in a key's log, and the operation that was there.
#[derive(Clone, Copy)]
struct Position {
    index: usize,
    op: usize,
}

type Positions = BTreeMap<(Process, u32), Position>;

struct Order<'c, 'a> {
    context: &'c Context<'a>,
    record: &'c Record<'a>,
    logs: &'c Logs<'a>,
    /// Of each process and key, the last message polled.
    polled: Positions,
    /// … and the last one sent whose place is known.
    sent: Positions,
}

impl Order<'_, '_> {
    /// A process that is assigned keys forgets where it was in all others.
    fn assign(&mut self, op: &Op) {
        let assigned = op.value.elements().unwrap_or(&[]);
        let kept: Vec<u32> = assigned.iter().filter_map(|key| self.record.key_number(key)).collect();
        let positions = self.polled.range((op.process, 0)..=(op.process, u32::MAX));
        let forgotten: Vec<_> = positions.map(|(at, _)| *at).filter(|(_, key)| !kept.contains(key)).collect();
        for at in forgotten {
            self.polled.remove(&at);
        }
    }

    fn sends(&mut self, operation: &Operation<'_>, anomalies: &mut Anomalies) {
        let op = operation.op;
        for sent in &operation.sent {
            // Where a send of unknown outcome ended up is known if a poll saw it.
            let index = match sent.offset {
                Some(offset) => self.logs.index(sent.key, offset),
                None => self.logs.places(sent.message).map(|(first, _)| first),
            };
            let at = (op.process, sent.key);
            let Some(index) = index else {
                self.sent.remove(&at);
                continue;
            };
            let now = Position { index, op: op.index };
            if let Some(before) = self.sent.insert(at, now).filter(|before| before.index >= index) {
                self.add(anomalies, "nonmonotonic-send", sent.key, before, now, "sent to");
            }
        }
    }

    fn polls(&mut self, operation: &Operation<'_>, anomalies: &mut Anomalies) {
        let op = operation.op.index;
        for polled in &operation.polled {
            let at = (operation.op.process, polled.key);
            let mut before = self.polled.get(&at).copied();
            for (offset, _) in &polled.messages {
                let index = self.logs.index(polled.key, offset).expect("what was polled is in the log");
                let now = Position { index, op };
                if let Some(before) = before {
                    let inside = before.op == op;
                    let kind = match (index.cmp(&(before.index + 1)), inside) {
                        (Ordering::Equal, _) => None,
                        (Ordering::Greater, false) => Some("poll-skip"),
                        (Ordering::Greater, true) => Some("int-poll-skip"),
                        (Ordering::Less, false) => Some("nonmonotonic-poll"),
                        (Ordering::Less, true) => Some("int-nonmonotonic-poll"),
                    };
                    if let Some(kind) = kind {
                        self.add(anomalies, kind, polled.key, before, now, "polled");
                    }
                }
                before = Some(now);
            }
            if let Some(last) = before {
                self.polled.insert(at, last);
            }
        }
    }

    fn add(
        &self,
        anomalies: &mut Anomalies,
        kind: &'static str,
        key: u32,
        before: Position,
        now: Position,
        verb: &str,
    ) {
        let context = self.context;
        anomalies.add(context, kind, || {
            let log = self.logs.log(key);
            let offset = |position: Position| log.entries[position.index].offset.clone();
            let (from, to) = (offset(before), offset(now));
            let skipped = self.skipped(key, before, now);
            let key = self.record.key(key);
            let process = context.op(now.op).process.to_value();
            let mut explanation = format!("process {process} {verb} offset {to} of key {key} after {from}");
            if !skipped.is_empty() {
                let messages: Vec<String> = skipped.iter().map(Value::to_string).collect();
                explanation.push_str(&format!(", jumping over what was sent there: {}", messages.join(", ")));
            }
            let mut proof = vec![before.op, now.op];
            proof.dedup();
            let ops = proof.iter().map(|&index| context.op(index).to_value()).collect();
            let value = Value::map([
                ("key", key.clone()),
                ("delta", Value::Integer(now.index as i64 - before.index as i64)),
                ("skipped", Value::List(skipped)),
                ("offsets", Value::Vector(vec![from, to])),
                ("ops", Value::List(ops)),
            ]);
            Case { value, explanation, proof }
        });
    }

    /// The messages between two positions, if the second is further on.
    fn skipped(&self, key: u32, before: Position, now: Position) -> Vec<Value> {
        let entries = self.logs.log(key).entries.get(before.index + 1..now.index).unwrap_or(&[]);
        let messages = entries.iter().flat_map(|entry| &entry.messages).take(MAX_SKIPPED);
        messages.map(|&message| self.record.messages[message].value.clone()).collect()
    }
}
