//! `seq-kv`, as it may behave (Maelstrom `doc/services.md`): it shows each client any state that is not older than the one
//! that it has seen last. What changes nothing there is answered from there; what does is done to the newest state.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Value, json};

/// All states that the service has been in, and which of them each client has seen.
#[derive(Clone, Hash)]
pub(crate) struct Store {
    states: Vec<BTreeMap<String, String>>,
    views: Vec<usize>,
}

impl Store {
    /// Empty, for so many clients.
    pub(crate) fn new(clients: usize) -> Store {
        Store { states: vec![BTreeMap::new()], views: vec![0; clients] }
    }

    /// The states that it may show to who wrote this.
    pub(crate) fn choices(&self, line: &[u8]) -> Range<usize> {
        self.views[client(&parse(line))]..self.states.len()
    }

    /// Carries a request out for a client that is shown a state: its number, and the answer.
    pub(crate) fn serve(&mut self, line: &[u8], shown: usize) -> (usize, Vec<u8>) {
        let message = parse(line);
        let (client, body) = (client(&message), &message["body"]);
        let newest = self.states.len() - 1;
        let (mut after, mut answer) = carry_out(&self.states[shown], body);
        self.views[client] = shown;
        if after != self.states[shown] {
            (after, answer) = carry_out(&self.states[newest], body);
            self.views[client] = newest;
            if after != self.states[newest] {
                self.states.push(after);
                self.views[client] = newest + 1;
            }
        }
        answer["in_reply_to"] = body["msg_id"].clone();
        (
            client,
            json!({"src": message["dest"], "dest": message["src"], "body": answer}).to_string().into_bytes(),
        )
    }
}

fn carry_out(state: &BTreeMap<String, String>, request: &Value) -> (BTreeMap<String, String>, Value) {
    let key = request["key"].to_string();
    let mut after = state.clone();
    let held = state.get(&key);
    let (expected, may_create) = (request["from"].to_string(), request["create_if_not_exists"] == true);
    let answer = match (request["type"].as_str(), held) {
        (Some("read"), Some(held)) => {
            json!({"type": "read_ok", "value": serde_json::from_str::<Value>(held).expect("it was JSON")})
        }
        (Some("write"), _) => {
            after.insert(key, request["value"].to_string());
            json!({"type": "write_ok"})
        }
        (Some("cas"), held) if held.map_or(may_create, |held| *held == expected) => {
            after.insert(key, request["to"].to_string());
            json!({"type": "cas_ok"})
        }
        (_, None) => json!({"type": "error", "code": 20}),
        (_, Some(_)) => json!({"type": "error", "code": 22}),
    };
    (after, answer)
}

fn parse(line: &[u8]) -> Value {
    serde_json::from_slice(line).expect("nodes write JSON")
}

fn client(message: &Value) -> usize {
    let name = message["src"].as_str().and_then(|name| name.strip_prefix('n'));
    name.and_then(|digits| digits.parse().ok()).expect("only nodes ask")
}
