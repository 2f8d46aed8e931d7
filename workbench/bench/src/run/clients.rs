//! Clients: their ids, their requests, and the answers that match (Maelstrom behaviour §5.1, §5.3–5.5).
//!
//! A client asks one thing at a time and, until the answer is there, reads whatever arrives; what does not answer its
//! question it ignores. In between it does not read at all.

use super::record::Slip;
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
    /// Requests whose time was up before an answer came.
    given_up: BTreeSet<u64>,
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
    /// An answer came, to something else than what was asked.
    Other(String),
}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Failure {
        match malformed {
            Malformed::Shape(why) => Failure::Malformed(why),
            Malformed::Other(why) => Failure::Other(why),
        }
    }
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

/// What a client makes of a message.
pub(super) enum Heard {
    /// It answers the question.
    Answer(Outcome),
    /// It does not, and is passed over: in which way, and what was written and waited for.
    Nothing(Slip, String),
}

/// What came of a question.
pub(super) type Outcome = (u64, Purpose, Result<Reply, Failure>);

impl Clients {
    /// Opens a client.
    pub(super) fn open(&mut self, now: Time, network: &mut Network) -> u64 {
        let number = self.clients.len() as u64;
        let participant = network.register(&format!("c{number}"), Role::Client(number));
        network.set_receiving(now, participant, false);
        self.clients.push(Client { participant, next_msg_id: 1, question: None, given_up: BTreeSet::new() });
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

    /// A client reads a message. It reads only while it has a question.
    pub(super) fn on_message(
        &mut self,
        now: Time,
        network: &mut Network,
        number: u64,
        text: &str,
    ) -> Option<Heard> {
        let client = &self.clients[number as usize];
        let question = client.question.as_ref()?;
        // A body that cannot be read, because it is nested too deeply, has no `in_reply_to` that could match.
        let body = match json::parse(text) {
            Ok(body) => body,
            Err(why) => return Some(Heard::Nothing(Slip::Unreadable, why.to_string())),
        };
        if let Some(slip) = client.slip(body.get("in_reply_to"), question.msg_id) {
            return Some(Heard::Nothing(slip, question.versus(text)));
        }
        let question = self.take_question(number).expect("it was there a moment ago");
        network.set_receiving(now, self.clients[number as usize].participant, false);
        let answer = match error(&body) {
            Some(refused) => Err(Failure::Refused(refused)),
            None => question.schema.accept(body).map_err(Failure::from),
        };
        Some(Heard::Answer((number, question.purpose, answer)))
    }

    /// A question whose time is up.
    pub(super) fn expire(&mut self, now: Time, network: &mut Network) -> Option<Outcome> {
        let (_, number) = *self.expiries.first().filter(|(expires, _)| *expires <= now)?;
        let question = self.take_question(number).expect("what expires is open");
        self.clients[number as usize].given_up.insert(question.msg_id);
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

impl Client {
    /// Why a message with this `in_reply_to` does not answer the question with this number.
    fn slip(&self, in_reply_to: Option<&Value>, asked: u64) -> Option<Slip> {
        match in_reply_to {
            None | Some(Value::Nil) => Some(Slip::NoReplyTo),
            Some(Value::Integer(number)) => match u64::try_from(*number) {
                Ok(number) if number == asked => None,
                Ok(number) if self.given_up.contains(&number) => Some(Slip::Late),
                Ok(number) if (1..asked).contains(&number) => Some(Slip::Repeated),
                _ => Some(Slip::UnknownReplyTo),
            },
            Some(Value::BigInteger(_)) => Some(Slip::UnknownReplyTo),
            Some(_) => Some(Slip::OddReplyTo),
        }
    }
}

impl Question {
    /// A body that does not answer the question, beside what was waited for.
    fn versus(&self, body: &str) -> String {
        let (kind, msg_id) = (self.schema.kind(), self.msg_id);
        format!("{}, where {kind} with \"in_reply_to\":{msg_id} was waited for", quoted(body))
    }
}

/// As much of what a node wrote as people read.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 160;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
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
