//! Checks that only others' tools run, as Jepsen and elle-cli have them: `bank`, `comments`, `counter`, `long-fork`,
//! `sequential` and `set`.

use super::check::reversed_keys;
use super::context::Context;
use super::finding::{brief, findings};
use super::{BankRules, Finding, Validity, Verdict};
use crate::history::{Kind, Op};
use edn::Value;
use std::collections::{BTreeMap, BTreeSet};

fn bad(kind: &'static str, explanation: String, context: &Context<'_>, proof: &[usize]) -> Finding {
    let evidence = proof.iter().map(|&index| context.evidence(index)).collect();
    Finding { kind, costs: Validity::False, explanation, evidence, more: 0 }
}

fn ok_reads<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a Op> {
    context.client_ops().filter(|op| op.kind == Kind::Ok && op.f == "read")
}

/// A verdict that rests on reads: without any there is none.
fn verdict(found: Vec<Finding>, is_judged: bool, mut entries: Vec<(&'static str, Value)>) -> Verdict {
    let valid = match (found.is_empty(), is_judged) {
        (false, _) => Validity::False,
        (true, true) => Validity::True,
        (true, false) => Validity::Unknown,
    };
    let mut found = findings(&found, Finding::clone);
    if valid == Validity::Unknown {
        let explanation = "no read succeeded, so there is nothing to judge".to_owned();
        found.push(Finding { kind: "never-read", costs: valid, explanation, evidence: Vec::new(), more: 0 });
    }
    entries.insert(0, ("valid?", valid.into()));
    let value = entries.into_iter().map(|(key, value)| (Value::keyword(key), value)).collect();
    Verdict { valid, value: Value::Map(value), findings: found }
}

/// Every read must show the same accounts, and the same sum of what they hold.
pub(super) fn bank(context: &Context<'_>, rules: BankRules) -> Verdict {
    let sum = |balances: &BTreeMap<&Value, &Value>| {
        balances.values().map(|balance| balance.as_integer().map(i128::from)).sum::<Option<i128>>()
    };
    let mut first: Option<(BTreeSet<&Value>, i128)> = None;
    let mut found = Vec::new();
    for read in ok_reads(context) {
        let Value::Map(entries) = &read.value else { continue };
        let balances: BTreeMap<&Value, &Value> =
            entries.iter().map(|(account, balance)| (account, balance)).collect();
        let mut add = |explanation| found.push(bad("bank", explanation, context, &[read.index]));
        let Some(total) = sum(&balances) else {
            add(format!("a read shows an account whose balance is not an integer: {}", brief(&read.value)));
            continue;
        };
        let accounts: BTreeSet<&Value> = balances.keys().copied().collect();
        let (known, expected) =
            first.get_or_insert_with(|| (accounts.clone(), rules.total.map_or(total, i128::from)));
        if accounts != *known {
            add(format!("a read shows other accounts than the first did: {}", brief(&read.value)));
        } else if total != *expected {
            add(format!("a read shows {total} in all accounts together, where there are {expected}"));
        } else if !rules.negative_balances
            && let Some((account, balance)) =
                balances.iter().find(|(_, balance)| balance.as_integer() < Some(0))
        {
            add(format!("account {account} holds {balance}"));
        }
    }
    let total = first.as_ref().map_or(Value::Nil, |(_, total)| Value::from_digits(&total.to_string()));
    let count = ("read-count", Value::count(ok_reads(context).count()));
    let errors = ("error-count", Value::count(found.len()));
    verdict(found, first.is_some(), vec![count, errors, ("total-amount", total)])
}

/// A read must lie between all that was certain to be added when it began and all that may have been when it ended.
pub(super) fn counter(context: &Context<'_>) -> Verdict {
    let (mut lower, mut upper): (i128, i128) = (0, 0);
    let mut begun: BTreeMap<usize, i128> = BTreeMap::new();
    let mut reads = Vec::new();
    let mut found = Vec::new();
    for op in context.client_ops() {
        let other = context.other_half(op);
        let failed = op.kind == Kind::Invoke && other.is_some_and(|end| end.kind == Kind::Fail);
        match (op.f, op.kind) {
            _ if failed => {}
            ("add", Kind::Invoke) => {
                let delta = i128::from(op.value.as_integer().unwrap_or(0));
                (lower, upper) = (lower + delta.min(0), upper + delta.max(0));
            }
            ("add", Kind::Ok) => {
                let delta = other.and_then(|invoke| invoke.value.as_integer()).map_or(0, i128::from);
                (lower, upper) = (lower + delta.max(0), upper + delta.min(0));
            }
            ("read", Kind::Invoke) => drop(begun.insert(op.index, lower)),
            ("read", Kind::Ok) => {
                let low = other.and_then(|invoke| begun.remove(&invoke.index)).unwrap_or(lower);
                let fits =
                    op.value.as_integer().is_some_and(|read| (low..=upper).contains(&i128::from(read)));
                let number = |number: i128| Value::from_digits(&number.to_string());
                if !fits {
                    let read = brief(&op.value);
                    let told = format!("a read saw {read}, where additions allow only {low} to {upper}");
                    found.push(bad("counter", told, context, &[op.index]));
                    reads.push(Value::Vector(vec![number(low), op.value.clone(), number(upper)]));
                }
            }
            _ => {}
        }
    }
    let is_judged = ok_reads(context).next().is_some();
    verdict(found, is_judged, vec![("errors", Value::List(reads))])
}

/// What was added is in the last read, and nothing else is.
pub(super) fn set(context: &Context<'_>) -> Verdict {
    let adds = || context.client_ops().filter(|op| op.f == "add");
    let attempted: BTreeSet<&Value> =
        adds().filter(|op| op.kind == Kind::Invoke).map(|op| &op.value).collect();
    let acknowledged = adds().filter(|op| op.kind == Kind::Ok);
    let acknowledged = acknowledged.map(|op| (&context.other_half(op).unwrap_or(op).value, op.index));
    let Some(read) = ok_reads(context).last() else { return verdict(Vec::new(), false, Vec::new()) };
    let seen: BTreeSet<&Value> = read.value.elements().unwrap_or(&[]).iter().collect();
    let (mut found, mut lost, mut unexpected) = (Vec::new(), Vec::new(), Vec::new());
    for (value, index) in acknowledged.filter(|(value, _)| !seen.contains(value)) {
        let told = format!("{} was acknowledged, and the last read does not have it", brief(value));
        found.push(bad("lost", told, context, &[index, read.index]));
        lost.push(value.clone());
    }
    for value in seen.iter().filter(|value| !attempted.contains(*value)) {
        let told = format!("the last read has {}, which nobody added", brief(value));
        found.push(bad("unexpected", told, context, &[read.index]));
        unexpected.push((*value).clone());
    }
    let counts = vec![
        ("attempt-count", Value::count(attempted.len())),
        ("ok-count", Value::count(seen.len() - unexpected.len())),
        ("lost-count", Value::count(lost.len())),
        ("lost", Value::List(lost)),
        ("unexpected-count", Value::count(unexpected.len())),
        ("unexpected", Value::List(unexpected)),
    ];
    verdict(found, true, counts)
}

/// Whoever sees an insert sees all that were known before it began: strict serializability asks for that.
pub(super) fn comments(context: &Context<'_>) -> Verdict {
    let mut known: Vec<(&Value, usize)> = Vec::new();
    // How many were known when each began.
    let mut before: BTreeMap<&Value, usize> = BTreeMap::new();
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for op in context.client_ops() {
        match (op.f, op.kind) {
            ("write", Kind::Invoke) => drop(before.insert(&op.value, known.len())),
            ("write", Kind::Ok) => known.push((&context.other_half(op).unwrap_or(op).value, op.index)),
            ("read", Kind::Ok) => {
                let seen: BTreeSet<&Value> = op.value.elements().unwrap_or(&[]).iter().collect();
                let late = seen.iter().filter_map(|value| Some((before.get(*value)?, *value))).max();
                let Some((&due, witness)) = late else { continue };
                let Some((missing, written)) = known[..due].iter().find(|(value, _)| !seen.contains(value))
                else {
                    continue;
                };
                let (missing, witness) = (brief(missing), brief(witness));
                let told = format!(
                    "a read has {witness} and lacks {missing}, which was acknowledged before {witness} was begun"
                );
                found.push(bad("comments", told, context, &[*written, op.index]));
                errors.push(op.to_value());
            }
            _ => {}
        }
    }
    verdict(found, ok_reads(context).next().is_some(), vec![("errors", Value::List(errors))])
}

/// The parts of a key are written in order, each by itself, and read in the opposite order: once a reader has found a part, it
/// finds all that were written before it.
pub(super) fn sequential(context: &Context<'_>) -> Verdict {
    let (mut found, mut counts) = (Vec::new(), [0; 3]);
    for read in ok_reads(context) {
        let parts = reversed_keys(read).unwrap_or(&[]);
        let first = parts.iter().position(|part| *part != Value::Nil);
        let is_missing = |part: &Value| *part == Value::Nil;
        let is_bad = first.is_some_and(|first| parts[first..].iter().any(is_missing));
        counts[0] += usize::from(!parts.iter().any(is_missing));
        counts[1] += usize::from(parts.iter().any(is_missing));
        counts[2] += usize::from(first.is_none());
        if is_bad {
            let told = format!(
                "a read found a part and then missed one that was written before it: {}",
                brief(&read.value)
            );
            found.push(bad("sequential", told, context, &[read.index]));
        }
    }
    let names = ["all-count", "some-count", "none-count"];
    let mut entries: Vec<(&str, Value)> = names.into_iter().zip(counts.map(Value::count)).collect();
    entries.push(("bad-count", Value::count(found.len())));
    verdict(found, ok_reads(context).next().is_some(), entries)
}

/// What a reader saw: keys, and the value of each.
type Seen<'a> = BTreeMap<&'a Value, &'a Value>;

/// Each key is written once, from nothing. Of two readers of the same keys one must have seen all that the other did.
pub(super) fn long_fork(context: &Context<'_>) -> Verdict {
    let mut groups: BTreeMap<Vec<&Value>, Vec<(&Op, Seen<'_>)>> = BTreeMap::new();
    let mut writers: BTreeMap<&Value, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for op in context.client_ops() {
        let steps = op.value.elements().unwrap_or(&[]).iter().filter_map(Value::elements);
        let is = |step: &[Value], name| step.first().and_then(Value::as_name) == Some(name);
        if op.kind == Kind::Invoke {
            for key in steps.clone().filter(|step| is(step, "w")).filter_map(|step| step.get(1)) {
                if let Some(first) = writers.insert(key, op.index) {
                    let told = format!("key {key} is written twice, so reads do not tell in what order");
                    let finding = bad("written-twice", told, context, &[first, op.index]);
                    let finding = Finding { costs: Validity::Unknown, ..finding };
                    let value = Value::map([
                        ("valid?", Validity::Unknown.into()),
                        ("error", "multiple-writes".into()),
                    ]);
                    return Verdict { valid: Validity::Unknown, value, findings: vec![finding] };
                }
            }
        }
        if op.kind == Kind::Ok && steps.clone().all(|step| is(step, "r")) {
            let seen: Seen<'_> = steps.filter_map(|step| Some((step.get(1)?, step.get(2)?))).collect();
            groups.entry(seen.keys().copied().collect()).or_default().push((op, seen));
        }
    }
    let is_judged = !groups.is_empty();
    for readers in groups.values() {
        found.extend(forks(context, readers));
    }
    let count = ("fork-count", Value::count(found.len()));
    verdict(found, is_judged, vec![count])
}

/// Readers who do not agree on what came first. Sorted by how much each saw, one must include the other before it.
fn forks(context: &Context<'_>, readers: &[(&Op, Seen<'_>)]) -> Vec<Finding> {
    let amount = |seen: &Seen<'_>| seen.values().filter(|value| ***value != Value::Nil).count();
    let mut sorted: Vec<&(&Op, Seen<'_>)> = readers.iter().collect();
    sorted.sort_by_key(|(_, seen)| amount(seen));
    let fork = |pair: &[&(&Op, Seen<'_>)]| {
        let ((one, less), (other, more)) = (pair[0], pair[1]);
        let missed = less.iter().find(|(key, value)| ***value != Value::Nil && more[*key] != **value);
        missed.map(|(key, value)| {
            let told = format!(
                "one reader saw {value} in key {key} and another, who saw as much or more of other keys, did not: each \
                 would have to come before the other"
            );
            bad("long-fork", told, context, &[one.index, other.index])
        })
    };
    sorted.windows(2).filter_map(fork).collect()
}

#[cfg(test)]
mod tests;
