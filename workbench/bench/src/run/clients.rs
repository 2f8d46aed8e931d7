//! Clients: their ids, their requests, and the answers that match (Maelstrom behaviour §5.1, §5.3–5.5).
//!
//! A client asks one thing at a time and, until the answer is there, reads whatever arrives; what does not answer its
//! question it ignores. In between it does not read at all.

use crate::network::{Network, Participant, Role};
use crate::workload::{Call, Malformed, Reply, Schema};
use edn::{Value, json};
use machines::Time;
use protocol::Code;
use std::collections::BTreeSet;
use std::time::Duration;

/// All clients that there ever were, by number: `c0`, `c1`, …
#[derive(Debug, Default)]
pub(super) struct Clients {
    clients: Vec<Client>,
    expiries: BTreeSet<(Time, u64)>,
}

#[derive(Debug)]
struct Client {
    participant: Participant,
    next_msg_id: u64,
    question: Option<Question>,
}

#[derive(Debug)]
struct Question {
    msg_id: u64,
    schema: Schema,
    expires: Time,
    purpose: Purpose,
}

/// Why a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To have a node take its name.
    Init { node: usize },
    /// To prepare a node for the workload.
    Setup { node: usize },
    /// For an operation of this thread.
    Operation { thread: usize },
}

/// Why there is no answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It did not come in time.
    Timeout,
    /// An error came.
    Refused(Refused),
    /// Something came that is no answer.
    Malformed(String),
}

/// An error that a node sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// Known codes have a name; all others are called unknown.
    pub(super) name: &'static str,
    /// Whether what was asked for certainly did not happen.
    pub(super) is_definite: bool,
    /// What the node said about it, if anything.
    pub(super) text: Value,
}

/// What came of a question.
pub(super) type Outcome = (u64, Purpose, Result<Reply, Failure>);

impl Clients {
    /// Opens a client.
    pub(super) fn open(&mut self, now: Time, network: &mut Network) -> u64 {
        let number = self.clients.len() as u64;
        let participant = network.register(&format!("c{number}"), Role::Client(number));
        network.set_receiving(now, participant, false);
        self.clients.push(Client { participant, next_msg_id: 1, question: None });
        number
    }

    /// Closes a client for good.
    pub(super) fn close(&mut self, number: u64, network: &mut Network) {
        self.take_question(number);
        network.close(self.clients[number as usize].participant);
    }

    /// Asks a node.
    pub(super) fn ask(
        &mut self,
        now: Time,
        network: &mut Network,
        (number, node): (u64, Participant),
        (call, timeout): (Call, Duration),
        purpose: Purpose,
    ) {
        let client = &mut self.clients[number as usize];
        let msg_id = client.next_msg_id;
        client.next_msg_id += 1;
        let expires = now + timeout;
        client.question = Some(Question { msg_id, schema: call.schema, expires, purpose });
        self.expiries.insert((expires, number));
        network.send(now, client.participant, node, call.request.into_body(msg_id));
        network.set_receiving(now, client.participant, true);
    }

    /// A client reads a message: what came of its question, if that is an answer.
    pub(super) fn on_message(
        &mut self,
        now: Time,
        network: &mut Network,
        number: u64,
        body: &str,
    ) -> Option<Outcome> {
        let asked = self.clients[number as usize].question.as_ref()?.msg_id;
        // A body that cannot be read, because it is nested too deeply, has no `in_reply_to` that could match.
        let body = json::parse(body).ok()?;
        let answered = body.get("in_reply_to")?.as_integer()?;
        if u64::try_from(answered) != Ok(asked) {
            return None;
        }
        let question = self.take_question(number).expect("it was there a moment ago");
        network.set_receiving(now, self.clients[number as usize].participant, false);
        let answer = match error(&body) {
            Some(refused) => Err(Failure::Refused(refused)),
            None => question.schema.accept(body).map_err(|Malformed(why)| Failure::Malformed(why)),
        };
        Some((number, question.purpose, answer))
    }

    /// A question whose time is up.
    pub(super) fn expire(&mut self, now: Time, network: &mut Network) -> Option<Outcome> {
        let (_, number) = *self.expiries.first().filter(|(expires, _)| *expires <= now)?;
        let question = self.take_question(number).expect("what expires is open");
        network.set_receiving(now, self.clients[number as usize].participant, false);
        Some((number, question.purpose, Err(Failure::Timeout)))
    }

    /// When the next question's time is up.
    pub(super) fn deadline(&self) -> Option<Time> {
        self.expiries.first().map(|(expires, _)| *expires)
    }

    fn take_question(&mut self, number: u64) -> Option<Question> {
        let question = self.clients[number as usize].question.take()?;
        self.expiries.remove(&(question.expires, number));
        Some(question)
    }
}

/// The error in a body, if it is one. It may carry anything besides.
fn error(body: &Value) -> Option<Refused> {
    if body.get("type")?.as_text() != Some("error") {
        return None;
    }
    let code = body.get("code").and_then(Value::as_integer).and_then(Code::from_number);
    let (name, is_definite) = code.map_or(("unknown", false), |code| (code.name(), code.is_definite()));
    let text = body.get("text").cloned().unwrap_or_default();
    Some(Refused { name, is_definite, text })
}
