//! `unique-ids`: a number that grows.

use super::{Keeper, Occasions};
use serde_json::{Value, json};

pub(super) struct Ids {
    cheat: &'static str,
    requests: Occasions,
    last: u64,
}

impl Ids {
    pub(super) fn new(cheat: &'static str) -> Ids {
        Ids { cheat, requests: Occasions::default(), last: 0 }
    }
}

impl Keeper for Ids {
    fn answer(&mut self, _: &Value) -> Value {
        let cheats = self.requests.every(7);
        if self.cheat != "repeat" || !cheats {
            self.last += 1;
        }
        let id = match self.cheat {
            "overflow" => json!(format!("id-{}", self.last % 64)),
            "mix" if cheats => json!(self.last),
            _ => json!(format!("id-{}", self.last)),
        };
        json!({"type": "generate_ok", "id": id})
    }
}
