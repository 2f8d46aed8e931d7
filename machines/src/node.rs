//! The wrapper around every machine: lines in, lines out, and the parts of the protocol that all nodes share.
//!
//! * **Handshake.** Before `init` every request is refused as `temporarily-unavailable` (11). `init` makes the machine
//!   and is answered with `init_ok`. The same `init` again is answered again; a different one is refused (22): a node
//!   does not change its name.
//! * **Memory.** A node with a journal does not answer `init` before it has been told what is in there: `init` has told
//!   it whose journal that is ([`Node::awaits_journal`]), then comes each record, and with the last one ([`Node::on_recovered`])
//!   the answer.
//! * **Dispatch.** A message that answers something (`in_reply_to`, or an `error`) goes to the call that asked, or
//!   vanishes. Others go to the machine if its vocabularies know the type: clients' requests from anyone, what nodes
//!   say only from nodes. An unknown type is refused with 10, a known one of the wrong form, or nested deeper than other
//!   programs can read, with 12.
//! * **Errors** are never sent about an answer or an error, so two nodes cannot keep each other busy with them. A
//!   request without `msg_id` is carried out and answered without `in_reply_to`.
//!
//! Source: Maelstrom `doc/protocol.md`.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::fmt;

use protocol::{
    Body, Broken, Code, Decode, ErrorBody, MAX_DEPTH, MAX_REQUEST_DEPTH, Message, MessageId, Text, Unfit,
    init,
};

use crate::calls::{CallError, Calls};
use crate::journal::{BadRecord, Extent, Journal, Records, Refused, Start};
use crate::machine::{Context, Input, Machine, Ticket};
use crate::{Cluster, Outputs, Time};

/// A node: a machine behind the wire protocol.
#[derive(Clone, Debug)]
pub struct Node<M: Machine> {
    config: M::Config,
    seed: u64,
    /// Whether there is a journal, and how long it may become in any case.
    slack: Option<usize>,
    opening: Option<Box<Opening<M>>>,
    running: Option<Running<M>>,
}

/// A line was not a message. Where its sender could be made out, an error has been sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAMessage(String);

#[derive(Clone, Debug)]
struct Running<M: Machine> {
    cluster: Cluster,
    machine: M,
    calls: Calls<M::Call>,
    journal: Option<Journal>,
}

/// A node that waits for its journal.
#[derive(Clone, Debug)]
struct Opening<M: Machine> {
    /// Who sent `init`, and its number.
    asker: (Box<str>, Option<MessageId>),
    cluster: Cluster,
    journal: Journal,
    /// Once the first record has said whose journal it is.
    machine: Option<M>,
}

impl<M: Machine> Node<M> {
    /// A node that waits for `init`. The seed must differ from start to start: it is what tells a node that was
    /// restarted from the one that it replaces.
    pub fn new(config: M::Config, seed: u64) -> Self {
        Node { config, seed, slack: None, opening: None, running: None }
    }

    /// A node that remembers: its owner keeps a journal for it, as [`Records`] tells. At least `slack` bytes are added
    /// to the journal before it is written anew.
    pub fn with_journal(config: M::Config, seed: u64, slack: usize) -> Self {
        let slack = M::JOURNAL.map(|_| slack);
        Node { slack, ..Node::new(config, seed) }
    }

    /// Whose journal the node waits for, from `init` on. Its owner gives it all that is in there, one record after another
    /// ([`Node::on_record`]), be it none, and then lets it begin ([`Node::on_recovered`]).
    pub fn awaits_journal(&self) -> Option<&str> {
        self.opening.as_ref().map(|opening| opening.cluster.name(opening.cluster.me()))
    }

    /// Takes the next record of the journal that it waits for. After a refusal the node is of no use.
    pub fn on_record(&mut self, now: Time, record: &[u8]) -> Result<(), Refused> {
        let Some(opening) = &mut self.opening else { return Ok(()) };
        let Opening { cluster, journal, machine, .. } = &mut **opening;
        let number = journal.read(record);
        match machine {
            Some(machine) => machine.recover(record).map_err(|BadRecord| Refused::Record(number)),
            None => {
                journal.read_header(cluster, record)?;
                let start = Start { origin: journal.origin, life: self.seed };
                *machine = Some(M::new(&self.config, cluster, start, now));
                Ok(())
            }
        }
    }

    /// That was all of the journal: the node answers `init` and begins.
    pub fn on_recovered(&mut self, now: Time, outputs: &mut Outputs) {
        let Some(opening) = self.opening.take() else { return };
        let Opening { asker: (asker, msg_id), cluster, journal, machine } = *opening;
        let machine =
            machine.unwrap_or_else(|| M::new(&self.config, &cluster, Start::afresh(self.seed), now));
        outputs.push((cluster.name(cluster.me()), &asker), (None, msg_id), &init::Reply::InitOk {});
        let calls = Calls::new(self.seed);
        self.running = Some(Running { cluster, machine, calls, journal: Some(journal) });
    }

    /// Adds what the node must not forget of all that it was given since it was last asked. Without a journal there is nothing.
    pub fn record(&mut self, records: &mut Records) {
        let Some(Running { cluster, machine, journal: Some(journal), .. }) = &mut self.running else {
            return;
        };
        if journal.is_outgrown(machine.stored_bytes()) {
            journal.begin_checkpoint(cluster, records);
            machine.record(Extent::All, records);
            journal.replace(records.length());
        } else {
            let before = records.length();
            machine.record(Extent::News, records);
            journal.append(records.length() - before);
        }
    }

    /// Takes one line of input, with or without its newline, and appends what the node says to it.
    pub fn on_line(&mut self, now: Time, line: &[u8], outputs: &mut Outputs) -> Result<(), NotAMessage> {
        match Message::decode(line) {
            Ok(message) if is_answer(&message.body) => self.on_answer(now, message, outputs),
            Ok(message) => self.on_request(now, &message, outputs),
            Err(broken) => {
                let text = broken.to_string();
                refuse_broken(broken, &text, outputs);
                return Err(NotAMessage(text));
            }
        }
        Ok(())
    }

    /// Lets everything happen whose time has come. Harmless if nothing is due.
    pub fn on_wake(&mut self, now: Time, outputs: &mut Outputs) {
        let Some(running) = &mut self.running else { return };
        while let Some(call) = running.calls.expire(now) {
            running.step(now, Input::Answer(call, Err(CallError::Expired)), outputs);
        }
        if running.machine.deadline().is_some_and(|deadline| deadline <= now) {
            running.step(now, Input::Tick, outputs);
        }
    }

    /// When [`Node::on_wake`] has something to do; never, if this is `None` and no line comes.
    pub fn deadline(&self) -> Option<Time> {
        let running = self.running.as_ref()?;
        running.machine.deadline().into_iter().chain(running.calls.deadline()).min()
    }

    /// The machine, once there has been an `init`: for tests that look inside.
    pub fn machine(&self) -> Option<&M> {
        self.running.as_ref().map(|running| &running.machine)
    }

    /// What the machine says of itself ([`Machine::tell`]).
    pub fn tell(&self, words: &mut dyn fmt::Write) -> fmt::Result {
        match &self.running {
            Some(running) => running.machine.tell(&running.cluster, words),
            None => words.write_str("waits for init"),
        }
    }

    fn on_answer(&mut self, now: Time, message: Message<'_>, outputs: &mut Outputs) {
        let Message { src, body, .. } = message;
        let Some(running) = &mut self.running else { return };
        let call = body.in_reply_to.and_then(|id| running.calls.answer(&src, id));
        let Some(call) = call else { return };
        let answer = match ErrorBody::decode(&body) {
            Ok(ErrorBody::Error { code, .. }) => Err(CallError::Refused(code)),
            Err(Unfit::UnknownType) => Ok(body),
            Err(_) => Err(CallError::Refused(Code::Crash.number() as i64)),
        };
        running.step(now, Input::Answer(call, answer), outputs);
    }

    fn on_request(&mut self, now: Time, message: &Message<'_>, outputs: &mut Outputs) {
        let outcome = match (&mut self.running, message.body.kind()) {
            (_, "init") => self.on_init(now, message, outputs),
            (None, _) => Err((Code::TemporarilyUnavailable, "there has been no init yet".to_string())),
            (Some(running), _) => running.on_request(now, message, outputs),
        };
        if let Err((code, text)) = outcome {
            let error = ErrorBody::Error { code: code.number() as i64, text: Some(Text::from(&*text)) };
            outputs.push((&message.dest, &message.src), (None, message.body.msg_id), &error);
        }
    }

    fn on_init(&mut self, now: Time, message: &Message<'_>, outputs: &mut Outputs) -> Result<(), Refusal> {
        let init = init::Request::decode(&message.body).map_err(|unfit| refusal(&message.body, unfit))?;
        let cluster = Cluster::new(&init).map_err(|reason| (Code::MalformedRequest, reason.to_string()))?;
        match &self.running {
            Some(running) if running.cluster != cluster => {
                let text = "there has been a different init already";
                return Err((Code::PreconditionFailed, text.to_string()));
            }
            Some(_) => {}
            None => {
                if self.opening.is_some() {
                    return Err((
                        Code::TemporarilyUnavailable,
                        "this node is reading its journal".to_string(),
                    ));
                }
                if let (Some(slack), Some(machine)) = (self.slack, M::JOURNAL) {
                    let asker = (Box::from(&*message.src), message.body.msg_id);
                    let journal = Journal::new(machine, self.seed, slack);
                    self.opening = Some(Box::new(Opening { asker, cluster, journal, machine: None }));
                    return Ok(());
                }
                let machine = M::new(&self.config, &cluster, Start::afresh(self.seed), now);
                let calls = Calls::new(self.seed);
                self.running = Some(Running { cluster, machine, calls, journal: None });
            }
        }
        let init::Request::Init { node_id, .. } = &init;
        outputs.push((node_id, &message.src), (None, message.body.msg_id), &init::Reply::InitOk {});
        Ok(())
    }
}

impl<M: Machine> Running<M> {
    fn on_request(&mut self, now: Time, message: &Message<'_>, outputs: &mut Outputs) -> Result<(), Refusal> {
        let Message { src, body, .. } = message;
        let input = match M::Request::decode(body) {
            Ok(request) => {
                body.within(MAX_REQUEST_DEPTH).map_err(|unfit| refusal(body, unfit))?;
                Input::Request(Ticket::new(src, body.msg_id, now), request)
            }
            Err(Unfit::UnknownType) => {
                let said = M::Peer::decode(body).and_then(|said| body.within(MAX_DEPTH).map(|()| said));
                let said = said.map_err(|unfit| refusal(body, unfit))?;
                let stranger = || (Code::MalformedRequest, "only nodes of the cluster say this".to_string());
                Input::Peer(self.cluster.peer(src).ok_or_else(stranger)?, said)
            }
            Err(unfit) => return Err(refusal(body, unfit)),
        };
        self.step(now, input, outputs);
        Ok(())
    }

    fn step(&mut self, now: Time, input: Input<'_, M>, outputs: &mut Outputs) {
        let mut context = Context { now, cluster: &self.cluster, outputs, calls: &mut self.calls };
        self.machine.step(&mut context, input);
    }
}

/// Code and text of the error that goes back.
type Refusal = (Code, String);

fn refusal(body: &Body<'_>, unfit: Unfit) -> Refusal {
    match unfit {
        Unfit::UnknownType => (Code::NotSupported, alloc::format!("unknown type `{}`", clip(body.kind()))),
        Unfit::BadField(field) => {
            let text = alloc::format!("`{field}` of `{}` is missing or malformed", body.kind());
            (Code::MalformedRequest, text)
        }
        Unfit::TooDeep { depth, limit } => {
            let text = alloc::format!(
                "a field of `{}` is nested {depth} levels deep; the limit is {limit}",
                body.kind()
            );
            (Code::MalformedRequest, text)
        }
    }
}

fn refuse_broken(broken: Broken<'_>, text: &str, outputs: &mut Outputs) {
    if let (Some(src), Some(dest), false) = (broken.src, broken.dest, broken.is_answer) {
        let error =
            ErrorBody::Error { code: Code::MalformedRequest.number() as i64, text: Some(Text::from(text)) };
        outputs.push((&dest, &src), (None, broken.msg_id), &error);
    }
}

/// An error need not carry back all of a megabyte that somebody called a type.
fn clip(text: &str) -> &str {
    let end = text.char_indices().map(|(at, _)| at).find(|&at| at >= 64).unwrap_or(text.len());
    &text[..end]
}

fn is_answer(body: &Body<'_>) -> bool {
    body.in_reply_to.is_some() || body.kind() == "error"
}

impl fmt::Display for NotAMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for NotAMessage {}
