//! A run as people can follow it: who said what to whom, when it arrived, and what was lost.

use bench::network::{Entry, Event};
use bench::run::Record;
use edn::Value;
use judge::history::Process;
use machines::Time;
use std::collections::HashMap;
use std::fmt::Write;

/// A body is shown up to this many characters.
const LONGEST_BODY: usize = 140;

/// The last `lines` things that happened in a run that kept its journal, a line each: messages, in the order in which they
/// were sent, and what the nemesis did.
///
/// ```text
///    1.207 s  n1 ──▶ n0   at 1.307 s   {"type":"gossip1", …
///    1.310 s  n2 ──▷ n0   cut          {"type":"gossip1", …
/// ```
pub fn trace(record: &Record, lines: usize) -> String {
    let fates = fates(&record.journal.entries);
    let sent = record.journal.entries.iter().filter(|entry| entry.event == Event::Send);
    let mut happened: Vec<(Time, String)> =
        sent.map(|entry| (entry.time, message(entry, fates.get(&entry.id)))).collect();
    happened.extend(nemesis(record));
    happened.sort_by_key(|(time, _)| *time);
    let left_out = happened.len().saturating_sub(lines);
    let mut text = String::new();
    if left_out > 0 {
        let _ = writeln!(text, "           … {left_out} earlier");
    }
    for (time, line) in &happened[left_out..] {
        let _ = writeln!(text, "{:>9} s  {line}", seconds(*time));
    }
    text
}

/// How a message ended: when it arrived, each time, or how it did not.
#[derive(Default)]
struct Fate {
    arrivals: Vec<Time>,
    lost: Option<&'static str>,
}

fn fates(entries: &[Entry]) -> HashMap<u64, Fate> {
    let mut fates: HashMap<u64, Fate> = HashMap::new();
    for entry in entries {
        let fate = fates.entry(entry.id).or_default();
        match entry.event {
            Event::Send => {}
            Event::Receive => fate.arrivals.push(entry.time),
            Event::Cut => fate.lost = Some("cut"),
            Event::Lost => fate.lost = Some("lost"),
        }
    }
    fates
}

fn message(entry: &Entry, fate: Option<&Fate>) -> String {
    let Entry { src, dest, body, .. } = entry;
    let arrivals = fate.map(|fate| fate.arrivals.as_slice()).unwrap_or_default();
    let (arrow, end) = match (arrivals, fate.and_then(|fate| fate.lost)) {
        ([], lost) => ("──▷", lost.unwrap_or("never read").to_owned()),
        ([time], _) => ("──▶", format!("at {} s", seconds(*time))),
        (times, _) => {
            let times: Vec<String> = times.iter().map(|time| seconds(*time)).collect();
            ("══▶", format!("at {} s", times.join(" and ")))
        }
    };
    let mut body = body.to_string();
    if let Some((cut, _)) = body.char_indices().nth(LONGEST_BODY) {
        body.truncate(cut);
        body.push('…');
    }
    format!("{src:>7} {arrow} {dest:<7} {end:<12} {body}")
}

/// What the nemesis did: the completions of its operations.
fn nemesis(record: &Record) -> impl Iterator<Item = (Time, String)> {
    let start = record.start.unwrap_or_default().since(Time::ZERO);
    let ops = record.history.ops.iter().filter(|op| op.process == Process::Nemesis);
    ops.map(move |op| {
        let value = if op.value == Value::Nil { String::new() } else { op.value.to_string() };
        (Time::from_nanos(op.time_ns) + start, format!("nemesis {} {value}", op.f))
    })
}

/// To the millisecond.
fn seconds(time: Time) -> String {
    let millis = time.as_nanos() / 1_000_000;
    format!("{}.{:03}", millis / 1_000, millis % 1_000)
}
