//! The life of an operation, from its invocation to its completion (Maelstrom behaviour §5).

use super::clients::{Failure, Purpose};
use super::{Level, Run, Slip};
use crate::generator::Draft;
use crate::nemesis;
use crate::workload::{Failures, Reply, Step};
use edn::Value;
use judge::history::{Kind, OTHER_THAN_ASKED, Op, Process};
use machines::Time;

/// A client thread's place: its client, and what it is doing.
#[derive(Debug, Default)]
pub(super) struct Seat {
    client: Option<u64>,
    /// The client's last operation crashed, so it is replaced before the next one, unless the workload keeps clients.
    has_crashed: bool,
    /// The thread's last invocation, by its position in the history.
    invocation: usize,
}

/// How many operations began and how they ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) invoked: u64,
    pub(super) ok: u64,
    pub(super) failed: u64,
    pub(super) unknown: u64,
}

/// How an operation ended.
struct Ending {
    kind: Kind,
    /// What it came to; what it was asked to do, if nothing is known.
    value: Option<Value>,
    error: Option<Value>,
    exception: Option<&'static str>,
}

/// The class of what Maelstrom's clients throw when a reply makes no sense to them.
const EXCEPTION: &str = "clojure.lang.ExceptionInfo";

impl Run {
    /// A client thread begins an operation.
    pub(super) fn begin(&mut self, thread: usize, draft: Draft) {
        self.threads.begin(thread);
        let client = self.seat_client(thread);
        let process = Process::Client(self.threads.process(thread));
        let Draft { f, value, is_final, extra } = draft;
        self.seats[thread].invocation = self.history.ops.len();
        self.push(thread, Op { is_final, extra, ..op(Kind::Invoke, process, f, value) });
        let step = self.workload.begin(client, &self.history.ops[self.seats[thread].invocation]);
        self.take_step(thread, client, step);
    }

    /// The answer to an operation's request is here, or will not come.
    pub(super) fn on_answer(&mut self, thread: usize, client: u64, answer: Result<Reply, Failure>) {
        let invocation = &self.history.ops[self.seats[thread].invocation];
        let step =
            answer.and_then(|reply| self.workload.answer(client, invocation, reply).map_err(Failure::from));
        match step {
            Ok(step) => self.take_step(thread, client, step),
            Err(failure) => {
                let ending = ending(self.workload.rules().failures, invocation.f, &failure);
                if let Failure::Malformed(why) | Failure::Other(why) = failure {
                    self.note(thread % self.nodes.len(), Slip::Malformed, || why);
                }
                self.end(thread, ending);
            }
        }
    }

    fn take_step(&mut self, thread: usize, client: u64, step: Step) {
        let ended = |kind, value| Ending { kind, value, error: None, exception: None };
        match step {
            Step::Ok(value) => self.end(thread, ended(Kind::Ok, Some(value))),
            Step::Crash => self.end(thread, ended(Kind::Info, None)),
            Step::Call(call) => {
                let timeout = self.workload.rules().timeout;
                let to = (client, self.nodes[thread % self.nodes.len()]);
                let purpose = Purpose::Operation { thread };
                self.clients.ask(self.now, &mut self.network, to, (call, timeout), purpose);
            }
        }
    }

    fn end(&mut self, thread: usize, ending: Ending) {
        let invocation = &self.history.ops[self.seats[thread].invocation];
        let value = ending.value.unwrap_or_else(|| invocation.value.clone());
        let completion = Op {
            is_final: invocation.is_final,
            extra: invocation.extra.clone(),
            error: ending.error,
            exception: ending.exception,
            ..op(ending.kind, invocation.process, invocation.f, value)
        };
        self.push(thread, completion);
        self.threads.end(thread, ending.kind == Kind::Info);
        self.seats[thread].has_crashed |= ending.kind == Kind::Info;
        self.is_stuck = false;
    }

    /// The thread's client; a new one, if it has none or its old one must go.
    fn seat_client(&mut self, thread: usize) -> u64 {
        let seat = &mut self.seats[thread];
        let must_go = std::mem::take(&mut seat.has_crashed) && !self.workload.rules().keeps_clients;
        if let Some(client) = seat.client {
            if !must_go {
                return client;
            }
            self.clients.close(client, &mut self.network);
        }
        let client = self.clients.open(self.now, &mut self.network);
        self.seats[thread].client = Some(client);
        client
    }

    fn push(&mut self, thread: usize, op: Op) {
        match op.kind {
            Kind::Invoke => self.counts.invoked += 1,
            Kind::Ok => self.counts.ok += 1,
            Kind::Fail => self.counts.failed += 1,
            Kind::Info => self.counts.unknown += 1,
        }
        self.log_operation(&format_args!("{thread}"), &op);
        let time_ns = self.history_time_ns();
        let op = self.history.push(Op { time_ns, ..op });
        self.workload.observe(op);
    }

    pub(super) fn push_nemesis(&mut self, f: &'static str, value: Value) {
        let op = op(Kind::Info, Process::Nemesis, f, value);
        self.log_operation(&"nemesis", &op);
        if let Some(words) = nemesis::words(f, &op.value) {
            self.log(Level::Info, "nemesis", words);
        }
        let time_ns = self.history_time_ns();
        self.history.push(Op { time_ns, ..op });
    }

    fn history_time_ns(&self) -> u64 {
        (Time::ZERO + self.now.since(self.start.unwrap_or_default())).as_nanos()
    }

    fn log_operation(&mut self, worker: &dyn std::fmt::Display, op: &Op) {
        if !self.logs_operations {
            return;
        }
        let error = op.error.as_ref().map(|error| format!("\t{error}")).unwrap_or_default();
        let (process, kind) = (op.process.to_value(), op.kind.name());
        let text = format!("{process}\t:{kind}\t:{}\t{}{error}", op.f, op.value);
        self.log(Level::Info, &format!("jepsen worker {worker}"), text);
    }
}

/// An operation that has no place in the history yet.
fn op(kind: Kind, process: Process, f: &'static str, value: Value) -> Op {
    Op {
        index: 0,
        time_ns: 0,
        kind,
        process,
        f,
        value,
        is_final: false,
        error: None,
        exception: None,
        extra: Vec::new(),
    }
}

/// What a failure comes to (§5.5).
fn ending(failures: Failures, f: &str, failure: &Failure) -> Ending {
    if let Failure::Other(why) = failure {
        let error = Value::Vector(vec![Value::keyword(OTHER_THAN_ASKED), Value::text(why.as_str())]);
        return Ending { kind: Kind::Info, value: None, error: Some(error), exception: None };
    }
    let harmless = match failures {
        Failures::Told { harmless } => harmless,
        Failures::Untold => return unexplained(&describe(failure)),
    };
    let unless_harmless = if harmless.contains(&f) { Kind::Fail } else { Kind::Info };
    let (kind, error) = match failure {
        Failure::Malformed(why) | Failure::Other(why) => return unexplained(why),
        Failure::Timeout => (unless_harmless, Value::keyword("net-timeout")),
        Failure::Refused(refused) => {
            let kind = if refused.is_definite { Kind::Fail } else { unless_harmless };
            (kind, Value::Vector(vec![Value::keyword(refused.name), refused.text.clone()]))
        }
    };
    Ending { kind, value: None, error: Some(error), exception: None }
}

/// Nobody knows how it ended, for lack of a reply that makes sense.
fn unexplained(why: &str) -> Ending {
    let error = Some(Value::text(format!("indeterminate: {why}")));
    Ending { kind: Kind::Info, value: None, error, exception: Some(EXCEPTION) }
}

fn describe(failure: &Failure) -> String {
    match failure {
        Failure::Malformed(why) | Failure::Other(why) => why.clone(),
        Failure::Timeout => "no reply in time".into(),
        Failure::Refused(refused) => {
            format!("the node answered with the error {} {}", refused.name, refused.text)
        }
    }
}
