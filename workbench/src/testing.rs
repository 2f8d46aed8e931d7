//! Nodes for the workbench's own tests: tiny, and honest unless told otherwise.

use crate::options::{
    INIT_TIMEOUT, Latency, LatencyDistribution, LogOptions, Options, RECOVERY, Topology, Workload,
};
use crate::world::{Program, Spawn};
use machines::Time;
use serde_json::Value;
use std::cell::RefCell;
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
        workload,
        nodes: (0..5).map(|node| format!("n{node}")).collect(),
        concurrency: 5,
        time_limit: Duration::from_secs(5),
        rate: 100.0,
        latency: Latency { mean_ms: 0, distribution: LatencyDistribution::Constant },
        nemesis: Vec::new(),
        nemesis_interval: Duration::from_secs(10),
        topology: Topology::Grid,
        availability: None,
        consistency_models: Vec::new(),
        key_count: 10,
        max_txn_length: 4,
        max_writes_per_key: 16,
        init_timeout: INIT_TIMEOUT,
        recovery: RECOVERY,
        seed,
        log: LogOptions::default(),
    }
}

/// A cluster that does `broadcast` right.
pub(crate) fn broadcasting() -> Spawn {
    let mut messages: Vec<Value> = Vec::new();
    answering(move |heard| match heard.kind() {
        "topology" => Some("\"type\":\"topology_ok\"".into()),
        "broadcast" => {
            messages.push(heard.body["message"].clone());
            Some("\"type\":\"broadcast_ok\"".into())
        }
        "read" => Some(format!("\"type\":\"read_ok\",\"messages\":{}", Value::from(messages.clone()))),
        _ => None,
    })
}
