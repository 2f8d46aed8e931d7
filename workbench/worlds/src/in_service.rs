//! Honest nodes that keep nothing themselves: all there is, is in the service `lin-kv`.
//!
//! For `lin-kv` a node passes requests on and answers back. For transactions it reads the whole state under one key, works
//! the transaction out, and puts the new state in place of the old one by compare-and-set: whoever was faster makes it
//! fail, and the client is told of a conflict. The service is linearizable, so these nodes are, and the transactions are
//! strictly serializable; a node may be killed at any time. But a call must not be doubled on its way: the second copy
//! of a write would undo what came between, and that of a compare-and-set would be refused.

use super::Program;
use bench::options::Workload;
use machines::Time;
use protocol::Code;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Where the state of transactions is kept.
const STATE: &str = "state";

/// Such a node, if it serves the workload. The seed is new at every start, and so are the numbers of the calls.
pub fn in_service(workload: Workload, seed: u64) -> Option<Box<dyn Program>> {
    let passes_on = match workload {
        Workload::LinKv => true,
        Workload::TxnListAppend | Workload::TxnRwRegister => false,
        _ => return None,
    };
    let last_call = seed >> 20;
    Some(Box::new(InService { passes_on, me: String::new(), calls: BTreeMap::new(), last_call }))
}

struct InService {
    passes_on: bool,
    me: String,
    /// Calls that the service has yet to answer: as many as clients wait for.
    calls: BTreeMap<u64, Call>,
    last_call: u64,
}

struct Call {
    /// What a client asked.
    request: Value,
    /// What a transaction came to, once it has been worked out.
    done: Option<Value>,
}

impl Program for InService {
    fn on_line(&mut self, _: Time, line: &[u8], stdout: &mut Vec<u8>) {
        let Ok(message) = serde_json::from_slice::<Value>(line) else { return };
        let body = &message["body"];
        if body["type"] == "init" {
            self.me = body["node_id"].as_str().unwrap_or_default().to_owned();
            return self.answer(&message, json!({"type": "init_ok"}), stdout);
        }
        let Some(number) = body["in_reply_to"].as_u64() else {
            let read = json!({"type": "read", "key": STATE});
            let question = if self.passes_on { body.clone() } else { read };
            return self.ask(Call { request: message, done: None }, question, stdout);
        };
        match self.calls.remove(&number) {
            Some(call) if self.passes_on => self.answer(&call.request, body.clone(), stdout),
            Some(Call { request, done: None }) => self.transact(request, body, stdout),
            Some(Call { request, done: Some(done) }) => self.finish(&request, done, body, stdout),
            None => {}
        }
    }

    fn on_wake(&mut self, _: Time, _: &mut Vec<u8>) {}

    fn deadline(&self) -> Option<Time> {
        None
    }
}

impl InService {
    fn transact(&mut self, request: Value, read: &Value, stdout: &mut Vec<u8>) {
        let before = read["value"].clone();
        let mut state = before.as_object().cloned().unwrap_or_default();
        let mut steps = request["body"]["txn"].clone();
        steps.as_array_mut().into_iter().flatten().for_each(|step| take(step, &mut state));
        let change = json!({
            "type": "cas", "key": STATE, "create_if_not_exists": true, "from": before, "to": state,
        });
        self.ask(Call { request, done: Some(steps) }, change, stdout);
    }

    fn finish(&self, request: &Value, done: Value, said: &Value, stdout: &mut Vec<u8>) {
        let conflict =
            || json!({"type": "error", "code": Code::TxnConflict.number(), "text": "somebody was faster"});
        let body = if said["type"] == "error" { conflict() } else { json!({"type": "txn_ok", "txn": done}) };
        self.answer(request, body, stdout);
    }

    fn ask(&mut self, call: Call, mut body: Value, stdout: &mut Vec<u8>) {
        self.last_call += 1;
        self.calls.insert(self.last_call, call);
        body["msg_id"] = json!(self.last_call);
        say(json!({"src": self.me, "dest": "lin-kv", "body": body}), stdout);
    }

    fn answer(&self, request: &Value, mut body: Value, stdout: &mut Vec<u8>) {
        body["in_reply_to"] = request["body"]["msg_id"].clone();
        say(json!({"src": self.me, "dest": request["src"], "body": body}), stdout);
    }
}

/// One step of a transaction: `["r", key, null]`, `["w", key, value]` or `["append", key, element]`.
fn take(step: &mut Value, state: &mut Map<String, Value>) {
    let (name, key) = (step[0].as_str().unwrap_or_default().to_owned(), step[1].to_string());
    match name.as_str() {
        "r" => step[2] = state.get(&key).cloned().unwrap_or_default(),
        "w" => drop(state.insert(key, step[2].clone())),
        _ => {
            let list = state.entry(key).or_insert_with(|| json!([]));
            list.as_array_mut().into_iter().for_each(|list| list.push(step[2].clone()));
        }
    }
}

fn say(line: Value, stdout: &mut Vec<u8>) {
    stdout.extend_from_slice(line.to_string().as_bytes());
    stdout.push(b'\n');
}
