//! What changes over time: operations and their latencies, faults, how long values took to be everywhere.

use super::traffic::micros;
use crate::history::{History, Kind, Op, Process};
use machines::Time;
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
    /// What: `partition`.
    pub name: String,
    /// When it began, in microseconds.
    pub from_us: i64,
    /// When it was over.
    pub to_us: i64,
    /// What exactly, as the nemesis says.
    pub what: String,
}

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
        let began_us = micros(op.time, Time::ZERO);
        self.began.push(began_us);
        self.took.push(end.map_or(-1, |end| micros(end.time, Time::ZERO) - began_us));
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
    let mut open: Vec<usize> = Vec::new();
    for op in history.ops.iter().filter(|op| op.process == Process::Nemesis) {
        let time_us = micros(op.time, Time::ZERO);
        let Some((begins, name)) = part(op.f) else { continue };
        if begins {
            let what: String = op.value.to_string().chars().take(MAX_FAULT_LABEL).collect();
            // Of an invocation and its completion, the second says who is cut off from whom.
            match open.iter().find(|&&fault| faults[fault].name == name) {
                Some(&fault) => faults[fault].what = what,
                None => {
                    open.push(faults.len());
                    faults.push(Fault { name: name.to_owned(), from_us: time_us, to_us: end_us, what });
                }
            }
        } else {
            open.retain(|&fault| {
                let ends = faults[fault].name == name;
                if ends {
                    faults[fault].to_us = time_us;
                }
                !ends
            });
        }
    }
    faults
}

/// Whether an operation of the nemesis begins or ends a fault, and which.
fn part(f: &str) -> Option<(bool, &str)> {
    let begins = f.strip_prefix("start-").map(|name| (true, name));
    begins.or_else(|| f.strip_prefix("stop-").map(|name| (false, name)))
}
