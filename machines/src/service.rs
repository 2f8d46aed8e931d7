//! Asking a key-value service (Maelstrom `doc/services.md`): a typed client over [`Context::call`].
//!
//! A machine sends a request with [`KeyValue`] and hands over a continuation. That comes back exactly once, as
//! [`Input::Answer`](crate::Input::Answer), with what [`read_answer`], [`write_answer`] or [`compare_and_set_answer`] then
//! make sense of. Answers that come late or again find no call waiting and vanish on the way.
//!
//! Nothing is repeated here: whether a request may be made again is for the machine to know.
//!
//! ```
//! use core::time::Duration;
//! use machines::CallError;
//! use machines::service::{Failure, KeyValue, read_answer};
//!
//! const STORE: KeyValue = KeyValue::new("seq-kv", Duration::from_secs(1));
//! assert_eq!(read_answer(Err(CallError::Refused(20))), Err(Failure::KeyMissing));
//! ```

use core::time::Duration;

use protocol::kv::{Reply, Request};
use protocol::{Body, Code, Decode, Json};

use crate::{CallError, Context};

/// A key-value service, by name, and how long to wait for it.
#[derive(Clone, Copy, Debug)]
pub struct KeyValue {
    name: &'static str,
    patience: Duration,
}

/// Why there is no answer to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is no such key.
    KeyMissing,
    /// The key holds something else.
    PreconditionFailed,
    /// The service says that it did nothing, for another reason.
    Refused(Code),
    /// No answer came in time. It may have happened or not, or happen yet.
    Expired,
    /// An answer came and does not tell whether it happened.
    Unclear,
}

impl Failure {
    /// Whether what was asked certainly did not happen, as far as this one answer goes: where the network repeats
    /// requests, the first copy may have done what the second finds done.
    pub fn is_definite(self) -> bool {
        !matches!(self, Failure::Expired | Failure::Unclear)
    }
}

impl KeyValue {
    /// The service of that name.
    pub const fn new(name: &'static str, patience: Duration) -> KeyValue {
        KeyValue { name, patience }
    }

    /// Asks what a key holds. Like the others it gives `call` back if there are too many calls in flight.
    pub fn read<C>(self, context: &mut Context<'_, C>, key: Json<'_>, call: C) -> Result<(), C> {
        self.ask(context, &Request::Read { key }, call)
    }

    /// Asks that a key hold `value`.
    pub fn write<C>(
        self,
        context: &mut Context<'_, C>,
        key: Json<'_>,
        value: Json<'_>,
        call: C,
    ) -> Result<(), C> {
        self.ask(context, &Request::Write { key, value }, call)
    }

    /// Asks that a key hold `value` if it holds `expected`; or, if `expected` is none, if there is no such key. (A key that
    /// holds `null` passes for one that is not there. `lww-kv` creates no keys this way.)
    pub fn compare_and_set<C>(
        self,
        context: &mut Context<'_, C>,
        key: Json<'_>,
        expected: Option<Json<'_>>,
        value: Json<'_>,
        call: C,
    ) -> Result<(), C> {
        let (from, create_if_not_exists) = match expected {
            Some(expected) => (expected, None),
            None => (Json::NULL, Some(true)),
        };
        self.ask(context, &Request::CompareAndSet { key, from, to: value, create_if_not_exists }, call)
    }

    fn ask<C>(self, context: &mut Context<'_, C>, request: &Request<'_>, call: C) -> Result<(), C> {
        context.call(self.name, request, call, self.patience)
    }
}

/// What a key holds, by the answer to [`KeyValue::read`].
pub fn read_answer(answer: Result<Body<'_>, CallError>) -> Result<Json<'_>, Failure> {
    match reply(answer)? {
        Reply::ReadOk { value } => Ok(value),
        _ => Err(Failure::Unclear),
    }
}

/// Whether it is written, by the answer to [`KeyValue::write`].
pub fn write_answer(answer: Result<Body<'_>, CallError>) -> Result<(), Failure> {
    match reply(answer)? {
        Reply::WriteOk {} => Ok(()),
        _ => Err(Failure::Unclear),
    }
}

/// Whether it is set, by the answer to [`KeyValue::compare_and_set`].
pub fn compare_and_set_answer(answer: Result<Body<'_>, CallError>) -> Result<(), Failure> {
    match reply(answer)? {
        Reply::CompareAndSetOk {} => Ok(()),
        _ => Err(Failure::Unclear),
    }
}

fn reply(answer: Result<Body<'_>, CallError>) -> Result<Reply<'_>, Failure> {
    match answer {
        Ok(body) => Reply::decode(&body).map_err(|_| Failure::Unclear),
        Err(CallError::Expired) => Err(Failure::Expired),
        Err(CallError::Refused(number)) => Err(match Code::from_number(number) {
            Some(Code::KeyDoesNotExist) => Failure::KeyMissing,
            Some(Code::PreconditionFailed) => Failure::PreconditionFailed,
            Some(code) if code.is_definite() => Failure::Refused(code),
            _ => Failure::Unclear,
        }),
    }
}

#[cfg(test)]
mod tests {
    use protocol::Message;

    use super::*;

    fn body(body: &str) -> alloc::string::String {
        alloc::format!(r#"{{"src":"seq-kv","dest":"n1","body":{body}}}"#)
    }

    #[test]
    fn each_answer_fits_its_own_question_only() {
        let lines = [r#"{"type":"read_ok","value":[1,2]}"#, r#"{"type":"write_ok"}"#, r#"{"type":"cas_ok"}"#];
        for (position, line) in lines.iter().enumerate() {
            let line = body(line);
            let answer = || Ok(Message::decode(line.as_bytes()).unwrap().body);
            assert_eq!(read_answer(answer()).is_ok(), position == 0);
            assert_eq!(write_answer(answer()).is_ok(), position == 1);
            assert_eq!(compare_and_set_answer(answer()).is_ok(), position == 2);
        }
    }

    #[test]
    fn an_answer_that_cannot_be_read_tells_nothing() {
        for line in [r#"{"type":"read_ok"}"#, r#"{"type":"set_ok"}"#] {
            let line = body(line);
            let answer = Ok(Message::decode(line.as_bytes()).unwrap().body);
            assert_eq!(read_answer(answer), Err(Failure::Unclear));
        }
    }

    #[test]
    fn refusals_are_told_apart_by_what_they_say_of_the_request() {
        for (number, failure, is_definite) in [
            (20, Failure::KeyMissing, true),
            (22, Failure::PreconditionFailed, true),
            (11, Failure::Refused(Code::TemporarilyUnavailable), true),
            (14, Failure::Refused(Code::Abort), true),
            (0, Failure::Unclear, false),
            (13, Failure::Unclear, false),
            (1_000, Failure::Unclear, false),
            (-1, Failure::Unclear, false),
        ] {
            assert_eq!(write_answer(Err(CallError::Refused(number))), Err(failure));
            assert_eq!(failure.is_definite(), is_definite, "{failure:?}");
        }
        assert_eq!(write_answer(Err(CallError::Expired)), Err(Failure::Expired));
        assert!(!Failure::Expired.is_definite());
    }
}
