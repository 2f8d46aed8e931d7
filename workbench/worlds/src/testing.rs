//! Nodes for the workbench's own tests: tiny, and honest unless told otherwise.

use crate::program::{Program, Spawn};
use bench::options::{Options, Workload};
use machines::Time;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// A message that a node reads.
pub(crate) struct Heard {
    pub(crate) node: usize,
    pub(crate) src: String,
    pub(crate) body: Value,
}

impl Heard {
    pub(crate) fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default()
    }
}

type Handler = Rc<RefCell<dyn FnMut(&Heard) -> Option<String>>>;

struct Answering {
    node: usize,
    me: String,
    handler: Handler,
}

/// Nodes that answer with the fields that the handler comes up with (`"type":"read_ok","value":1`), at once, or not at
/// all. All nodes share the handler and what it knows: they are telepaths. `init` they answer by themselves.
pub(crate) fn answering(mut handler: impl FnMut(&Heard) -> Option<String> + 'static) -> Spawn {
    answering_init_too(move |heard| match heard.kind() {
        "init" => Some("\"type\":\"init_ok\"".into()),
        _ => handler(heard),
    })
}

/// The same, but the handler answers `init` as well.
pub(crate) fn answering_init_too(handler: impl FnMut(&Heard) -> Option<String> + 'static) -> Spawn {
    let handler: Handler = Rc::new(RefCell::new(handler));
    Box::new(move |node, _| Box::new(Answering { node, me: String::new(), handler: handler.clone() }))
}

impl Program for Answering {
    fn on_line(&mut self, _: Time, line: &[u8], stdout: &mut Vec<u8>) {
        let message: Value = serde_json::from_slice(line).unwrap();
        let (node, body) = (self.node, message["body"].clone());
        let heard = Heard { node, src: message["src"].as_str().unwrap().into(), body };
        if heard.kind() == "init" {
            self.me = heard.body["node_id"].as_str().unwrap().into();
        }
        let fields = (self.handler.borrow_mut())(&heard);
        let Some(fields) = fields else { return };
        let (me, src, id) = (&self.me, &heard.src, &heard.body["msg_id"]);
        let line = match fields.strip_prefix("raw:") {
            Some(line) => line.to_string(),
            None => {
                format!("{{\"src\":\"{me}\",\"dest\":\"{src}\",\"body\":{{{fields},\"in_reply_to\":{id}}}}}")
            }
        };
        stdout.extend_from_slice(line.as_bytes());
        stdout.push(b'\n');
    }

    fn on_wake(&mut self, _: Time, _: &mut Vec<u8>) {}

    fn deadline(&self) -> Option<Time> {
        None
    }
}

/// The options of a short run: five nodes, as many threads, 100 operations a second for five seconds.
pub(crate) fn options(workload: Workload, seed: u64) -> Options {
    Options {
        time_limit: Duration::from_secs(5),
        rate: 100.0,
        consistency_models: Vec::new(),
        seed,
        ..Options::new(workload, 5)
    }
}

/// A cluster that does `broadcast` right.
pub(crate) fn broadcasting() -> Spawn {
    honest(Workload::Broadcast)
}

/// A cluster that does this workload right: all its nodes look at one and the same state.
pub(crate) fn honest(workload: Workload) -> Spawn {
    let mut state = State::default();
    answering(move |heard| {
        let kind = heard.kind().to_owned();
        let fields = state.answer(workload, &kind, &heard.body)?;
        let kind = if fields.starts_with("\"code\"") { "error".into() } else { format!("{kind}_ok") };
        let comma = if fields.is_empty() { "" } else { "," };
        Some(format!("\"type\":\"{kind}\"{comma}{fields}"))
    })
}

/// What an honest cluster knows.
#[derive(Default)]
struct State {
    values: Vec<Value>,
    sum: i64,
    registers: BTreeMap<String, Value>,
    logs: BTreeMap<String, Vec<Value>>,
    committed: BTreeMap<String, Value>,
}

impl State {
    /// The fields of the answer.
    fn answer(&mut self, workload: Workload, kind: &str, body: &Value) -> Option<String> {
        let key = body["key"].to_string();
        Some(match (workload, kind) {
            (_, "topology") => String::new(),
            (_, "echo") => format!("\"echo\":{}", body["echo"]),
            (_, "generate") => {
                self.sum += 1;
                format!("\"id\":{}", self.sum)
            }
            (Workload::Broadcast, "broadcast") => self.keep(&body["message"]),
            (Workload::Broadcast, "read") => format!("\"messages\":{}", json(&self.values)),
            (Workload::GSet, "add") => self.keep(&body["element"]),
            (Workload::GSet, "read") => format!("\"value\":{}", json(&self.values)),
            (_, "add") => {
                self.sum += body["delta"].as_i64()?;
                String::new()
            }
            (Workload::LinKv, "read") => match self.registers.get(&key) {
                Some(value) => format!("\"value\":{value}"),
                None => "\"code\":20".into(),
            },
            (_, "read") => format!("\"value\":{}", self.sum),
            (_, "write") => {
                self.registers.insert(key, body["value"].clone());
                String::new()
            }
            (_, "cas") => match self.registers.get_mut(&key) {
                None => "\"code\":20".into(),
                Some(value) if *value != body["from"] => "\"code\":22".into(),
                Some(value) => {
                    *value = body["to"].clone();
                    String::new()
                }
            },
            (_, "txn") => format!("\"txn\":{}", json(&self.transact(body["txn"].as_array()?))),
            _ => return self.answer_log(kind, body),
        })
    }

    fn keep(&mut self, value: &Value) -> String {
        self.values.push(value.clone());
        String::new()
    }

    fn transact(&mut self, steps: &[Value]) -> Vec<Value> {
        let mut done = steps.to_vec();
        for step in &mut done {
            let key = step[1].to_string();
            match step[0].as_str().unwrap() {
                "r" => step[2] = self.registers.get(&key).cloned().unwrap_or_default(),
                "w" => drop(self.registers.insert(key, step[2].clone())),
                _ => {
                    let list = self.registers.entry(key).or_insert_with(|| Value::from(Vec::<Value>::new()));
                    list.as_array_mut().unwrap().push(step[2].clone());
                }
            }
        }
        done
    }

    fn answer_log(&mut self, kind: &str, body: &Value) -> Option<String> {
        Some(match kind {
            "send" => {
                let log = self.logs.entry(body["key"].as_str()?.into()).or_default();
                log.push(body["msg"].clone());
                format!("\"offset\":{}", log.len() - 1)
            }
            "poll" => {
                let page = |(key, from): (&String, &Value)| {
                    let messages = self.logs.get(key)?.iter().enumerate().skip(from.as_u64()? as usize);
                    let page: Vec<String> =
                        messages.map(|(offset, message)| format!("[{offset},{message}]")).collect();
                    Some(format!("\"{key}\":[{}]", page.join(",")))
                };
                let pages: Vec<String> = body["offsets"].as_object()?.iter().filter_map(page).collect();
                format!("\"msgs\":{{{}}}", pages.join(","))
            }
            "commit_offsets" => {
                let offsets = body["offsets"].as_object()?;
                self.committed.extend(offsets.iter().map(|(key, offset)| (key.clone(), offset.clone())));
                String::new()
            }
            "list_committed_offsets" => {
                let keys = body["keys"].as_array()?.iter().filter_map(Value::as_str);
                let of = |key| Some(format!("\"{key}\":{}", self.committed.get(key)?));
                let offsets: Vec<String> = keys.filter_map(of).collect();
                format!("\"offsets\":{{{}}}", offsets.join(","))
            }
            _ => return None,
        })
    }
}

fn json(values: &[Value]) -> Value {
    Value::from(values.to_vec())
}
