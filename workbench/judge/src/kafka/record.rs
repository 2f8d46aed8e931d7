//! What was sent and polled, with keys and messages numbered.

use crate::context::Context;
use crate::cycles::Span;
use crate::history::{Kind, Op, Process};
use edn::Value;
use std::collections::HashMap;

/// The sends and polls of a history.
pub(super) struct Record<'a> {
    /// In the order of their ends; those that never ended come last.
    pub(super) operations: Vec<Operation<'a>>,
    pub(super) messages: Vec<Message<'a>>,
    keys: Vec<&'a Value>,
    key_numbers: HashMap<&'a Value, u32>,
    message_numbers: HashMap<(u32, &'a Value), usize>,
}

/// A send or a poll.
pub(super) struct Operation<'a> {
    /// Its completion; if it never ended, its invocation.
    pub(super) op: &'a Op,
    pub(super) span: Span,
    pub(super) sent: Vec<Sent<'a>>,
    /// What an ok poll returned.
    pub(super) polled: Vec<Polled<'a>>,
}

pub(super) struct Sent<'a> {
    pub(super) key: u32,
    /// Its number.
    pub(super) message: usize,
    /// Known if the send succeeded.
    pub(super) offset: Option<&'a Value>,
}

pub(super) struct Polled<'a> {
    pub(super) key: u32,
    /// Offsets and numbers of messages.
    pub(super) messages: Vec<(&'a Value, usize)>,
}

/// A value in the log of a key. Values are sent once a key.
pub(super) struct Message<'a> {
    pub(super) key: u32,
    pub(super) value: &'a Value,
    /// The operation that sends it. None for what nobody sent.
    pub(super) send: Option<usize>,
    /// The first ok poll that saw it.
    pub(super) poll: Option<usize>,
}

impl<'a> Record<'a> {
    pub(super) fn new(context: &Context<'a>) -> Record<'a> {
        let mut record = Record {
            operations: Vec::new(),
            messages: Vec::new(),
            keys: Vec::new(),
            key_numbers: HashMap::new(),
            message_numbers: HashMap::new(),
        };
        let ended = context.client_ops().filter(|op| op.kind != Kind::Invoke);
        let ended = ended.filter_map(|op| context.other_half(op).map(|invoke| (invoke, Some(op))));
        let open = context.client_ops().filter(|op| op.kind == Kind::Invoke);
        let open = open.filter(|op| context.other_half(op).is_none()).map(|invoke| (invoke, None));
        for (invoke, completion) in ended.chain(open) {
            if invoke.f == "send" || invoke.f == "poll" {
                record.add(invoke, completion);
            }
        }
        record
    }

    pub(super) fn key(&self, key: u32) -> &'a Value {
        self.keys[key as usize]
    }

    pub(super) fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// The number of a key, if it was ever sent to or polled.
    pub(super) fn key_number(&self, key: &Value) -> Option<u32> {
        self.key_numbers.get(key).copied()
    }

    /// How a message's send ended; none if nobody sent it.
    pub(super) fn send_outcome(&self, message: usize) -> Option<Kind> {
        self.messages[message].send.map(|send| self.operations[send].span.outcome)
    }

    /// Whether a message was acknowledged, and no ok poll ever saw it.
    pub(super) fn is_unseen(&self, message: usize) -> bool {
        self.send_outcome(message) == Some(Kind::Ok) && self.messages[message].poll.is_none()
    }

    fn add(&mut self, invoke: &'a Op, completion: Option<&'a Op>) {
        let Process::Client(process) = invoke.process else { return };
        let number = self.operations.len();
        let outcome = completion.map_or(Kind::Info, |op| op.kind);
        let complete = completion.map(|op| op.index);
        let span = Span { invoke: invoke.index, complete, outcome, process };
        let mut operation =
            Operation { op: completion.unwrap_or(invoke), span, sent: Vec::new(), polled: Vec::new() };
        let source = completion.filter(|_| outcome == Kind::Ok).unwrap_or(invoke);
        for step in source.value.elements().unwrap_or(&[]) {
            match step.elements() {
                Some([name, key, value]) if name.as_name() == Some("send") => {
                    operation.sent.push(self.sent(number, key, value));
                }
                Some([name, Value::Map(entries)]) if name.as_name() == Some("poll") => {
                    for (key, pairs) in entries {
                        operation.polled.push(self.polled(number, key, pairs));
                    }
                }
                _ => {}
            }
        }
        self.operations.push(operation);
    }

    /// `value` is `[offset message]` once the send has succeeded.
    fn sent(&mut self, send: usize, key: &'a Value, value: &'a Value) -> Sent<'a> {
        let (offset, value) = match value {
            Value::Vector(pair) if pair.len() == 2 => (Some(&pair[0]), &pair[1]),
            value => (None, value),
        };
        let key = self.number_key(key);
        let message = self.number(key, value);
        self.messages[message].send.get_or_insert(send);
        Sent { key, message, offset }
    }

    fn polled(&mut self, poll: usize, key: &'a Value, pairs: &'a Value) -> Polled<'a> {
        let key = self.number_key(key);
        let mut messages = Vec::new();
        for pair in pairs.elements().unwrap_or(&[]) {
            let Some([offset, value]) = pair.elements() else { continue };
            let message = self.number(key, value);
            self.messages[message].poll.get_or_insert(poll);
            messages.push((offset, message));
        }
        Polled { key, messages }
    }

    fn number_key(&mut self, key: &'a Value) -> u32 {
        *self.key_numbers.entry(key).or_insert_with(|| {
            self.keys.push(key);
            u32::try_from(self.keys.len() - 1).expect("a history in memory has fewer than 2^32 keys")
        })
    }

    fn number(&mut self, key: u32, value: &'a Value) -> usize {
        *self.message_numbers.entry((key, value)).or_insert_with(|| {
            self.messages.push(Message { key, value, send: None, poll: None });
            self.messages.len() - 1
        })
    }
}
