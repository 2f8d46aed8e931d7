//! `lin-kv`: registers by key, with compare-and-set.

use super::state::{Values, error, key};
use super::{Keeper, Occasions};
use serde_json::{Value, json};

pub(super) struct Registers {
    cheat: &'static str,
    /// Requests that would succeed, of each kind.
    reads: Occasions,
    writes: Occasions,
    values: Values,
    /// A write that comes a second time: its key and value.
    again: Option<(String, Value)>,
}

impl Registers {
    pub(super) fn new(cheat: &'static str) -> Registers {
        let (reads, writes) = Default::default();
        Registers { cheat, reads, writes, values: Values::new(), again: None }
    }

    fn read(&mut self, key: &str) -> Value {
        let Some(value) = self.values.get(key) else { return error(20, "no such key") };
        match self.cheat {
            "invent" if self.reads.every(7) => json!({"type": "read_ok", "value": 7}),
            _ => json!({"type": "read_ok", "value": value}),
        }
    }

    fn write(&mut self, key: String, value: Value) -> Value {
        let cheats = self.writes.every(5);
        if self.cheat != "lose-write" || !cheats {
            self.values.insert(key.clone(), value.clone());
        }
        // The write of before comes a second time, after this one.
        if let Some((key, value)) = self.again.take() {
            self.values.insert(key, value);
        } else if self.cheat == "repeat-write" && cheats {
            self.again = Some((key, value));
        }
        json!({"type": "write_ok"})
    }

    fn compare_and_set(&mut self, key: String, request: &Value) -> Value {
        let (from, to) = (&request["from"], &request["to"]);
        match self.values.get(&key) {
            None => return error(20, "no such key"),
            Some(value) if value != from && self.cheat != "blind-cas" => return error(22, "another value"),
            Some(_) => {}
        }
        if self.cheat != "lose-cas" || !self.writes.every(2) {
            self.values.insert(key, to.clone());
        }
        json!({"type": "cas_ok"})
    }
}

impl Keeper for Registers {
    fn answer(&mut self, request: &Value) -> Value {
        let key = key(&request["key"]);
        match request["type"].as_str().unwrap_or_default() {
            "read" => self.read(&key),
            "write" => self.write(key, request["value"].clone()),
            _ => self.compare_and_set(key, request),
        }
    }
}
