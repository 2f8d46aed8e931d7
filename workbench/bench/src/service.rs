//! The services that nodes may use (Maelstrom behaviour §7): `lin-kv`, `seq-kv`, `lww-kv` and `lin-tso`.
//!
//! A service handles one request at a time, in the order in which the network delivers them, and answers at once. It
//! knows nothing of time or of the network; [`Services::handle`] is given a body and gives one back.
//!
//! Where we are kinder than Maelstrom: `seq-kv` never lets a source see time go backwards (see [`store::Sequential`]),
//! and the replicas of `lww-kv` do converge (see [`store::LastWriteWins`]).

mod request;
mod store;

use edn::{Value, json};
use fastrand::Rng;
use request::{Answer, Request};
use std::sync::Arc;
use store::{LastWriteWins, Linearizable, Sequential};

/// The four services of a run.
#[derive(Debug)]
pub struct Services {
    lin_kv: Linearizable,
    seq_kv: Sequential,
    lww_kv: LastWriteWins,
    next_timestamp: i64,
    rng: Rng,
}

impl Services {
    /// Their names, in the order of their numbers.
    pub const NAMES: [&'static str; 4] = ["lin-kv", "seq-kv", "lww-kv", "lin-tso"];

    /// Services that hold nothing yet.
    pub fn new(rng: Rng) -> Services {
        Services {
            lin_kv: Linearizable::default(),
            seq_kv: Sequential::default(),
            lww_kv: LastWriteWins::default(),
            next_timestamp: 0,
            rng,
        }
    }

    /// Draws from these from now on.
    pub fn reseed(&mut self, rng: Rng) {
        self.rng = rng;
    }

    /// What the service with this number (its position in [`Services::NAMES`]) answers to a request from `source`.
    /// Nothing at all if it does not know the request's type: that is Maelstrom's way, and worth a warning.
    pub fn handle(&mut self, service: usize, source: &Arc<str>, body: &str) -> Option<String> {
        let body = json::parse(body).ok()?;
        let answer = match Services::NAMES[service] {
            "lin-tso" => self.timestamp(&body),
            name => Request::read(&body).map(|request| match name {
                "lin-kv" => self.lin_kv.handle(&request),
                "seq-kv" => self.seq_kv.handle(source, &request, &mut self.rng),
                _ => self.lww_kv.handle(&request, &mut self.rng),
            }),
        };
        Some(answer?.to_body(body.get("msg_id").unwrap_or(&Value::Nil)))
    }

    /// How often `seq-kv` showed this source an old state that made a difference.
    pub fn stale_answers(&self, source: &str) -> u64 {
        self.seq_kv.stale_answers(source)
    }

    fn timestamp(&mut self, body: &Value) -> Option<Answer> {
        if body.get("type")?.as_text() != Some("ts") {
            return None;
        }
        self.next_timestamp += 1;
        Some(Answer::Timestamp(self.next_timestamp - 1))
    }
}

#[cfg(test)]
mod tests;
