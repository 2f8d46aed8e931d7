//! What was found, in sum: one sentence in place of a list of cases, for the terminal and the top of the page.

use super::faults;
use super::proof::{cases, locate, node, proofs};
use super::text::{listed, thousands};
use super::traffic::{Traffic, micros};
use bench::options::Workload;
use bench::run::Record;
use edn::Value;
use judge::history::{Kind, Op};
use judge::{Finding, Results};
use machines::Time;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// All that was found, in a sentence without its period; none if nothing was, or if the first finding says it all.
pub fn sum(record: &Record, results: &Results) -> Option<String> {
    let sum = |finding: &Finding| match finding.kind {
        "lost" => lost(record, &results.value),
        "duplicated" => duplicated(record),
        "counter" => counter(record, finding),
        "other-than-asked" => {
            let count = count(&results.findings, finding.kind);
            Some(format!("{count} transactions were answered with something else than was asked for"))
        }
        _ => None,
    };
    results.findings.iter().find_map(sum).or_else(|| kinds(results))
}

/// Where the first value that was lost had been when it was last seen, if its messages are known: the page's own words.
pub fn whereabouts(record: &Record, results: &Results) -> Option<String> {
    if record.journal.entries.is_empty() {
        return None;
    }
    let mut proofs = proofs(record, results);
    proofs.retain(|proof| proof.kind == "lost");
    proofs.truncate(1);
    let start = record.start.unwrap_or_default();
    let focus_us = proofs.first()?.span_us.map(|(from_us, _)| from_us);
    let traffic = Traffic::new(&record.options, &record.journal, start, focus_us);
    let end_us = micros(Time::ZERO + record.duration, start);
    locate(&mut proofs, record, &traffic, &faults::faults(&record.history, end_us));
    proofs.pop()?.whereabouts
}

/// How many cases of each kind, where there are several.
fn kinds(results: &Results) -> Option<String> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for finding in &results.findings {
        match counts.iter_mut().find(|(kind, _)| *kind == finding.kind) {
            Some((_, count)) => *count += 1 + finding.more,
            None => counts.push((finding.kind, 1 + finding.more)),
        }
    }
    // Results know of cases that were not made into findings.
    for (kind, count) in &mut counts {
        let told = cases(&results.value).find(|(found, _)| found == kind).map_or(0, |(_, cases)| cases.len());
        *count = told.max(*count);
    }
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    let told: Vec<String> =
        counts.into_iter().map(|(kind, count)| format!("{} {kind}", thousands(count as i64))).collect();
    (total > 1).then(|| format!("found: {}", told.join(", ")))
}

fn count(findings: &[Finding], kind: &str) -> String {
    let of_kind = findings.iter().filter(|finding| finding.kind == kind);
    thousands(of_kind.map(|finding| 1 + finding.more as i64).sum())
}

/// `25 of 30 values lost; n3 lacks most, 20 of them`
fn lost(record: &Record, results: &Value) -> Option<String> {
    let workload = results.get("workload")?;
    let lost: BTreeSet<&Value> = workload.get("lost")?.elements()?.iter().collect();
    let attempts = workload.get("attempt-count").and_then(Value::as_integer);
    let values = attempts.map_or(String::new(), |all| format!(" of {}", thousands(all)));
    let mut words = format!("{}{values} values lost", thousands(lost.len() as i64));
    let mut lacks: Vec<(&str, usize)> = Vec::new();
    for (node, read) in last_reads(record) {
        let has: BTreeSet<Value> = read.value.items().into_iter().flatten().map(Cow::into_owned).collect();
        lacks.push((
            record.options.nodes.get(node)?,
            lost.iter().filter(|value| !has.contains(**value)).count(),
        ));
    }
    lacks.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    match lacks.as_slice() {
        [(node, most), (_, next), ..] if most > next => {
            words.push_str(&format!("; {node} lacks most, {} of them", thousands(*most as i64)));
        }
        [(_, most), .., (_, least)] if most == least && *most == lost.len() => {
            words.push_str("; no node has any of them in the end");
        }
        [(_, most), .., (_, least)] if most == least => {
            words.push_str(&format!("; every node lacks {} of them", thousands(*most as i64)));
        }
        _ => {}
    }
    Some(words)
}

/// Of each node, by position, the last read that succeeded.
pub(super) fn last_reads(record: &Record) -> BTreeMap<usize, &Op> {
    let reads =
        record.history.ops.iter().filter(|op| op.f == "read" && op.kind == Kind::Ok && op.is_client());
    reads.filter_map(|op| Some((node(record, op)?, op))).collect()
}

/// `120 ids were given out more than once, by n0, n1 and n2`
fn duplicated(record: &Record) -> Option<String> {
    if record.options.workload != Workload::UniqueIds {
        return None;
    }
    let shared = shared_ids(record);
    let nodes: BTreeSet<usize> = shared.values().flatten().copied().collect();
    let names: Vec<&str> = nodes.iter().map(|node| record.options.nodes[*node].as_str()).collect();
    Some(format!(
        "{} ids were given out more than once, by {}",
        thousands(shared.len() as i64),
        listed(&names)
    ))
}

/// Ids that were given out more than once, and by which nodes, each time.
pub(super) fn shared_ids(record: &Record) -> BTreeMap<&Value, Vec<usize>> {
    let mut givers: BTreeMap<&Value, Vec<usize>> = BTreeMap::new();
    for op in record.history.ops.iter().filter(|op| op.is_client() && op.kind == Kind::Ok) {
        givers.entry(&op.value).or_default().extend(node(record, op));
    }
    givers.retain(|_, nodes| nodes.len() > 1);
    givers
}

/// `the last reads saw 57 (n0 and n1) and 60 (n2): …`
fn counter(record: &Record, first: &Finding) -> Option<String> {
    let mut by_value: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    let finals = record.history.ops.iter().filter(|op| op.is_final && op.f == "read" && op.kind == Kind::Ok);
    for read in finals {
        let name = record.options.nodes.get(node(record, read)?)?;
        let nodes = by_value.entry(read.value.as_integer()?).or_default();
        if !nodes.contains(&name.as_str()) {
            nodes.push(name);
        }
    }
    if by_value.len() < 2 {
        return None;
    }
    let told: Vec<String> =
        by_value.iter().take(4).map(|(value, nodes)| format!("{value} ({})", listed(nodes))).collect();
    let allowed = first.explanation.rsplit_once("allow only ").map_or("", |(_, allowed)| allowed);
    Some(format!("the last reads saw {} where the adds allow only {allowed}", told.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench::options::Options;
    use machines::Broadcast;
    use std::time::Duration;
    use worlds::{simulated, spawn};

    #[test]
    fn lost_values_are_counted_and_who_lacks_most_is_named() {
        let mut options =
            Options { time_limit: Duration::from_secs(2), ..Options::new(Workload::Broadcast, 3) };
        options.rate = 50.0;
        let mut record = simulated::run(options, spawn::<Broadcast>(Default::default()));
        // Of all reads the one that began last, so that no later one has what it lacks.
        let pairs = record.history.pairs();
        let reads = last_reads(&record).into_iter().map(|(node, read)| (pairs[read.index], node, read.index));
        let (_, node, index) = reads.max().unwrap();
        let Value::Vector(values) = &mut record.history.ops[index].value else { panic!() };
        values.truncate(3);
        let results = record.judge();
        let sum = sum(&record, &results).unwrap();
        assert!(sum.contains(&format!(" values lost; n{node} lacks most, ")), "{sum}");
    }
}
