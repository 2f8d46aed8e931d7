//! `g-counter` and `pn-counter`: a sum.

use super::{Keeper, Occasions};
use serde_json::{Value, json};

pub(super) struct Counter {
    cheat: &'static str,
    additions: Occasions,
    sum: i64,
}

impl Counter {
    pub(super) fn new(cheat: &'static str) -> Counter {
        Counter { cheat, additions: Occasions::default(), sum: 0 }
    }

    fn add(&mut self, delta: i64) {
        let cheats = delta > 0 && self.additions.every(3);
        self.sum += match self.cheat {
            "lose" if cheats => 0,
            "double" if cheats => 2 * delta,
            "never-shrink" => delta.max(0),
            _ => delta,
        };
    }
}

impl Keeper for Counter {
    fn answer(&mut self, request: &Value) -> Value {
        match request["delta"].as_i64() {
            Some(delta) => {
                self.add(delta);
                json!({"type": "add_ok"})
            }
            None if self.cheat == "negative" => json!({"type": "read_ok", "value": -1 - self.sum}),
            None => json!({"type": "read_ok", "value": self.sum}),
        }
    }
}
