//! Which values a message's body mentions, for workloads whose clients bring values that can be told apart.
//!
//! A body is the node's own affair. What is looked for is what any node would write in some way: the element of a
//! broadcast or a set; a log's key with a message; a register's or list's key with what was written to it. Where this
//! project's own nodes gossip, only what their deltas carry counts, not the counts and numbers around it.

use super::row::kind;
use bench::options::Workload;
use edn::Value as Edn;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

/// A value that a client brought: what Maelstrom's generators write are whole numbers, under a key or alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Atom {
    /// The log's, register's or list's key.
    pub key: Option<i64>,
    /// The value.
    pub value: i64,
}

/// Keys of a body that belong to the protocol, not to its user.
const ENVELOPE: [&str; 3] = ["type", "msg_id", "in_reply_to"];

/// Whether clients bring values that can be told apart.
pub(super) fn has_values(workload: Workload) -> bool {
    matches!(
        workload,
        Workload::Broadcast
            | Workload::GSet
            | Workload::Kafka
            | Workload::TxnRwRegister
            | Workload::TxnListAppend
    )
}

/// The values that a client's request brings.
pub(super) fn brought(workload: Workload, body: &str) -> Vec<Atom> {
    // Most requests bring none, and reads are long.
    let is_candidate = match workload {
        Workload::Broadcast => body.contains("\"broadcast\""),
        Workload::GSet => body.contains("\"add\""),
        Workload::Kafka => body.contains("\"send\""),
        Workload::TxnRwRegister | Workload::TxnListAppend => body.contains("\"txn\""),
        _ => false,
    };
    let Some(body) = is_candidate.then(|| serde_json::from_str::<Value>(body).ok()).flatten() else {
        return Vec::new();
    };
    let alone = |value: &Value| value.as_i64().map(|value| Atom { key: None, value });
    match workload {
        Workload::Broadcast => alone(&body["message"]).into_iter().collect(),
        Workload::GSet => alone(&body["element"]).into_iter().collect(),
        Workload::Kafka => atom(&body["key"], &body["msg"]).into_iter().collect(),
        _ => {
            let steps = body["txn"].as_array().map(Vec::as_slice).unwrap_or_default();
            let writes = steps.iter().filter(|step| matches!(step[0].as_str(), Some("w" | "append")));
            writes.filter_map(|step| atom(&step[1], &step[2])).collect()
        }
    }
}

/// The values that an operation of a history brought: for evidence, which is about operations.
pub(super) fn brought_by(f: &str, value: &Edn) -> Vec<Atom> {
    let number = |value: &Edn| value.as_integer().or_else(|| value.as_text()?.parse().ok());
    if matches!(f, "broadcast" | "add") {
        return number(value).map(|value| Atom { key: None, value }).into_iter().collect();
    }
    let steps = value.elements().unwrap_or_default().iter().filter_map(Edn::elements);
    let writes =
        steps.filter(|step| matches!(step.first().and_then(Edn::as_name), Some("w" | "append" | "send")));
    let atoms = writes.filter_map(|step| {
        // A send that was acknowledged has become a pair of offset and message.
        let written = step.get(2)?;
        let value = written.elements().and_then(<[Edn]>::last).unwrap_or(written);
        Some(Atom { key: Some(number(step.get(1)?)?), value: number(value)? })
    });
    atoms.collect()
}

/// Calls `visit` for each value that a body may be said to mention.
pub(super) fn mentioned(workload: Workload, body: &str, visit: &mut dyn FnMut(Atom)) {
    let shape = match workload {
        Workload::Broadcast | Workload::GSet => Shape::Elements,
        Workload::Kafka => Shape::Logs,
        Workload::TxnRwRegister | Workload::TxnListAppend => Shape::Writes,
        _ => return,
    };
    if body.contains("\"gossip1\"") && kind(body) == "gossip1" {
        // All else in it is about versions. One without runs only acknowledges.
        let gossip: Gossip<'_> = serde_json::from_str(body).unwrap_or_default();
        let deltas = gossip.runs.iter().filter_map(|run| run.get(4));
        return deltas.for_each(|delta| Walk::new(shape, visit).through(delta.get()));
    }
    Walk { is_body: true, ..Walk::new(shape, visit) }.through(body);
}

/// Of this project's own gossip, what carries values.
#[derive(Default, Deserialize)]
struct Gossip<'a> {
    #[serde(borrow, default)]
    runs: Vec<Vec<&'a RawValue>>,
}

/// Where values are in a body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Every number is one.
    Elements,
    /// The last number of each innermost list is one, under the key that is nearest above it or leads it:
    /// `"k": [[offset, message]]`, `["k", offset, message]`. So is `msg`, where there is a `key`.
    Logs,
    /// Neighbours in a list are key and value: `["w", k, v]`, `[stamp, k, v, k, v]`; `["r", k, [v, v]]` too.
    Writes,
}

/// Visits values while JSON is read, and builds nothing: the answers to reads are longer than all else in a journal.
struct Walk<'a> {
    shape: Shape,
    /// The key that is nearest above.
    key: Option<i64>,
    /// The number before a list, of which all numbers may be values.
    before: Option<i64>,
    is_body: bool,
    visit: &'a mut dyn FnMut(Atom),
}

/// What a value is to what surrounds it.
#[derive(Clone, Copy)]
enum Seen {
    Number(i64),
    /// A string that may be a key.
    Text(Option<i64>),
    Other,
}

impl Seen {
    fn as_key(self) -> Option<i64> {
        match self {
            Seen::Number(number) => Some(number),
            Seen::Text(number) => number,
            Seen::Other => None,
        }
    }

    fn as_number(self) -> Option<i64> {
        if let Seen::Number(number) = self { Some(number) } else { None }
    }
}

impl Walk<'_> {
    fn new(shape: Shape, visit: &mut dyn FnMut(Atom)) -> Walk<'_> {
        Walk { shape, key: None, before: None, is_body: false, visit }
    }

    fn through(self, text: &str) {
        // What is no JSON mentions nothing more.
        let _ = self.deserialize(&mut serde_json::Deserializer::from_str(text));
    }

    fn inside(&mut self, key: Option<i64>, before: Option<i64>) -> Walk<'_> {
        Walk { shape: self.shape, key, before, is_body: false, visit: &mut *self.visit }
    }

    fn pair(&mut self, key: Option<i64>, value: Option<i64>) {
        if let (key @ Some(_), Some(value)) = (key, value) {
            (self.visit)(Atom { key, value });
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = Seen;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Seen, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = Seen;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_i64<E: de::Error>(mut self, value: i64) -> Result<Seen, E> {
        match self.shape {
            Shape::Elements => (self.visit)(Atom { key: None, value }),
            Shape::Writes => self.pair(self.key, Some(value)),
            Shape::Logs => {}
        }
        Ok(Seen::Number(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Seen, E> {
        i64::try_from(value).map_or(Ok(Seen::Other), |value| self.visit_i64(value))
    }

    fn visit_f64<E>(self, _value: f64) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_unit<E>(self) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Seen, E> {
        Ok(Seen::Text(text.parse().ok()))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut values: A) -> Result<Seen, A::Error> {
        let is_log = self.shape == Shape::Logs;
        let mut key = if is_log { self.key } else { None };
        let mut last: Option<Seen> = None;
        loop {
            let before = last.and_then(Seen::as_number).filter(|_| !is_log);
            let Some(seen) = values.next_element_seed(self.inside(key, before))? else { break };
            match (self.shape, last, seen) {
                (Shape::Logs, None, Seen::Text(leading)) => key = leading.or(key),
                (Shape::Writes, last, seen) => {
                    self.pair(last.and_then(Seen::as_key), seen.as_number());
                    self.pair(self.before, seen.as_number());
                }
                _ => {}
            }
            last = Some(seen);
        }
        if is_log {
            self.pair(key, last.and_then(Seen::as_number));
        }
        Ok(Seen::Other)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Seen, A::Error> {
        let (mut log, mut message) = (None, None);
        while let Some(name) = entries.next_key::<Cow<'de, str>>()? {
            if self.is_body && ENVELOPE.contains(&name.as_ref()) {
                entries.next_value::<IgnoredAny>()?;
                continue;
            }
            let above = if self.shape == Shape::Logs { self.key } else { None };
            let seen = entries.next_value_seed(self.inside(name.parse().ok().or(above), None))?;
            match name.as_ref() {
                "key" => log = seen.as_key(),
                "msg" => message = seen.as_number(),
                _ => {}
            }
        }
        if self.shape == Shape::Logs {
            self.pair(log, message);
        }
        Ok(Seen::Other)
    }
}

fn atom(key: &Value, value: &Value) -> Option<Atom> {
    let key = key.as_i64().or_else(|| key.as_str()?.parse().ok())?;
    Some(Atom { key: Some(key), value: value.as_i64()? })
}

impl Display for Atom {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.key {
            Some(key) => write!(f, "{} of key {key}", self.value),
            None => write!(f, "{}", self.value),
        }
    }
}

impl Serialize for Atom {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(workload: Workload, body: &str) -> Vec<(Option<i64>, i64)> {
        let mut values = Vec::new();
        mentioned(workload, body, &mut |atom| values.push((atom.key, atom.value)));
        values.sort_unstable();
        values.dedup();
        values
    }

    #[test]
    fn what_a_log_holds_is_told_from_its_offsets() {
        let of = |body| of(Workload::Kafka, body);
        assert_eq!(of(r#"{"type":"send","msg_id":9,"key":"7","msg":5}"#), [(Some(7), 5)]);
        assert_eq!(of(r#"{"type":"send_ok","in_reply_to":9,"offset":3}"#), []);
        let polled = r#"{"type":"poll_ok","msgs":{"7":[[1000,5],[1001,6]],"8":[[0,1]],"9":[]}}"#;
        assert_eq!(of(polled), [(Some(7), 5), (Some(7), 6), (Some(8), 1)]);
        assert_eq!(
            of(r#"{"type":"share","all":[["7",1000,5],{"key":8,"msg":1}]}"#),
            [(Some(7), 5), (Some(8), 1)]
        );
    }

    #[test]
    fn what_transactions_write_is_what_follows_its_key() {
        let of = |body| of(Workload::TxnRwRegister, body);
        let txn = r#"{"type":"txn","msg_id":1,"txn":[["w",7,5],["r",8,null],["r",9,[3,4]]]}"#;
        // Of a list, any two neighbours may be key and value.
        assert_eq!(of(txn), [(Some(3), 4), (Some(7), 5), (Some(9), 3), (Some(9), 4)]);
        let shared = r#"{"type":"share","state":{"7":5},"pairs":[[1,7],["8",2]],"time":3.5}"#;
        let found = of(shared);
        assert!(
            [(Some(7), 5), (Some(1), 7), (Some(8), 2)].iter().all(|pair| found.contains(pair)),
            "{found:?}"
        );
    }

    #[test]
    fn every_number_is_an_element_but_for_those_of_the_envelope_and_what_is_too_large() {
        let body = r#"{"msg_id":1,"in_reply_to":2,"messages":[3,"4",[5],{"6":7}],"deep":{"msg_id":8},"n":99999999999999999999}"#;
        assert_eq!(of(Workload::Broadcast, body), [(None, 3), (None, 5), (None, 7), (None, 8)]);
        assert_eq!(of(Workload::Echo, body), []);
    }

    #[test]
    fn of_our_own_gossip_only_what_deltas_carry_counts() {
        let of = |body: &str| {
            let mut values = Vec::new();
            mentioned(Workload::Broadcast, body, &mut |atom| values.push(atom.value));
            values
        };
        let delta = r#"{"type":"gossip1","me":1,"n":2,"vector":[[3,4,5]],"runs":[[3,4,5,1,[77]]]}"#;
        assert_eq!(of(delta), [77]);
        let acknowledgement = r#"{"type":"gossip1","me":1,"you":2,"ack":3,"held_ms":120,"wait_ms":120}"#;
        assert!(of(acknowledgement).is_empty());
        assert_eq!(of(r#"{"type":"share","values":[1,[2]]}"#), [1, 2], "somebody else's");
    }
}
