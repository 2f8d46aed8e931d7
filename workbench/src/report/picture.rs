//! Pictures of anomalies that are about order: a circle of transactions, a stretch of a log.

use super::proof::Shown;
use crate::edn::Value;
use crate::history::{History, Kind, Process};
use serde::Serialize;
use std::collections::BTreeMap;
use std::f64::consts::TAU;

/// Entries of a log that are shown before and after what matters.
const AROUND: usize = 3;
/// Entries of a log that are shown in all.
const MAX_ENTRIES: usize = 24;
/// Longer descriptions of a transaction are cut, in characters.
const MAX_LABEL: usize = 38;
/// The circle that transactions stand on, in the units of the drawing.
const RADIUS: (f64, f64) = (310.0, 160.0);
/// The drawing's middle.
const MIDDLE: (f64, f64) = (450.0, 215.0);
/// Half the size of a transaction's box.
const BOX: (f64, f64) = (140.0, 24.0);

/// Transactions that wait for each other in a circle, laid out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cycle {
    /// The transactions.
    pub transactions: Vec<Transaction>,
    /// Why each comes before the next.
    pub edges: Vec<Edge>,
}

/// A transaction's place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transaction {
    /// Middle of its box.
    pub x: f64,
    /// Middle of its box.
    pub y: f64,
    /// Which it is.
    pub title: String,
    /// What it did.
    pub label: String,
}

/// Why a transaction comes before another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edge {
    /// From where, through which point, to where.
    pub path: String,
    /// Middle of its label.
    pub x: f64,
    /// Middle of its label.
    pub y: f64,
    /// What it depends on: `ww`, `wr`, `rw`, `process` or `realtime`, and the key.
    pub label: String,
    /// The first part of the label, as a class.
    pub kind: String,
}

/// A stretch of a log, as all sends and polls together show it, and what one process saw of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offsets {
    /// The log.
    pub key: String,
    /// The process that jumped, if it is about one.
    pub process: Option<String>,
    /// Its entries, in order.
    pub entries: Vec<LogEntry>,
}

/// An entry of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// Where.
    pub offset: i64,
    /// What.
    pub message: String,
    /// How it is shown: `seen`, `edge` (the process was here before and after), `skipped` or `other`.
    pub class: &'static str,
}

impl Cycle {
    /// The cycle of a case, if it is one.
    pub fn new(case: &Value) -> Option<Cycle> {
        let steps = case.get("steps")?.elements()?;
        let around = case.get("cycle")?.elements()?;
        let count = steps.len();
        let place = |number: usize| {
            // Two stand side by side; more begin at the top.
            let turn = number as f64 / count as f64 - if count == 2 { 0.5 } else { 0.25 };
            let angle = turn * TAU;
            (MIDDLE.0 + RADIUS.0 * angle.cos(), MIDDLE.1 + RADIUS.1 * angle.sin())
        };
        let transactions = around.iter().take(count).enumerate().map(|(number, op)| {
            let (x, y) = place(number);
            let shown = |key: &str| op.get(key).map(ToString::to_string).unwrap_or_default();
            let title = format!("op {} · process {}", shown("index"), shown("process"));
            Transaction { x, y, title, label: cut(&shown("value")) }
        });
        let edges = steps.iter().enumerate().map(|(number, step)| {
            let kind = step.get("type").and_then(Value::as_name).unwrap_or("?").to_owned();
            let key = step.get("key").map(|key| format!(" {key}")).unwrap_or_default();
            let label = format!("{kind}{key}");
            edge(place(number), place((number + 1) % count), count == 2 && number == 1, label, kind)
        });
        Some(Cycle { transactions: transactions.collect(), edges: edges.collect() })
    }
}

/// A curve that bends away from the middle, from the edge of one box to that of the other.
fn edge(from: (f64, f64), to: (f64, f64), is_way_back: bool, label: String, kind: String) -> Edge {
    let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
    let outwards = (middle.0 - MIDDLE.0, middle.1 - MIDDLE.1);
    let bend = if outwards.0.hypot(outwards.1) < 1.0 {
        (middle.0, middle.1 + if is_way_back { 120.0 } else { -120.0 })
    } else {
        (middle.0 + outwards.0 * 0.25, middle.1 + outwards.1 * 0.25)
    };
    let (start, end) = (leave(from, bend), leave(to, bend));
    Edge {
        path: format!(
            "M{:.1} {:.1} Q{:.1} {:.1} {:.1} {:.1}",
            start.0, start.1, bend.0, bend.1, end.0, end.1
        ),
        x: (start.0 + 2.0 * bend.0 + end.0) / 4.0,
        y: (start.1 + 2.0 * bend.1 + end.1) / 4.0,
        label,
        kind,
    }
}

/// Where the line from the middle of a box to a point leaves the box.
fn leave(middle: (f64, f64), to: (f64, f64)) -> (f64, f64) {
    let (dx, dy) = (to.0 - middle.0, to.1 - middle.1);
    let scale = (BOX.0 / dx.abs().max(1e-9)).min((BOX.1 + 3.0) / dy.abs().max(1e-9)).min(1.0);
    (middle.0 + dx * scale, middle.1 + dy * scale)
}

impl Offsets {
    /// The stretch of log that a case is about, if it names a key and offsets.
    pub fn new(history: &History, case: &Value, evidence: &[Shown]) -> Option<Offsets> {
        let key = case.get("key")?.clone();
        let marked: Vec<i64> = match (case.get("offsets"), case.get("offset")) {
            (Some(offsets), _) => offsets.elements()?.iter().filter_map(Value::as_integer).collect(),
            (None, Some(offset)) => vec![offset.as_integer()?],
            (None, None) => return None,
        };
        let (first, last) = (*marked.iter().min()?, *marked.iter().max()?);
        let is_jump = case.get("skipped").is_some();
        let process = evidence.last().map(|shown| history.ops[shown.index].process).filter(|_| is_jump);
        let log = read(history, &key, process);
        let before = log.range(..first).rev().take(AROUND).map(|(offset, _)| *offset).last().unwrap_or(first);
        let after = log.range(last..).nth(AROUND).map_or(i64::MAX, |(offset, _)| *offset);
        let class = |offset: i64, was_seen: bool| match (marked.contains(&offset), is_jump) {
            (true, true) => "edge",
            (true, false) => "skipped",
            _ if is_jump && (first..=last).contains(&offset) => "skipped",
            _ if was_seen => "seen",
            _ => "other",
        };
        let entries =
            log.range(before..after.max(before)).take(MAX_ENTRIES).map(|(&offset, (messages, was_seen))| {
                LogEntry { offset, message: messages.join(" / "), class: class(offset, *was_seen) }
            });
        Some(Offsets {
            key: key.to_string(),
            process: process.map(|process| process.to_value().to_string()),
            entries: entries.collect(),
        })
    }
}

/// What a key's log holds, by offset: the messages, and whether this process (or anyone, if it is about nobody) polled it.
fn read(history: &History, key: &Value, process: Option<Process>) -> BTreeMap<i64, (Vec<String>, bool)> {
    let mut log: BTreeMap<i64, (Vec<String>, bool)> = BTreeMap::new();
    let mut note = |offset: &Value, message: &Value, was_seen: bool| {
        let Some(offset) = offset.as_integer() else { return };
        let (messages, seen) = log.entry(offset).or_default();
        let message = message.to_string();
        if !messages.contains(&message) {
            messages.push(message);
        }
        *seen |= was_seen;
    };
    for op in history.ops.iter().filter(|op| op.kind == Kind::Ok) {
        let reads = process.is_none_or(|process| process == op.process);
        for step in op.value.elements().unwrap_or_default().iter().filter_map(Value::elements) {
            match (step.first().and_then(Value::as_name), step) {
                (Some("send"), [_, sent, Value::Vector(pair)]) if sent == key && pair.len() == 2 => {
                    note(&pair[0], &pair[1], false);
                }
                (Some("poll"), [_, Value::Map(logs)]) => {
                    let polled = logs.iter().filter(|(polled, _)| polled == key);
                    for pair in polled.flat_map(|(_, log)| log.elements().unwrap_or_default()) {
                        if let Some([offset, message]) = pair.elements() {
                            note(offset, message, reads);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    log
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_LABEL) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
