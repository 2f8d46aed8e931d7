//! Honest nodes that can lose all they hold: all that counts is in the service `lin-kv`.
//!
//! For `lin-kv` a node passes requests on and answers back. Transactions are a log in the service, whose end is under one key: a
//! node reads that, works the transaction out on what the log makes, and puts the end with the transaction behind it in place of
//! the old one by compare-and-set. Whoever was faster makes it fail, and the client is told of a conflict. The service is
//! linearizable, so these nodes are, and the transactions are strictly serializable.
//!
//! What the log makes a node keeps in memory, so that a transaction costs the same however many there have been. When the end
//! has become long, its older half goes into an archive, under a key of its own, before it is cut off. Whoever lags behind, or was
//! killed and begins anew, reads the archives. (Two nodes that write the same archive write the same.)
//!
//! But a call of `lin-kv`'s must not be doubled on its way: the second copy of a write would undo what came between, and that of a
//! compare-and-set would be refused.

use super::Program;
use bench::options::Workload;
use machines::Time;
use protocol::Code;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Where the end of the log is: the number of the first transaction that is there, and the transactions.
const END: &str = "end";

/// So many transactions make an archive. The end is never twice as long and more.
const ARCHIVED: usize = 16;

/// Such a node, if it serves the workload. The seed is new at every start, and so are the numbers of the calls.
pub fn in_service(workload: Workload, seed: u64) -> Option<Box<dyn Program>> {
    let passes_on = match workload {
        Workload::LinKv => true,
        Workload::TxnListAppend | Workload::TxnRwRegister => false,
        _ => return None,
    };
    let last_call = seed >> 20;
    let state = State::default();
    Some(Box::new(InService { passes_on, me: String::new(), state, calls: BTreeMap::new(), last_call }))
}

struct InService {
    passes_on: bool,
    me: String,
    state: State,
    /// Calls that the service has yet to answer: as many as clients wait for.
    calls: BTreeMap<u64, Call>,
    last_call: u64,
}

struct Call {
    /// What a client asked.
    request: Value,
    stage: Stage,
}

/// What the service has been asked to do for a request.
enum Stage {
    /// All of it.
    PassedOn,
    /// To show the end of the log.
    Look,
    /// To show the archive that begins with this transaction, as this node lacks some of it.
    CatchUp(usize),
    /// To archive the older half of this end, before the transaction comes behind it.
    Archive(Worked),
    /// To put the transaction, which comes to this, behind the end.
    Append(Value),
}

/// A transaction that has been worked out.
struct Worked {
    /// On what comes with this end.
    end: Value,
    /// What it comes to.
    done: Value,
}

/// What the log makes, as far as it is known here.
#[derive(Default)]
struct State {
    values: Map<String, Value>,
    /// How many transactions are in it.
    count: usize,
}

impl Program for InService {
    fn on_line(&mut self, _: Time, line: &[u8], stdout: &mut Vec<u8>) {
        let Ok(mut message) = serde_json::from_slice::<Value>(line) else { return };
        if message["body"]["type"] == "init" {
            self.me = message["body"]["node_id"].as_str().unwrap_or_default().to_owned();
            return self.answer(&message, json!({"type": "init_ok"}), stdout);
        }
        let Some(number) = message["body"]["in_reply_to"].as_u64() else {
            return self.begin(message, stdout);
        };
        let Some(Call { request, stage }) = self.calls.remove(&number) else { return };
        let mut said = message["body"].take();
        let is_done = said["type"] != "error";
        match stage {
            Stage::PassedOn => self.answer(&request, said, stdout),
            Stage::Look => self.work_out(request, said["value"].take(), stdout),
            Stage::CatchUp(first) if is_done => {
                self.state.take_all(first, said["value"].as_array());
                self.begin(request, stdout);
            }
            Stage::Archive(worked) if is_done => self.append(request, worked, stdout),
            Stage::Append(done) if is_done => {
                self.answer(&request, json!({"type": "txn_ok", "txn": done}), stdout);
            }
            Stage::CatchUp(_) | Stage::Archive(_) | Stage::Append(_) => {
                let conflict = Code::TxnConflict.number();
                let body = json!({"type": "error", "code": conflict, "text": "somebody was faster"});
                self.answer(&request, body, stdout);
            }
        }
    }

    fn on_wake(&mut self, _: Time, _: &mut Vec<u8>) {}

    fn deadline(&self) -> Option<Time> {
        None
    }
}

impl InService {
    fn begin(&mut self, request: Value, stdout: &mut Vec<u8>) {
        match self.passes_on {
            true => {
                let question = request["body"].clone();
                self.ask(Call { request, stage: Stage::PassedOn }, question, stdout);
            }
            false => {
                self.ask(Call { request, stage: Stage::Look }, json!({"type": "read", "key": END}), stdout)
            }
        }
    }

    /// Works a transaction out on what comes with this end of the log, which is `null` at the very beginning.
    fn work_out(&mut self, request: Value, end: Value, stdout: &mut Vec<u8>) {
        let first = end[0].as_u64().unwrap_or_default() as usize;
        if self.state.count < first {
            let lacks = self.state.count - self.state.count % ARCHIVED;
            let read = json!({"type": "read", "key": archive(lacks)});
            return self.ask(Call { request, stage: Stage::CatchUp(lacks) }, read, stdout);
        }
        self.state.take_all(first, end[1].as_array());
        let done = self.state.work_out(&request["body"]["txn"]);
        let worked = Worked { end, done };
        match worked.end[1].as_array().filter(|txns| txns.len() >= 2 * ARCHIVED) {
            Some(txns) => {
                let older = &txns[..ARCHIVED];
                let write = json!({"type": "write", "key": archive(first), "value": older});
                self.ask(Call { request, stage: Stage::Archive(worked) }, write, stdout);
            }
            None => self.append(request, worked, stdout),
        }
    }

    /// Puts a transaction behind the end of the log, of which what has been archived is cut off.
    fn append(&mut self, request: Value, Worked { end, done }: Worked, stdout: &mut Vec<u8>) {
        let mut first = end[0].as_u64().unwrap_or_default() as usize;
        let mut txns = end[1].as_array().cloned().unwrap_or_default();
        if txns.len() >= 2 * ARCHIVED {
            txns.drain(..ARCHIVED);
            first += ARCHIVED;
        }
        txns.push(request["body"]["txn"].clone());
        let change = json!({
            "type": "cas", "key": END, "create_if_not_exists": true, "from": end, "to": [first, txns],
        });
        self.ask(Call { request, stage: Stage::Append(done) }, change, stdout);
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

impl State {
    /// Takes in what it lacks of transactions of which the first has this number.
    fn take_all(&mut self, first: usize, txns: Option<&Vec<Value>>) {
        for txn in txns.into_iter().flatten().skip(self.count.saturating_sub(first)) {
            let changed = self.changed_by(&mut txn.clone());
            self.values.extend(changed);
            self.count += 1;
        }
    }

    /// A transaction with what its reads find. Nothing has changed then.
    fn work_out(&self, txn: &Value) -> Value {
        let mut done = txn.clone();
        self.changed_by(&mut done);
        done
    }

    /// What keys hold that the transaction has written, once its reads have been filled in.
    fn changed_by(&self, txn: &mut Value) -> Map<String, Value> {
        let mut changed = Map::new();
        for step in txn.as_array_mut().into_iter().flatten() {
            let (name, key) = (step[0].as_str().unwrap_or_default().to_owned(), step[1].to_string());
            let held = || self.values.get(&key).cloned();
            match name.as_str() {
                "r" => step[2] = changed.get(&key).cloned().or_else(held).unwrap_or_default(),
                "w" => drop(changed.insert(key, step[2].clone())),
                _ => {
                    let before = held().unwrap_or_else(|| json!([]));
                    let list = changed.entry(key).or_insert(before);
                    list.as_array_mut().into_iter().for_each(|list| list.push(step[2].clone()));
                }
            }
        }
        changed
    }
}

/// The key of the archive that begins with this transaction.
fn archive(first: usize) -> String {
    format!("archive {first}")
}

fn say(line: Value, stdout: &mut Vec<u8>) {
    stdout.extend_from_slice(line.to_string().as_bytes());
    stdout.push(b'\n');
}
