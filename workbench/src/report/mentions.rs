//! Which values a message's body mentions, for workloads whose clients bring values that can be told apart.
//!
//! A body is the node's own affair. What is looked for is what any node would write in some way: the element of a
//! broadcast or a set; a log's key with a message; a register's or list's key with what was written to it. Where this
//! project's own nodes gossip, only what their deltas carry counts, not the counts and numbers around it.

use crate::edn::Value as Edn;
use crate::options::Workload;
use serde::{Serialize, Serializer};
use serde_json::Value;
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
    let Ok(body) = serde_json::from_str::<Value>(body) else { return };
    let search: fn(&Value, Option<i64>, &mut dyn FnMut(Atom)) = match workload {
        Workload::Broadcast | Workload::GSet => elements,
        Workload::Kafka => log_messages,
        Workload::TxnRwRegister | Workload::TxnListAppend => writes,
        _ => return,
    };
    if body["type"] == "gossip1" {
        // All else in it is about versions. One without runs only acknowledges.
        let runs = body.get("runs").and_then(Value::as_array);
        let deltas = runs.into_iter().flatten().filter_map(|run| run.get(4));
        return deltas.for_each(|delta| search(delta, None, visit));
    }
    let Value::Object(entries) = &body else { return };
    if let Some(atom) = atom(&body["key"], &body["msg"]) {
        visit(atom);
    }
    for (key, value) in entries.iter().filter(|(key, _)| !ENVELOPE.contains(&key.as_str())) {
        search(value, key.parse().ok(), visit);
    }
}

/// Every number there is.
fn elements(value: &Value, _key: Option<i64>, visit: &mut dyn FnMut(Atom)) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| elements(value, None, visit)),
        Value::Object(entries) => entries.values().for_each(|value| elements(value, None, visit)),
        value => {
            if let Some(value) = value.as_i64() {
                visit(Atom { key: None, value });
            }
        }
    }
}

/// The last number of each innermost list, under the key that is nearest above it or leads it: `"k": [[offset, message]]`,
/// `["k", offset, message]`.
fn log_messages(value: &Value, key: Option<i64>, visit: &mut dyn FnMut(Atom)) {
    match value {
        Value::Object(entries) => {
            if let Some(atom) =
                entries.get("key").zip(entries.get("msg")).and_then(|(key, message)| atom(key, message))
            {
                visit(atom);
            }
            for (name, value) in entries {
                log_messages(value, name.parse().ok().or(key), visit);
            }
        }
        Value::Array(values) => {
            let leading = values.first().and_then(Value::as_str).and_then(|text| text.parse().ok());
            let key = leading.or(key);
            values.iter().filter(|value| value.is_array() || value.is_object()).for_each(|value| {
                log_messages(value, key, visit);
            });
            if let Some((key, value)) = key.zip(values.last().and_then(Value::as_i64)) {
                visit(Atom { key: Some(key), value });
            }
        }
        _ => {}
    }
}

/// Neighbours in a list are taken for key and value: `["w", k, v]`, `[stamp, k, v, k, v]`; `["r", k, [v, v]]` too.
fn writes(value: &Value, key: Option<i64>, visit: &mut dyn FnMut(Atom)) {
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(name, value)| writes(value, name.parse().ok(), visit));
        }
        Value::Array(values) => {
            for pair in values.windows(2) {
                match (&pair[0], &pair[1]) {
                    (key, Value::Array(inner)) if key.is_i64() => {
                        inner.iter().filter_map(|value| atom(key, value)).for_each(&mut *visit);
                    }
                    (key, value) => atom(key, value).into_iter().for_each(&mut *visit),
                }
            }
            values.iter().for_each(|value| writes(value, None, visit));
        }
        value => {
            if let Some((key, value)) = key.zip(value.as_i64()) {
                visit(Atom { key: Some(key), value });
            }
        }
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
