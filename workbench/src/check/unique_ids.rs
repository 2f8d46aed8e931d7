//! `unique-ids`: no id may be given out twice (§9.2).
//!
//! Upstream needs ids that it can order and answers "unknown" otherwise. Ids of all kinds have an order here, so any JSON
//! will do: whether two ids are equal never depended on their order.

use super::context::Context;
use super::finding::{MAX_FINDINGS_PER_KIND, brief};
use super::{Finding, Validity, Verdict};
use crate::edn::Value;
use crate::history::{Kind, Op};
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
    let end = |id: Option<&&Value>| id.map_or(Value::Nil, |id| (*id).clone());
    let smallest = end(by_id.keys().min_by(|a, b| natural_order(a, b)));
    let largest = end(by_id.keys().max_by(|a, b| natural_order(a, b)));
    let valid = duplicated.is_empty();
    Verdict {
        valid: valid.into(),
        value: Value::map([
            ("valid?", valid.into()),
            ("attempted-count", Value::count(context.invocations())),
            ("acknowledged-count", Value::count(acknowledged.len())),
            ("duplicated-count", Value::count(duplicated.len())),
            ("duplicated", Value::Map(listed)),
            ("range", Value::Vector(vec![smallest, largest])),
        ]),
        findings: duplicated
            .iter()
            .take(MAX_FINDINGS_PER_KIND)
            .map(|(id, ops)| finding(context, id, ops))
            .collect(),
    }
}

fn finding(context: &Context<'_>, id: &Value, ops: &[&Op]) -> Finding {
    Finding {
        kind: "duplicated",
        costs: Validity::False,
        explanation: format!("id {} was given out {} times", brief(id), ops.len()),
        evidence: ops.iter().take(MAX_FINDINGS_PER_KIND).map(|op| context.evidence(op.index)).collect(),
    }
}

/// Numbers by size, sequences by length and then element by element, everything else as values are ordered.
fn natural_order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Float(a), Value::Integer(b)) => a.total_cmp(&(*b as f64)),
        (Value::Integer(a), Value::Float(b)) => (*a as f64).total_cmp(b),
        (Value::Vector(a), Value::Vector(b)) => a.len().cmp(&b.len()).then_with(|| {
            let unequal = a.iter().zip(b).map(|(a, b)| natural_order(a, b)).find(|order| order.is_ne());
            unequal.unwrap_or(Ordering::Equal)
        }),
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::options::Workload;

    fn check(ids: &[&str]) -> Verdict {
        let lines: Vec<_> =
            ids.iter().map(|id| format!("0 invoke generate nil\n 0 ok generate {id}")).collect();
        testing::check(&testing::options(Workload::UniqueIds), &lines.join("\n"), super::check)
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
        let verdict = check(&["1", "\"1\"", "1.0", "[1]", "{\"a\" 1}", "nil"]);
        assert_eq!(verdict.valid, Validity::True);
    }

    #[test]
    fn the_range_is_natural() {
        let range = |ids: &[&str]| check(ids).value.get("range").unwrap().to_string();
        assert_eq!(range(&["\"n0-9\"", "\"n0-10\""]), "[\"n0-10\" \"n0-9\"]");
        assert_eq!(range(&["[2]", "[1 1]", "[10]"]), "[[2] [1 1]]");
        assert_eq!(range(&["3", "2.5", "10"]), "[2.5 10]");
        assert_eq!(range(&[]), "[nil nil]");
    }

    #[test]
    fn an_operation_that_did_not_end_well_gives_no_id() {
        let text =
            "0 invoke generate nil\n 0 info generate nil\n 1 invoke generate nil\n 1 fail generate nil";
        let verdict = testing::check(&testing::options(Workload::UniqueIds), text, super::check);
        assert_eq!(verdict.valid, Validity::True);
        assert_eq!(verdict.value.get("acknowledged-count"), Some(&0.into()));
    }
}
