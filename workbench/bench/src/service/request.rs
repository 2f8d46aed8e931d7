//! Requests to a key-value store and answers to them (Maelstrom behaviour §7.1), and what a request does to one key.

use edn::Value;
use protocol::Code;

/// What is asked of a key-value store.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    pub(super) key: Value,
    pub(super) operation: Operation,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operation {
    Read,
    Write(Value),
    CompareAndSet { from: Value, to: Value, creates: bool },
}

/// What a service answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    Read(Value),
    Written,
    Swapped,
    NoSuchKey,
    Mismatch { current: Value, from: Value },
    Timestamp(i64),
}

impl Request {
    /// The request in a body; none if its type is unknown. A missing field is `null`.
    pub(super) fn read(body: &Value) -> Option<Request> {
        let field = |key| body.get(key).cloned().unwrap_or_default();
        let operation = match body.get("type")?.as_text()? {
            "read" => Operation::Read,
            "write" => Operation::Write(field("value")),
            "cas" => {
                let creates = !matches!(field("create_if_not_exists"), Value::Nil | Value::Bool(false));
                Operation::CompareAndSet { from: field("from"), to: field("to"), creates }
            }
            _ => return None,
        };
        Some(Request { key: field("key"), operation })
    }

    /// The answer when `current` is what is stored under the key, and what is to be stored there now, if anything is.
    pub(super) fn apply(&self, current: Option<&Value>) -> (Answer, Option<Value>) {
        match (&self.operation, current) {
            (Operation::Read, None) => (Answer::NoSuchKey, None),
            (Operation::Read, Some(current)) => (Answer::Read(current.clone()), None),
            (Operation::Write(value), _) => (Answer::Written, Some(value.clone())),
            (Operation::CompareAndSet { to, creates: true, .. }, None) => (Answer::Swapped, Some(to.clone())),
            (Operation::CompareAndSet { .. }, None) => (Answer::NoSuchKey, None),
            (Operation::CompareAndSet { from, to, .. }, Some(current)) if current == from => {
                (Answer::Swapped, Some(to.clone()))
            }
            (Operation::CompareAndSet { from, .. }, Some(current)) => {
                (Answer::Mismatch { current: current.clone(), from: from.clone() }, None)
            }
        }
    }
}

impl Answer {
    /// The body, as JSON.
    pub(super) fn to_body(&self, in_reply_to: &Value) -> String {
        let fields = match self {
            Answer::Read(value) => format!("\"read_ok\",\"value\":{}", to_json(value)),
            Answer::Written => "\"write_ok\"".into(),
            Answer::Swapped => "\"cas_ok\"".into(),
            Answer::NoSuchKey => error(Code::KeyDoesNotExist, "key does not exist"),
            Answer::Mismatch { current, from } => {
                error(Code::PreconditionFailed, &format!("current value {current} is not {from}"))
            }
            Answer::Timestamp(timestamp) => format!("\"ts_ok\",\"ts\":{timestamp}"),
        };
        format!("{{\"type\":{fields},\"in_reply_to\":{}}}", to_json(in_reply_to))
    }
}

fn error(code: Code, text: &str) -> String {
    format!("\"error\",\"code\":{},\"text\":{}", code.number(), to_json(&text.into()))
}

fn to_json(value: &Value) -> String {
    serde_json::to_string(value).expect("values have no parts that cannot be JSON")
}
