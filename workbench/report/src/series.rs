//! What changes over time: operations and their latencies, faults, how long values took to be everywhere.

use super::traffic::whole_micros;
use edn::Value;
use judge::{History, Kind, Op, Process};
use serde::Serialize;

/// Operations that a page plots. What comes later is left out, and the page says so.
pub const MAX_OPERATIONS: usize = 100_000;

/// Operations in columns, in the order in which they began.
#[derive(Debug, Default, Serialize)]
pub struct Operations {
    /// What they were, by name.
    pub names: Vec<&'static str>,
    /// When each began, in microseconds.
    pub began: Vec<i64>,
    /// How long it took; -1 if it never ended.
    pub took: Vec<i64>,
    /// Its name, by position.
    pub name: Vec<usize>,
    /// How it ended: 0 ok, 1 failed, 2 unknown.
    pub outcome: Vec<u8>,
    /// Operations that did not fit.
    pub left_out: usize,
}

/// A stretch of time in which something was broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What: `partition`, `kill`, `pause`.
    pub name: &'static str,
    /// When it began, in microseconds.
    pub from_us: i64,
    /// When it was over.
    pub to_us: i64,
    /// The nodes that it hit, by name; none if it is about links.
    pub nodes: Vec<String>,
    /// What exactly, as the nemesis says.
    pub what: String,
}

/// What the nemesis calls a fault when it begins and when it ends, and its name here.
const FAULTS: [(&str, &str, &str); 5] = [
    ("start-partition", "stop-partition", "partition"),
    ("start-one-way-link", "stop-one-way-link", "one-way-link"),
    ("start-latency-spike", "stop-latency-spike", "latency-spike"),
    ("kill", "start", KILL),
    ("pause", "resume", PAUSE),
];
/// What hits nodes; the others hit links.
const KILL: &str = "kill";
const PAUSE: &str = "pause";

/// Longest description of a fault, in characters.
const MAX_FAULT_LABEL: usize = 300;

impl Operations {
    /// The operations of clients.
    pub fn new(history: &History) -> Operations {
        let pairs = history.pairs();
        let mut operations = Operations::default();
        let invocations = history.ops.iter().filter(|op| op.is_client() && op.kind == Kind::Invoke);
        for op in invocations {
            if operations.began.len() == MAX_OPERATIONS {
                operations.left_out += 1;
                continue;
            }
            let end = pairs[op.index].map(|end| &history.ops[end]);
            operations.push(op, end);
        }
        operations
    }

    fn push(&mut self, op: &Op, end: Option<&Op>) {
        let name = self.names.iter().position(|name| *name == op.f).unwrap_or_else(|| {
            self.names.push(op.f);
            self.names.len() - 1
        });
        let began_us = whole_micros(op.time_ns);
        self.began.push(began_us);
        self.took.push(end.map_or(-1, |end| whole_micros(end.time_ns) - began_us));
        self.name.push(name);
        self.outcome.push(match end.map(|end| end.kind) {
            Some(Kind::Ok) => 0,
            Some(Kind::Fail) => 1,
            _ => 2,
        });
    }
}

/// When what was broken: from the moment that the nemesis had begun it until the moment that it had mended it, or the end.
pub fn faults(history: &History, end_us: i64) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for (begins, ends, name) in FAULTS {
        let mut open: Vec<Fault> = Vec::new();
        for op in history.ops.iter().filter(|op| op.process == Process::Nemesis) {
            let time_us = whole_micros(op.time_ns);
            if op.f == begins {
                begin(&mut open, name, time_us, &op.value);
            } else if op.f == ends {
                faults.extend(open.drain(..).map(|fault| Fault { to_us: time_us, ..fault }));
            }
        }
        faults.extend(open.into_iter().map(|fault| Fault { to_us: end_us, ..fault }));
    }
    faults.sort_by_key(|fault| (fault.from_us, fault.name));
    faults
}

/// Of the invocation of a fault and its completion, the second says what it hit. Nodes that are down already stay it.
fn begin(open: &mut Vec<Fault>, name: &'static str, time_us: i64, value: &Value) {
    let what: String = value.to_string().chars().take(MAX_FAULT_LABEL).collect();
    if name != KILL && name != PAUSE {
        return match open.last_mut() {
            Some(fault) => fault.what = what,
            None => open.push(Fault { name, from_us: time_us, to_us: time_us, nodes: Vec::new(), what }),
        };
    }
    let Value::Map(hit) = value else { return };
    let is_open = |node: &str| open.iter().any(|fault| fault.nodes.iter().any(|hit| hit == node));
    let was_running = |outcome: &Value| outcome.as_name() != Some("not-running");
    let names = hit.iter().filter(|(_, outcome)| was_running(outcome)).filter_map(|(node, _)| node.as_text());
    let nodes: Vec<String> = names.filter(|node| !is_open(node)).map(Into::into).collect();
    if !nodes.is_empty() {
        open.push(Fault { name, from_us: time_us, to_us: time_us, nodes, what });
    }
}
