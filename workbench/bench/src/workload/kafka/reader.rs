//! What a client of `kafka` does, request by request, and what it remembers: from where it reads on.

use super::Offsets;
use crate::workload::{Call, Malformed, Request, Schema, Shape, Step};
use edn::{Value, json};
use judge::history::Op;
use std::collections::BTreeMap;

/// A client's memory.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// The keys that it is assigned, each with the offset that it reads next.
    next: Offsets,
    /// What it polled and is about to commit.
    polled: Option<Value>,
}

const SEND_OK: Schema = Schema::closed("send_ok", &[("offset", Shape::Integer)]);
const POLL_OK: Schema = Schema::closed("poll_ok", &[("msgs", Shape::Object)]);
const COMMIT_OK: Schema = Schema::closed("commit_offsets_ok", &[]);
const COMMITTED_OK: Schema = Schema::closed("list_committed_offsets_ok", &[("offsets", Shape::Object)]);

impl Reader {
    pub(super) fn seek_to_beginning(&mut self, op: &Op) -> Step {
        self.next = keys(op).map(|key| (key, 0)).collect();
        Step::Ok(op.value.clone())
    }

    pub(super) fn ask_committed(&self, op: &Op) -> Step {
        let request = Request::new("list_committed_offsets").with("keys", &op.value);
        Step::Call(Call { request, schema: COMMITTED_OK })
    }

    /// Keys that it had before it goes on reading where it was; others where the last one who committed was, that very
    /// message included.
    pub(super) fn assign(&mut self, op: &Op, committed: Value) -> Result<Step, Malformed> {
        if let Value::Map(entries) = &committed
            && let Some((key, offset)) = entries.iter().find(|(_, value)| offset(value).is_none())
        {
            return Err(Malformed::Shape(format!(
                "the committed offset of {} is {}, which is not {AN_OFFSET}",
                json::compact(key),
                json::compact(offset)
            )));
        }
        let Value::Map(entries) = &committed else { return self.assign(op, Value::Map(Vec::new())) };
        let committed: BTreeMap<&str, i64> =
            entries.iter().filter_map(|(key, at)| Some((key.as_text()?, offset(at)?))).collect();
        let committed = |key: &str| committed.get(key).copied();
        let next = keys(op).map(|key| {
            let offset = self.next.get(&key).copied().or_else(|| committed(&key)).unwrap_or(0);
            (key, offset)
        });
        self.next = next.collect();
        Ok(Step::Ok(op.value.clone()))
    }

    pub(super) fn poll(&mut self) -> Step {
        self.polled = None;
        Step::Call(Call {
            request: Request::new("poll").with("offsets", &to_map(&self.next)),
            schema: POLL_OK,
        })
    }

    /// Takes in what a poll brought, and commits it if that is anything.
    pub(super) fn polled(&mut self, messages: Value) -> Result<Step, Malformed> {
        let messages = logs(messages)?;
        let highest = highest(&messages);
        for (key, offset) in &highest {
            let next = self.next.entry(key.clone()).or_insert(0);
            *next = (offset + 1).max(*next);
        }
        let polled = Value::Vector(vec![Value::Vector(vec![Value::keyword("poll"), messages])]);
        if highest.is_empty() {
            return Ok(Step::Ok(polled));
        }
        self.polled = Some(polled);
        let request = Request::new("commit_offsets").with("offsets", &to_map(&highest));
        Ok(Step::Call(Call { request, schema: COMMIT_OK }))
    }

    pub(super) fn is_committing(&self) -> bool {
        self.polled.is_some()
    }

    pub(super) fn committed(&mut self) -> Step {
        Step::Ok(self.polled.take().unwrap_or_default())
    }
}

/// `[[:send key message]]`
pub(super) fn send(op: &Op) -> Step {
    let [_, key, message] = sent_parts(op);
    Step::Call(Call { request: Request::new("send").with("key", key).with("msg", message), schema: SEND_OK })
}

/// `[[:send key [offset message]]]`
pub(super) fn sent(op: &Op, place: Value) -> Result<Step, Malformed> {
    if offset(&place).is_none() {
        return Err(Malformed::Shape(format!("the offset {} is not {AN_OFFSET}", json::compact(&place))));
    }
    let [send, key, message] = sent_parts(op).clone();
    let sent = Value::Vector(vec![send, key, Value::Vector(vec![place, message])]);
    Ok(Step::Ok(Value::Vector(vec![sent])))
}

/// The highest offset of each key in the value of a poll.
pub(super) fn highest_in_poll(value: &Value) -> Offsets {
    let poll = value.elements().and_then(<[Value]>::first).and_then(Value::elements);
    poll.and_then(|poll| poll.get(1)).map(highest).unwrap_or_default()
}

fn sent_parts(op: &Op) -> &[Value; 3] {
    let send = op.value.elements().and_then(<[Value]>::first).and_then(Value::elements);
    send.and_then(|send| send.try_into().ok()).expect("a send of this workload has a key and a message")
}

fn keys(op: &Op) -> impl Iterator<Item = std::sync::Arc<str>> {
    op.value.elements().unwrap_or_default().iter().filter_map(|key| match key {
        Value::Text(key) => Some(key.clone()),
        _ => None,
    })
}

/// Accepts what a poll brought: for each key a list of pairs of offset and message.
fn logs(messages: Value) -> Result<Value, Malformed> {
    let Value::Map(mut entries) = messages else { return Ok(Value::Map(Vec::new())) };
    for (key, log) in &mut entries {
        if *log == Value::Nil {
            *log = Value::Vector(Vec::new());
        }
        let Value::Vector(pairs) = log else {
            return Err(Malformed::Shape(format!(
                "the messages of {} are {}, not a list",
                json::compact(key),
                json::compact(log)
            )));
        };
        if let Some(pair) = pairs.iter().find(|pair| !is_pair(pair)) {
            return Err(Malformed::Shape(format!(
                "{} among the messages of {} is not an offset, {AN_OFFSET}, and a message",
                json::compact(pair),
                json::compact(key)
            )));
        }
    }
    Ok(Value::Map(entries))
}

fn is_pair(pair: &Value) -> bool {
    matches!(pair, Value::Vector(parts) if parts.len() == 2 && offset(&parts[0]).is_some())
}

fn highest(messages: &Value) -> Offsets {
    let Value::Map(entries) = messages else { return BTreeMap::new() };
    let of_log = |(key, log): &(Value, Value)| match key {
        Value::Text(key) => {
            let offsets = log.elements()?.iter().filter_map(|pair| pair.elements()?.first().and_then(offset));
            Some((key.clone(), offsets.max()?))
        }
        _ => None,
    };
    entries.iter().filter_map(of_log).collect()
}

/// In words.
const AN_OFFSET: &str = "an integer below 2^63 - 1";

/// What can be polled from: there has to be one that comes next.
fn offset(value: &Value) -> Option<i64> {
    value.as_integer().filter(|offset| *offset < i64::MAX)
}

fn to_map(offsets: &Offsets) -> Value {
    Value::Map(
        offsets.iter().map(|(key, offset)| (Value::Text(key.clone()), Value::Integer(*offset))).collect(),
    )
}
