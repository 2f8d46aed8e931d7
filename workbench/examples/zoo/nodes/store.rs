//! Honest nodes that keep nothing themselves: whatever there is, is in the service `lin-kv`.

use super::Keeper;
use super::state::{Values, error};
use super::transactions::Transactions;
use machines::Time;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use workbench::options::Workload;
use workbench::world::Program;

/// Nodes for `lin-kv` pass requests on. Those for transactions keep the whole state under one key, and compare and set it.
pub(super) fn node(workload: Workload) -> Option<Box<dyn Program>> {
    let passes_on = match workload {
        Workload::LinKv => true,
        Workload::TxnListAppend | Workload::TxnRwRegister => false,
        _ => return None,
    };
    Some(Box::new(Stateless { passes_on, me: String::new(), calls: BTreeMap::new(), number: 0 }))
}

struct Stateless {
    passes_on: bool,
    me: String,
    /// Calls that the service has yet to answer.
    calls: BTreeMap<u64, Call>,
    number: u64,
}

struct Call {
    /// A client's request.
    request: Value,
    /// What the client is told if all goes well; until it is known, the service's answer is.
    answer: Option<Value>,
}

impl Program for Stateless {
    fn on_line(&mut self, _: Time, line: &[u8], stdout: &mut Vec<u8>) {
        let message: Value = serde_json::from_slice(line).expect("the network carries JSON");
        let body = &message["body"];
        if body["type"] == "init" {
            self.me = body["node_id"].as_str().unwrap_or_default().to_owned();
            return self.tell(&message, json!({"type": "init_ok"}), stdout);
        }
        let call = body["in_reply_to"].as_u64().and_then(|number| self.calls.remove(&number));
        match call {
            Some(call) => self.go_on(call, body, stdout),
            None if self.passes_on => {
                let call = Call { request: message.clone(), answer: None };
                self.call(call, body.clone(), stdout);
            }
            None => self.call(
                Call { request: message, answer: None },
                json!({"type": "read", "key": "state"}),
                stdout,
            ),
        }
    }

    fn on_wake(&mut self, _: Time, _: &mut Vec<u8>) {}

    fn deadline(&self) -> Option<Time> {
        None
    }
}

impl Stateless {
    fn go_on(&mut self, call: Call, said: &Value, stdout: &mut Vec<u8>) {
        if self.passes_on {
            return self.tell(&call.request, said.clone(), stdout);
        }
        let Call { request, answer } = call;
        if let Some(answer) = answer {
            let failed = said["type"] == "error";
            let answer = if failed { error(30, "somebody else was faster") } else { answer };
            return self.tell(&request, answer, stdout);
        }
        let before = said["value"].clone();
        let state: Values = serde_json::from_value(before.clone()).unwrap_or_default();
        let mut transactions = Transactions::new("").with_state(state);
        let answer = transactions.answer(&request["body"]);
        let change = json!({
            "type": "cas", "key": "state", "create_if_not_exists": true, "from": before, "to": transactions.state(),
        });
        self.call(Call { request, answer: Some(answer) }, change, stdout);
    }

    fn call(&mut self, call: Call, mut body: Value, stdout: &mut Vec<u8>) {
        self.number += 1;
        self.calls.insert(self.number, call);
        body["msg_id"] = json!(self.number);
        say(json!({"src": self.me, "dest": "lin-kv", "body": body}), stdout);
    }

    fn tell(&self, request: &Value, mut answer: Value, stdout: &mut Vec<u8>) {
        answer["in_reply_to"] = request["body"]["msg_id"].clone();
        say(json!({"src": self.me, "dest": request["src"], "body": answer}), stdout);
    }
}

fn say(line: Value, stdout: &mut Vec<u8>) {
    stdout.extend_from_slice(line.to_string().as_bytes());
    stdout.push(b'\n');
}
