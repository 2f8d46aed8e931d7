//! `broadcast` and `g-set`: a set that grows.

use super::{Keeper, Occasions};
use serde_json::{Value, json};

/// How many requests a value is kept for by those who forget.
const MEMORY: u64 = 40;

pub(super) struct Set {
    cheat: &'static str,
    /// What the answer to a read calls its values.
    field: &'static str,
    requests: u64,
    additions: Occasions,
    /// Each value, and the number of the request that brought it.
    values: Vec<(u64, Value)>,
}

impl Set {
    pub(super) fn new(cheat: &'static str, field: &'static str) -> Set {
        Set { cheat, field, requests: 0, additions: Occasions::default(), values: Vec::new() }
    }

    fn add(&mut self, value: &Value) {
        if self.cheat == "lose" && self.additions.every(7) {
            return;
        }
        self.values.push((self.requests, value.clone()));
    }

    fn read(&self) -> Vec<Value> {
        let first = if self.cheat == "forget" { self.requests.saturating_sub(MEMORY) } else { 0 };
        let values = self.values.iter().filter(|(since, _)| *since >= first);
        let most = if self.cheat == "cap" { 25 } else { usize::MAX };
        values.take(most).map(|(_, value)| value.clone()).collect()
    }
}

impl Keeper for Set {
    fn answer(&mut self, request: &Value) -> Value {
        self.requests += 1;
        match request["type"].as_str().unwrap_or_default() {
            "broadcast" => {
                self.add(&request["message"]);
                json!({"type": "broadcast_ok"})
            }
            "add" => {
                self.add(&request["element"]);
                json!({"type": "add_ok"})
            }
            _ => json!({"type": "read_ok", self.field: self.read()}),
        }
    }
}
