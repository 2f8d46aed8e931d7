//! `unique-ids`: no id may be given out twice (§9.2).
//!
//! Ids must have an order among themselves, as all numbers or all strings have: without one upstream's analysis breaks down
//! and its verdict is unknown. So it is here, unless an id was given out twice: whether two are equal does not depend on any
//! order.

use super::context::Context;
use super::finding::{self, MAX_FINDINGS_PER_KIND, brief};
use super::{Finding, Validity, Verdict};
use crate::history::{Kind, Op};
use edn::Value;
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

/// How many duplicated ids the results list.
const MAX_LISTED: usize = 48;

pub(super) fn check(context: &Context<'_>) -> Verdict {
    let acknowledged: Vec<&Op> = context.client_ops().filter(|op| op.kind == Kind::Ok).collect();
    let mut by_id: BTreeMap<&Value, Vec<&Op>> = BTreeMap::new();
    for op in &acknowledged {
        by_id.entry(&op.value).or_default().push(op);
    }
    let mut duplicated: Vec<_> = by_id.iter().filter(|(_, ops)| ops.len() > 1).collect();
    duplicated.sort_by_key(|(_, ops)| Reverse(ops.len()));
    let listed = duplicated.iter().take(MAX_LISTED);
    let listed = listed.map(|(id, ops)| ((**id).clone(), Value::count(ops.len()))).collect();
    let range = range(by_id.keys().copied());
    let valid = match (duplicated.is_empty(), range.is_ok()) {
        (false, _) => Validity::False,
        (true, false) => Validity::Unknown,
        (true, true) => Validity::True,
    };
    let mut findings = finding::findings(&duplicated, |(id, ops)| finding(context, id, ops));
    let last = match range {
        Ok(range) => ("range", range),
        Err(Incomparable(a, b)) => {
            let finding = incomparable(context, [by_id[a][0], by_id[b][0]]);
            let error = Value::text(finding.explanation.clone());
            findings.push(finding);
            ("error", error)
        }
    };
    Verdict {
        valid,
        value: Value::map([
            ("valid?", valid.into()),
            ("attempted-count", Value::count(context.invocations())),
            ("acknowledged-count", Value::count(acknowledged.len())),
            ("duplicated-count", Value::count(duplicated.len())),
            ("duplicated", Value::Map(listed)),
            last,
        ]),
        findings,
    }
}

fn finding(context: &Context<'_>, id: &Value, ops: &[&Op]) -> Finding {
    Finding {
        kind: "duplicated",
        costs: Validity::False,
        explanation: format!("id {} was given out {} times", brief(id), ops.len()),
        evidence: ops.iter().take(MAX_FINDINGS_PER_KIND).map(|op| context.evidence(op.index)).collect(),
        more: 0,
    }
}

fn incomparable(context: &Context<'_>, ops: [&Op; 2]) -> Finding {
    let [a, b] = ops.map(|op| brief(&op.value));
    Finding {
        kind: "incomparable",
        costs: Validity::Unknown,
        explanation: format!("ids {a} and {b} cannot be compared; let all be numbers, or all strings"),
        evidence: ops.map(|op| context.evidence(op.index)).to_vec(),
        more: 0,
    }
}

/// Two ids that have no order.
struct Incomparable<'a>(&'a Value, &'a Value);

/// The smallest and the largest id.
fn range<'a>(ids: impl Iterator<Item = &'a Value>) -> Result<Value, Incomparable<'a>> {
    let mut ends: Option<(&Value, &Value)> = None;
    for id in ids {
        let (smallest, largest) = ends.unwrap_or((id, id));
        let is_smaller = natural_order(id, smallest).ok_or(Incomparable(smallest, id))?.is_lt();
        let is_larger = natural_order(id, largest).ok_or(Incomparable(largest, id))?.is_gt();
        ends = Some((if is_smaller { id } else { smallest }, if is_larger { id } else { largest }));
    }
    let (smallest, largest) = ends.unwrap_or((&Value::Nil, &Value::Nil));
    Ok(Value::Vector(vec![smallest.clone(), largest.clone()]))
}

/// Numbers by size, sequences by length and then element by element, and nothing before everything. Objects have no order.
fn natural_order(a: &Value, b: &Value) -> Option<Ordering> {
    use Value::*;
    match (a, b) {
        _ if a == b => Some(Ordering::Equal),
        (Nil, _) => Some(Ordering::Less),
        (_, Nil) => Some(Ordering::Greater),
        (Float(a), Integer(_) | BigInteger(_)) => Some(a.total_cmp(&approximate(b))),
        (Integer(_) | BigInteger(_), Float(b)) => Some(approximate(a).total_cmp(b)),
        (Integer(_) | BigInteger(_), Integer(_) | BigInteger(_))
        | (Float(_), Float(_))
        | (Text(_), Text(_))
        | (Bool(_), Bool(_)) => Some(a.cmp(b)),
        (Vector(a), Vector(b)) => match a.len().cmp(&b.len()) {
            Ordering::Equal => {
                let mut orders = a.iter().zip(b).map(|(a, b)| natural_order(a, b));
                orders.find(|order| *order != Some(Ordering::Equal)).unwrap_or(Some(Ordering::Equal))
            }
            order => Some(order),
        },
        _ => None,
    }
}

/// An integer as a float.
fn approximate(integer: &Value) -> f64 {
    integer.to_string().trim_end_matches('N').parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::Workload;

    fn check(ids: &[&str]) -> Verdict {
        let lines: Vec<_> =
            ids.iter().map(|id| format!("0 invoke generate nil\n 0 ok generate {id}")).collect();
        testing::check(&testing::demands(Workload::UniqueIds), &lines.join("\n"), super::check)
    }

    #[test]
    fn an_id_given_out_twice_is_caught() {
        let verdict = check(&["1", "2", "1", "3", "2", "1"]);
        assert_eq!(verdict.valid, Validity::False);
        assert_eq!(
            verdict.value.to_string(),
            "{:valid? false, :attempted-count 6, :acknowledged-count 6, :duplicated-count 2, \
             :duplicated {1 3, 2 2}, :range [1 3]}"
        );
        assert_eq!(verdict.findings[0].explanation, "id 1 was given out 3 times");
        assert_eq!(verdict.findings[0].evidence.iter().map(|e| e.index).collect::<Vec<_>>(), [1, 5, 11]);
    }

    #[test]
    fn ids_that_only_look_alike_are_distinct() {
        for ids in [["1", "1.0"], ["\"a\"", "\"A\""], ["[1]", "[1.0]"], ["nil", "[nil]"], ["true", "false"]] {
            assert_eq!(check(&ids).valid, Validity::True, "{ids:?}");
        }
    }

    #[test]
    fn ids_without_an_order_leave_the_verdict_open_unless_one_comes_twice() {
        for ids in
            [["1", "\"1\""], ["[1]", "1"], ["[1]", "[\"1\"]"], ["{\"a\" 1}", "{\"a\" 2}"], ["true", "1"]]
        {
            let verdict = check(&ids);
            assert_eq!(verdict.valid, Validity::Unknown, "{ids:?}");
            assert_eq!(verdict.findings[0].kind, "incomparable");
            assert_eq!(verdict.value.get("error").is_some(), verdict.value.get("range").is_none());
            let twice = check(&[ids[0], ids[1], ids[0]]);
            assert_eq!((twice.valid, twice.findings[0].kind), (Validity::False, "duplicated"));
        }
        let words = "ids 1 and \"1\" cannot be compared; let all be numbers, or all strings";
        assert_eq!(check(&["1", "\"1\""]).findings[0].explanation, words);
        assert_eq!(check(&["{\"a\" 1}"]).valid, Validity::True);
    }

    #[test]
    fn the_range_is_natural() {
        let range = |ids: &[&str]| check(ids).value.get("range").unwrap().to_string();
        assert_eq!(range(&["\"n0-9\"", "\"n0-10\""]), "[\"n0-10\" \"n0-9\"]");
        assert_eq!(range(&["[2]", "[1 1]", "[10]"]), "[[2] [1 1]]");
        assert_eq!(range(&["3", "2.5", "10"]), "[2.5 10]");
        assert_eq!(range(&["99999999999999999999", "2.5", "nil"]), "[nil 99999999999999999999N]");
        assert_eq!(range(&[]), "[nil nil]");
    }

    #[test]
    fn an_operation_that_did_not_end_well_gives_no_id() {
        let text =
            "0 invoke generate nil\n 0 info generate nil\n 1 invoke generate nil\n 1 fail generate nil";
        let verdict = testing::check(&testing::demands(Workload::UniqueIds), text, super::check);
        assert_eq!(verdict.valid, Validity::True);
        assert_eq!(verdict.value.get("acknowledged-count"), Some(&0.into()));
    }
}
