//! A picture of anomalies that are about offsets: a stretch of a log.

use edn::Value;
use judge::history::{History, Kind, Process};
use serde::Serialize;
use std::collections::BTreeMap;

/// Entries of a log that are shown before and after what matters.
const AROUND: usize = 3;
/// Entries of a log that are shown in all.
const MAX_ENTRIES: usize = 24;

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

impl Offsets {
    /// The stretch of log that a case is about, if it names a key and offsets. `last_op` is the last operation that proves it.
    pub fn new(history: &History, case: &Value, last_op: Option<usize>) -> Option<Offsets> {
        let key = case.get("key")?.clone();
        let marked: Vec<i64> = match (case.get("offsets"), case.get("offset")) {
            (Some(offsets), _) => offsets.elements()?.iter().filter_map(Value::as_integer).collect(),
            (None, Some(offset)) => vec![offset.as_integer()?],
            (None, None) => return None,
        };
        let (first, last) = (*marked.iter().min()?, *marked.iter().max()?);
        let is_jump = case.get("skipped").is_some();
        let process = last_op.map(|index| history.ops[index].process).filter(|_| is_jump);
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
