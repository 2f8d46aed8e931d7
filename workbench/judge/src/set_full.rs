//! `broadcast` and `g-set`: every value added must show up in reads and stay there (§9.3, §9.4).
//!
//! This is the "set-full" analysis. What matters about a value is the last read that had it and the last that had not, by the
//! moment at which the read *began*: a value is lost if a read that began after it was known to be there lacks it, and no
//! later one has it.

mod observe;

use super::context::Context;
use super::finding::{brief, findings};
use super::{Finding, Validity, Verdict};
use edn::Value;
use observe::Element;
use std::cmp::Reverse;

/// How many of the stalest values the results describe.
const MAX_WORST: usize = 8;

/// Judges a history in which `add` adds a value and `read` reads them all.
pub(super) fn check(context: &Context<'_>, add: &str) -> Verdict {
    let elements = observe::elements(context, add);
    let outcomes = elements.iter().map(|element| (element, outcome(context, element)));
    let mut stable = Vec::new();
    let mut lost = Vec::new();
    let mut never_read = Vec::new();
    for (element, outcome) in outcomes {
        match outcome {
            Outcome::Stable { latency_ms } => stable.push((element, latency_ms)),
            Outcome::Lost { latency_ms } => lost.push((element, latency_ms)),
            Outcome::NeverRead => never_read.push(element),
        }
    }
    let valid = match (lost.is_empty(), stable.is_empty()) {
        (false, _) => Validity::False,
        (true, true) => Validity::Unknown,
        (true, false) => Validity::True,
    };
    let value = results(context, valid, elements.len(), &stable, &lost, &never_read);
    Verdict { valid, value, findings: explain(context, valid, &lost, &never_read) }
}

/// How long each value took until it was there to stay, in the order in which they were added.
pub(super) fn stable_latencies_ms(context: &Context<'_>, add: &str) -> Vec<u64> {
    let elements = observe::elements(context, add);
    let outcomes = elements.iter().map(|element| outcome(context, element));
    let latency_ms = |outcome| match outcome {
        Outcome::Stable { latency_ms } => Some(latency_ms),
        Outcome::Lost { .. } | Outcome::NeverRead => None,
    };
    outcomes.filter_map(latency_ms).collect()
}

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Reads had it to the end. It took this long from when it was known until the last read without it began.
    Stable { latency_ms: u64 },
    /// It was known, and is gone. It was there for this long.
    Lost { latency_ms: u64 },
    /// No read had to have it.
    NeverRead,
}

fn outcome(context: &Context<'_>, element: &Element<'_>) -> Outcome {
    match (element.known, element.last_present, element.last_absent) {
        (Some(known), Some(present), absent) if absent.is_none_or(|absent| absent < present) => {
            Outcome::Stable { latency_ms: latency_ms(context, known, absent) }
        }
        (Some(known), present, Some(absent)) if known < absent => {
            Outcome::Lost { latency_ms: latency_ms(context, known, present) }
        }
        _ => Outcome::NeverRead,
    }
}

/// Whole milliseconds from the operation `known` to just after `end`; nothing if there is no end, or it came before.
fn latency_ms(context: &Context<'_>, known: usize, end: Option<usize>) -> u64 {
    let end_ns = end.map_or(0, |end| context.op(end).time_ns + 1);
    end_ns.saturating_sub(context.op(known).time_ns) / 1_000_000
}

type Timed<'e, 'a> = (&'e Element<'a>, u64);

fn results(
    context: &Context<'_>,
    valid: Validity,
    attempts: usize,
    stable: &[Timed<'_, '_>],
    lost: &[Timed<'_, '_>],
    never_read: &[&Element<'_>],
) -> Value {
    let mut stale: Vec<_> = stable.iter().copied().filter(|(_, latency_ms)| *latency_ms > 0).collect();
    let stale_values = values(stale.iter().map(|(element, _)| *element));
    let stale_count = stale.len();
    stale.sort_by_key(|(_, latency_ms)| Reverse(*latency_ms));
    let worst = stale.into_iter().take(MAX_WORST).map(|timed| stale_element(context, timed)).collect();
    let mut entries = vec![
        ("worst-stale", Value::List(worst)),
        // Upstream inverts its test for duplicates, so it never reports any, and neither do we: a read that has an
        // element twice is as good as one that has it once.
        ("duplicated-count", Value::Integer(0)),
        ("valid?", valid.into()),
        ("lost-count", Value::count(lost.len())),
        ("lost", values(lost.iter().map(|(element, _)| *element))),
        ("stable-count", Value::count(stable.len())),
        ("stale-count", Value::count(stale_count)),
        ("stale", stale_values),
        ("never-read-count", Value::count(never_read.len())),
    ];
    for (key, timed) in [("stable-latencies", stable), ("lost-latencies", lost)] {
        if !timed.is_empty() {
            entries.push((key, quantiles(timed.iter().map(|(_, latency_ms)| *latency_ms).collect())));
        }
    }
    entries.push(("attempt-count", Value::count(attempts)));
    entries.push(("never-read", values(never_read.iter().copied())));
    entries.push(("duplicated", Value::Map(Vec::new())));
    Value::Map(entries.into_iter().map(|(key, value)| (Value::keyword(key), value)).collect())
}

fn values<'e, 'a: 'e>(elements: impl Iterator<Item = &'e Element<'a>>) -> Value {
    let mut values: Vec<Value> = elements.map(|element| element.value.clone()).collect();
    values.sort();
    Value::List(values)
}

fn stale_element(context: &Context<'_>, (element, latency_ms): Timed<'_, '_>) -> Value {
    let op = |index: Option<usize>| index.map_or(Value::Nil, |index| context.op(index).to_value());
    Value::map([
        ("element", element.value.clone()),
        ("outcome", Value::keyword("stable")),
        ("stable-latency", milliseconds(latency_ms)),
        ("lost-latency", Value::Nil),
        ("known", op(element.known)),
        ("last-absent", op(element.last_absent)),
    ])
}

/// Quantiles without interpolation: the element at ⌊N × q⌋ of N sorted ones, or the last.
fn quantiles(mut latencies_ms: Vec<u64>) -> Value {
    latencies_ms.sort_unstable();
    let last = latencies_ms.len() - 1;
    let at = |q: f64| latencies_ms[last.min((latencies_ms.len() as f64 * q) as usize)];
    let quantiles = [0.0, 0.5, 0.95, 0.99, 1.0].map(|q| {
        let key = if q == 0.0 || q == 1.0 { Value::Integer(q as i64) } else { Value::Float(q) };
        (key, milliseconds(at(q)))
    });
    Value::Map(quantiles.to_vec())
}

fn milliseconds(latency_ms: u64) -> Value {
    Value::Integer(i64::try_from(latency_ms).unwrap_or(i64::MAX))
}

fn explain(
    context: &Context<'_>,
    valid: Validity,
    lost: &[Timed<'_, '_>],
    never_read: &[&Element<'_>],
) -> Vec<Finding> {
    if valid == Validity::Unknown {
        let explanation = match never_read.len() {
            0 => "nothing was added".to_owned(),
            count => format!("none of {count} values added was ever read"),
        };
        let first = never_read.iter().take(1).map(|element| context.evidence(element.added));
        return vec![Finding {
            kind: "never-read",
            costs: valid,
            explanation,
            evidence: first.collect(),
            more: 0,
        }];
    }
    findings(lost, |(element, _)| lost_finding(context, element))
}

fn lost_finding(context: &Context<'_>, element: &Element<'_>) -> Finding {
    let read_end = |invoke: usize| context.other_half(context.op(invoke)).map_or(invoke, |end| end.index);
    let present = element.last_present.map(read_end);
    let absent = element.last_absent.map(read_end);
    let mut evidence: Vec<usize> = [element.known, present, absent].into_iter().flatten().collect();
    evidence.dedup();
    let value = brief(element.value);
    let explanation = match present {
        Some(_) => format!("value {value} was read, but later reads lack it"),
        None => format!("value {value} was acknowledged, but no later read has it"),
    };
    Finding {
        kind: "lost",
        costs: Validity::False,
        explanation,
        evidence: evidence.into_iter().map(|index| context.evidence(index)).collect(),
        more: 0,
    }
}

#[cfg(test)]
mod tests;
