//! What proves that a run is not valid, as a page shows it: for each finding the operations behind it, their messages, the
//! stretch of time to look at, and a picture where words are not enough.

use super::Fate;
use super::chains::Chain;
use super::cycle::Cycle;
use super::faults::Fault;
use super::mentions::{self, Atom};
use super::picture::Offsets;
use super::row::Row;
use super::traffic::{Traffic, whole_micros};
use bench::run::Record;
use edn::Value;
use judge::history::{History, Kind, Op};
use judge::{Finding, Results};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Findings that a page shows. The results have them all.
pub const MAX_PROOFS: usize = 24;
/// Messages of one finding that are highlighted.
const MAX_ROWS: usize = 200;

/// A finding, ready to be shown.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// The name of what is wrong.
    pub kind: &'static str,
    /// What that name means.
    pub meaning: Option<String>,
    /// What is wrong.
    pub words: String,
    /// How many more cases of this kind there are that are not told.
    pub more: usize,
    /// The operations that prove it.
    pub evidence: Vec<Shown>,
    /// The stretch of time to look at, in microseconds.
    pub span_us: Option<(i64, i64)>,
    /// The messages of those operations.
    pub rows: Vec<usize>,
    /// The chain of the value that it is about.
    pub chain: Option<usize>,
    /// Where a value was when it was last seen.
    pub whereabouts: Option<String>,
    /// The transactions that wait for each other in a circle.
    pub cycle: Option<Cycle>,
    /// The part of a log that was skipped or lost.
    pub offsets: Option<Offsets>,
}

/// An operation that proves something.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// Its place in the history.
    pub index: usize,
    /// When it began and ended, in microseconds.
    pub span_us: (i64, i64),
    /// Who and where.
    pub who: String,
    /// The node that was asked, by its position.
    pub node: Option<usize>,
    /// What it did and how that ended.
    pub what: String,
}

/// The findings of a run, before its traffic is known: what their evidence is and when.
pub fn proofs(record: &Record, results: &Results) -> Vec<Proof> {
    let pairs = record.history.pairs();
    let mut seen = BTreeMap::new();
    let shown = results.findings.iter().take(MAX_PROOFS).map(|finding| {
        let number: &mut usize = seen.entry(finding.kind).or_default();
        *number += 1;
        proof(&record.history, &pairs, results, finding, *number - 1)
    });
    shown.collect()
}

/// Finds the messages and the chains that belong to the proofs.
pub fn locate(proofs: &mut [Proof], record: &Record, traffic: &Traffic, faults: &[Fault]) {
    let pairs = record.history.pairs();
    for proof in proofs {
        for shown in &mut proof.evidence {
            shown.node = node(record, &record.history.ops[shown.index]);
        }
        let indices: Vec<usize> = proof.evidence.iter().map(|shown| shown.index).collect();
        let atom = subject(&record.history, &pairs, proof.kind, &indices);
        proof.chain = atom.and_then(|atom| traffic.chains.find(atom));
        proof.rows = indices.iter().flat_map(|&index| messages(record, &pairs, traffic, index)).collect();
        proof.rows.sort_unstable();
        proof.rows.dedup();
        proof.rows.truncate(MAX_ROWS);
        if proof.kind == "lost"
            && let Some(chain) = proof.chain
        {
            proof.whereabouts = Some(whereabouts(traffic, chain, faults));
        }
    }
}

fn proof(
    history: &History,
    pairs: &[Option<usize>],
    results: &Results,
    finding: &Finding,
    number: usize,
) -> Proof {
    let evidence: Vec<Shown> = finding
        .evidence
        .iter()
        .map(|evidence| {
            let node = evidence.node.as_ref().map(|node| format!(" at {node}")).unwrap_or_default();
            let process = evidence.process.to_value();
            Shown {
                index: evidence.index,
                span_us: span(history, pairs, evidence.index),
                who: format!("process {process}{node}"),
                node: None,
                what: evidence.what.clone(),
            }
        })
        .collect();
    let first = evidence.iter().map(|shown| shown.span_us.0).min();
    let last = evidence.iter().map(|shown| shown.span_us.1).max();
    let case = case(&results.value, finding.kind, number);
    Proof {
        kind: finding.kind,
        meaning: judge::meaning(finding.kind),
        words: super::text::sentence(&finding.explanation),
        more: finding.more,
        span_us: first.zip(last),
        rows: Vec::new(),
        chain: None,
        whereabouts: None,
        cycle: case.and_then(Cycle::new).map(|mut cycle| {
            cycle.number(&evidence.iter().map(|shown| shown.index).collect::<Vec<_>>());
            cycle
        }),
        offsets: case.and_then(|case| Offsets::new(history, case, evidence.last().map(|shown| shown.index))),
        evidence,
    }
}

/// What the results say about the case that became the finding of this kind with this number.
fn case<'a>(results: &'a Value, kind: &str, number: usize) -> Option<&'a Value> {
    cases(results).find(|(found, _)| *found == kind)?.1.get(number)
}

/// The cases of each anomaly, as the results have them: those of transactions under `:anomalies`, those of logs each under
/// its name.
pub fn cases(results: &Value) -> impl Iterator<Item = (&str, &[Value])> {
    let workload = results.get("workload").unwrap_or(&Value::Nil);
    let entries = match workload.get("anomalies").unwrap_or(workload) {
        Value::Map(entries) => entries.as_slice(),
        _ => &[],
    };
    entries
        .iter()
        .filter_map(|(kind, found)| Some((kind.as_name()?, found.get("errs").unwrap_or(found).elements()?)))
}

/// When an operation began and ended.
fn span(history: &History, pairs: &[Option<usize>], index: usize) -> (i64, i64) {
    let at = |index: usize| whole_micros(history.ops[index].time_ns);
    let other = pairs[index].map_or(index, |other| other);
    (at(index.min(other)), at(index.max(other)))
}

/// The value that a finding is about, if that can be told from the operations behind it: what the first of them that
/// wrote something wrote. For a lost value that only reads tell of, it is what the last of them lacks.
fn subject(history: &History, pairs: &[Option<usize>], kind: &str, evidence: &[usize]) -> Option<Atom> {
    let ops: Vec<&Op> = evidence.iter().map(|&index| &history.ops[index]).collect();
    let completed = |op: &Op| match op.kind {
        Kind::Invoke => pairs[op.index].unwrap_or(op.index),
        _ => op.index,
    };
    let written = ops.iter().find_map(|op| {
        let op = &history.ops[completed(op)];
        mentions::brought_by(op.f, &op.value).first().copied()
    });
    if written.is_some() || kind != "lost" {
        return written;
    }
    let read =
        |op: &&Op| Some(history.ops[completed(op)].value.items()?.map(Cow::into_owned).collect::<Vec<_>>());
    let had = ops.first().and_then(read)?;
    let lacks = ops.last().and_then(read)?;
    let value = had.iter().find(|value| !lacks.contains(value))?.as_integer()?;
    Some(Atom { key: None, value })
}

/// The messages between an operation's client and its node.
fn messages(record: &Record, pairs: &[Option<usize>], traffic: &Traffic, index: usize) -> Vec<usize> {
    let (from_us, to_us) = span(&record.history, pairs, index);
    let first = traffic.rows.partition_point(|row| row.sent_us < from_us);
    let node = node(record, &record.history.ops[index]);
    let during = || {
        let rows = traffic.rows[first..].iter().take_while(|row| row.sent_us <= to_us);
        rows.enumerate().map(|(offset, row)| (first + offset, row))
    };
    // Of clients that ask the node at that moment, it is one whose answer came when the operation ended. What prepared
    // the node may have done both; that came before.
    let asks = |row: &&Row| row.sent_us == from_us && row.src >= traffic.servers && Some(row.dest) == node;
    let clients: Vec<usize> = during().map(|(_, row)| row).filter(asks).map(|row| row.src).collect();
    let is_answered =
        |client: &&usize| during().any(|(_, row)| row.dest == **client && row.end_us == Some(to_us));
    let Some(&client) = clients.iter().rev().find(is_answered).or(clients.last()) else { return Vec::new() };
    let is_its = |row: &Row| row.src == client || row.dest == client;
    during().filter(|(_, row)| is_its(row)).map(|(position, _)| position).collect()
}

/// Thread i talks to node i mod n, and a thread's process numbers differ by the number of threads (§6.1).
pub(super) fn node(record: &Record, op: &Op) -> Option<usize> {
    let judge::history::Process::Client(process) = op.process else { return None };
    let thread = process as usize % record.options.concurrency.max(1);
    Some(thread % record.options.nodes.len().max(1))
}

/// Where a value went, from its chain, and what became of it there.
fn whereabouts(traffic: &Traffic, chain: usize, faults: &[Fault]) -> String {
    let Chain { atom, steps } = &traffic.chains.values[chain];
    let rows = || steps.iter().map(|&step| &traffic.rows[step]);
    let name = |name: usize| traffic.names[name].as_ref();
    let arrivals: Vec<(&str, i64)> = rows()
        .filter(|row| row.dest < traffic.nodes && row.fate == Fate::Delivered)
        .map(|row| (name(row.dest), row.end_us.unwrap_or(row.sent_us)))
        .collect();
    let mut holders: Vec<&str> = Vec::new();
    for (node, _) in &arrivals {
        if !holders.contains(node) {
            holders.push(node);
        }
    }
    let mut words = match holders.as_slice() {
        [] => format!("Value {atom} reached no node."),
        [only] => format!("Value {atom} reached {only} and, as far as messages show, no other node."),
        [first, others @ ..] => format!("Value {atom} reached {first} and from there {}.", others.join(", ")),
    };
    let dropped: Vec<&Row> = rows().filter(|row| matches!(row.fate, Fate::Cut | Fate::Lost)).collect();
    if let Some(last) = dropped.last() {
        let count =
            if dropped.len() == 1 { "One message".into() } else { format!("{} messages", dropped.len()) };
        let were = if dropped.len() == 1 { "was" } else { "were" };
        let seconds = last.end_us.unwrap_or(last.sent_us) as f64 / 1e6;
        let (src, dest) = (name(last.src), name(last.dest));
        words.push_str(&format!(
            " {count} that carried it {were} dropped, the last at {seconds:.3} s from {src} to {dest}."
        ));
    }
    if let Some((node, killed_us)) = last_killed(&arrivals, faults) {
        let seconds = killed_us as f64 / 1e6;
        words.push_str(&format!(" It was last at {node}, which was killed at {seconds:.3} s."));
    }
    words
}

/// Of the nodes that a value came to the last to be killed, and when; none if one of them was not.
fn last_killed<'a>(arrivals: &[(&'a str, i64)], faults: &[Fault]) -> Option<(&'a str, i64)> {
    let killed = arrivals.iter().map(|&(node, since_us)| {
        let hits = |fault: &&Fault| {
            fault.name == "kill" && fault.from_us >= since_us && fault.nodes.iter().any(|hit| hit == node)
        };
        Some((node, faults.iter().find(hits)?.from_us))
    });
    killed.collect::<Option<Vec<_>>>()?.into_iter().max_by_key(|(_, killed_us)| *killed_us)
}
