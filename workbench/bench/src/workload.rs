//! What a workload is (Maelstrom behaviour §5.2, §5.4–5.6, §9): which operations are drawn, which requests they become,
//! what the answers mean, and how failures are told.
//!
//! A workload knows neither network nor clock. Each is data ([`Rules`], [`Schema`]) and a few small functions; whatever
//! all of them share is in [`crate::run`].

mod broadcast;
mod counter;
mod echo;
mod g_set;
mod idle;
mod kafka;
mod key_pool;
mod lin_kv;
mod txn;
mod unique_ids;

pub(crate) use idle::Idle;

use crate::generator::{Choice, Drawn};
use crate::options::{self, Options};
use edn::{Value, json};
use judge::history::Op;
use serde::Serialize;
use std::time::Duration;

/// What clients do.
pub trait Workload {
    /// What does not change during the run.
    fn rules(&self) -> Rules;

    /// What each node is asked before the main phase, once.
    fn setup(&self) -> Option<Call> {
        None
    }

    /// The next operation of the main phase.
    fn draw(&mut self, choice: &mut Choice<'_>) -> Drawn;

    /// The next operation of the final phase.
    fn draw_last(&mut self, _: &mut Choice<'_>) -> Drawn {
        Drawn::Done
    }

    /// The first step of an operation that a client begins.
    fn begin(&mut self, client: u64, op: &Op) -> Step;

    /// The next step, after a reply to the last one. The reply fits the schema of its call.
    fn answer(&mut self, client: u64, op: &Op, reply: Reply) -> Result<Step, Malformed>;

    /// Is told of every invocation and completion of a client.
    fn observe(&mut self, _: &Op) {}
}

/// What does not change during a run.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// A thread keeps its client after an operation whose outcome is unknown (§5.2).
    pub keeps_clients: bool,
    /// How long a request may take (§5.4).
    pub timeout: Duration,
    /// What failures come to (§5.5).
    pub failures: Failures,
    /// Whether there is a final phase, after a pause to recover.
    pub has_final_phase: bool,
}

/// What failures of a request come to: a row of the table in §5.5. A malformed reply always leaves the outcome unknown.
#[derive(Clone, Copy, Debug)]
pub enum Failures {
    /// A definite error is a failure. Timeouts and indefinite errors leave the outcome unknown, but for operations with
    /// these names, which change nothing: they have failed.
    Told {
        /// Operations that are harmless to fail.
        harmless: &'static [&'static str],
    },
    /// Whatever goes wrong leaves the outcome unknown, definite errors included.
    Untold,
}

/// The time that a request may take, but for workloads with a rule of their own.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// A step of an operation.
#[derive(Debug)]
pub enum Step {
    /// A request to the thread's node.
    Call(Call),
    /// It is done, with this value.
    Ok(Value),
    /// It is over and nobody knows how; the process that did it is gone.
    Crash,
}

/// A request and the form that its reply must have.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is asked.
    pub request: Request,
    /// What must come back.
    pub schema: Schema,
}

/// The body of a request, but for its `msg_id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request(String);

/// The form of a reply (§5.6).
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    kind: &'static str,
    fields: &'static [(&'static str, Shape)],
    is_open: bool,
}

/// What a field of a reply must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Anything.
    Any,
    /// An integer.
    Integer,
    /// A list, or `null` for an empty one.
    List,
    /// An object.
    Object,
}

/// A reply that fits its schema.
#[derive(Clone, Debug)]
pub struct Reply(Value);

/// Why a reply is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It does not have the form of a reply.
    Shape(String),
    /// It has, but answers something else than what was asked.
    Other(String),
}

/// The workload that these options ask for; the reason if it cannot be run with them.
pub fn new(options: &Options) -> Result<Box<dyn Workload>, String> {
    use options::Workload::*;
    Ok(match options.workload {
        Broadcast => Box::new(broadcast::Broadcast::new(&options.nodes, options.topology)),
        Echo => Box::new(echo::Echo),
        GCounter => Box::new(counter::Counter::new(false)),
        GSet => Box::new(g_set::GSet::default()),
        Kafka => Box::new(kafka::Kafka::new(options)),
        LinKv => Box::new(lin_kv::LinKv::new(options.nodes.len(), options.concurrency, options.latency)?),
        PnCounter => Box::new(counter::Counter::new(true)),
        TxnListAppend => Box::new(txn::Txn::new(options, "append")),
        TxnRwRegister => Box::new(txn::Txn::new(options, "w")),
        UniqueIds => Box::new(unique_ids::UniqueIds),
    })
}

impl Request {
    /// A request of this type.
    pub fn new(kind: &str) -> Request {
        Request(format!("{{\"type\":\"{kind}\""))
    }

    /// The same with a field more.
    pub fn with(mut self, key: &str, value: &impl Serialize) -> Request {
        let value = serde_json::to_string(value).expect("what is asked can be expressed in JSON");
        self.0.extend([",\"", key, "\":", &value]);
        self
    }

    /// The whole body.
    pub fn into_body(mut self, msg_id: u64) -> String {
        self.0.extend([",\"msg_id\":", &msg_id.to_string(), "}"]);
        self.0
    }
}

impl Schema {
    /// Replies of this type with these fields and no others, but for `in_reply_to` and `msg_id`.
    pub const fn closed(kind: &'static str, fields: &'static [(&'static str, Shape)]) -> Schema {
        Schema { kind, fields, is_open: false }
    }

    /// Replies of this type with any fields.
    pub const fn open(kind: &'static str) -> Schema {
        Schema { kind, fields: &[], is_open: true }
    }

    /// The type of such replies.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Accepts a body that fits.
    pub fn accept(&self, body: Value) -> Result<Reply, Malformed> {
        match self.objection(&body) {
            None => Ok(Reply(body)),
            Some(why) => Err(Malformed::Shape(format!("{why}: {}", quote(&body)))),
        }
    }

    fn objection(&self, body: &Value) -> Option<String> {
        if body.get("type").and_then(Value::as_text) != Some(self.kind) {
            return Some(format!("the reply is not of type {:?}", self.kind));
        }
        for (key, shape) in self.fields {
            let Some(field) = body.get(key) else { return Some(format!("the reply has no {key:?}")) };
            if !shape.fits(field) {
                return Some(format!("{key:?} of the reply is not {}", shape.describe()));
            }
        }
        let Value::Map(entries) = body else { return None };
        let unknown = entries.iter().find(|(key, value)| !self.has_place_for(key, value))?;
        let (key, value) = (json::compact(&unknown.0), json::compact(&unknown.1));
        Some(format!("the reply has {key} with the value {value}, for which there is no place"))
    }

    fn has_place_for(&self, key: &Value, value: &Value) -> bool {
        match key.as_text().unwrap_or_default() {
            "type" | "in_reply_to" => true,
            _ if self.is_open => true,
            "msg_id" => Shape::Integer.fits(value),
            key => self.fields.iter().any(|(known, _)| *known == key),
        }
    }
}

/// A body as explanations quote it: not at any length.
fn quote(body: &Value) -> String {
    const LONGEST: usize = 300;
    let text = json::compact(body);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}

impl Shape {
    /// Whether the value is of this shape.
    pub fn fits(self, value: &Value) -> bool {
        match self {
            Shape::Any => true,
            Shape::Integer => matches!(value, Value::Integer(_) | Value::BigInteger(_)),
            Shape::List => matches!(value, Value::Vector(_) | Value::Nil),
            Shape::Object => matches!(value, Value::Map(_)),
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Shape::Any => "anything",
            Shape::Integer => "an integer",
            Shape::List => "a list",
            Shape::Object => "an object",
        }
    }
}

impl Reply {
    /// The whole body.
    pub fn into_body(self) -> Value {
        self.0
    }

    /// The reply's type.
    pub fn kind(&self) -> &str {
        self.0.get("type").and_then(Value::as_text).unwrap_or_default()
    }

    /// Takes a field out.
    pub fn take(self, key: &str) -> Value {
        let Value::Map(entries) = self.0 else { return Value::Nil };
        let field = entries.into_iter().find(|(name, _)| name.as_text() == Some(key));
        field.map(|(_, value)| value).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
