//! When what was broken, and what exactly: `n1 | n0 n2 n3`.

use super::traffic::whole_micros;
use bench::nemesis::words;
use edn::Value;
use judge::{History, Process};
use serde::Serialize;

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
    /// What exactly, in a few words.
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

/// When what was broken: from the moment that the nemesis had begun it until the moment that it had mended it, or the end.
pub fn faults(history: &History, end_us: i64) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for (begins, ends, name) in FAULTS {
        let mut open: Vec<Fault> = Vec::new();
        for op in history.ops.iter().filter(|op| op.process == Process::Nemesis) {
            let time_us = whole_micros(op.time_ns);
            if op.f == begins {
                begin(&mut open, (name, op.f), time_us, &op.value);
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
fn begin(open: &mut Vec<Fault>, (name, f): (&'static str, &str), time_us: i64, value: &Value) {
    // The name stands before it.
    let what = words(f, value)
        .map(|words| words.split_once(": ").map_or(words.clone(), |(_, what)| what.to_owned()));
    let what: String = what.unwrap_or_default().chars().take(MAX_FAULT_LABEL).collect();
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
