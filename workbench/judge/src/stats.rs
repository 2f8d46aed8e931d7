//! Counts of how operations ended, and the exceptions among them (§10.2, §10.3).

use super::context::Context;
use super::{Finding, Validity, Verdict};
use crate::history::{Kind, Op};
use edn::Value;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Operations that never succeed by their nature, and need not.
const MAY_NEVER_SUCCEED: [&str; 2] = ["crash", "debug-topic-partitions"];

#[derive(Default)]
struct Counts {
    ok: usize,
    fail: usize,
    info: usize,
}

/// Each kind of operation must have succeeded at least once.
pub(super) fn stats(context: &Context<'_>) -> Verdict {
    let mut all = Counts::default();
    let mut by_f: BTreeMap<&str, Counts> = BTreeMap::new();
    for op in context.client_ops() {
        all.add(op);
        if op.kind != Kind::Invoke {
            by_f.entry(op.f).or_default().add(op);
        }
    }
    let never: Vec<&str> = by_f.iter().filter(|(_, counts)| counts.ok == 0).map(|(f, _)| *f).collect();
    let never: Vec<&str> = never.into_iter().filter(|f| !MAY_NEVER_SUCCEED.contains(f)).collect();
    let valid = never.is_empty();
    let mut entries = all.entries(valid);
    let by_f =
        by_f.iter().map(|(f, counts)| (keyword(f), Value::Map(counts.entries(counts.ok > 0)))).collect();
    entries.push((Value::keyword("by-f"), Value::Map(by_f)));
    Verdict {
        valid: valid.into(),
        value: Value::Map(entries),
        findings: never.into_iter().map(|f| never_succeeded(context, f)).collect(),
    }
}

fn never_succeeded(context: &Context<'_>, f: &str) -> Finding {
    let example = context.client_ops().find(|op| op.f == f && op.kind != Kind::Invoke);
    Finding {
        kind: "stats",
        costs: Validity::False,
        explanation: format!("no {f} ever succeeded"),
        evidence: example.into_iter().map(|op| context.evidence(op.index)).collect(),
        more: 0,
    }
}

impl Counts {
    fn add(&mut self, op: &Op) {
        match op.kind {
            Kind::Invoke => {}
            Kind::Ok => self.ok += 1,
            Kind::Fail => self.fail += 1,
            Kind::Info => self.info += 1,
        }
    }

    fn entries(&self, valid: bool) -> Vec<(Value, Value)> {
        vec![
            (Value::keyword("valid?"), valid.into()),
            (Value::keyword("count"), Value::count(self.ok + self.fail + self.info)),
            (Value::keyword("ok-count"), Value::count(self.ok)),
            (Value::keyword("fail-count"), Value::count(self.fail)),
            (Value::keyword("info-count"), Value::count(self.info)),
        ]
    }
}

/// Exceptions behind unknown outcomes, by class, the most frequent first. They cost nothing by themselves.
pub(super) fn exceptions(context: &Context<'_>) -> Verdict {
    let mut by_class: BTreeMap<&str, Vec<&Op>> = BTreeMap::new();
    for op in context.client_ops().filter(|op| op.kind == Kind::Info) {
        if let Some(class) = op.exception {
            by_class.entry(class).or_default().push(op);
        }
    }
    let mut classes: Vec<_> = by_class.into_iter().collect();
    classes.sort_by_key(|(_, ops)| Reverse(ops.len()));
    let report = |(class, ops): (&str, Vec<&Op>)| {
        Value::map([
            ("count", Value::count(ops.len())),
            ("class", class.into()),
            ("example", ops[0].to_value()),
        ])
    };
    let reports: Vec<Value> = classes.into_iter().map(report).collect();
    let mut entries = vec![(Value::keyword("valid?"), true.into())];
    if !reports.is_empty() {
        entries.push((Value::keyword("exceptions"), Value::List(reports)));
    }
    Verdict::valid(Value::Map(entries))
}

fn keyword(name: &str) -> Value {
    Value::Keyword(name.to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, demands, history};
    use super::*;
    use crate::Workload;

    #[test]
    fn a_kind_of_operation_that_never_succeeds_is_invalid() {
        let text = "0 invoke add 1\n 0 ok add 1\n 1 invoke read nil\n 1 info read nil ! :net-timeout";
        let verdict = check(&demands(Workload::GSet), text, stats);
        assert_eq!(verdict.valid, Validity::False);
        assert_eq!(
            verdict.value.to_string(),
            "{:valid? false, :count 2, :ok-count 1, :fail-count 0, :info-count 1, \
             :by-f {:add {:valid? true, :count 1, :ok-count 1, :fail-count 0, :info-count 0}, \
             :read {:valid? false, :count 1, :ok-count 0, :fail-count 0, :info-count 1}}}"
        );
        assert_eq!(
            verdict.findings[0].to_string(),
            "stats: no read ever succeeded\n    op 3, process 1 at n1: info read, no answer in time"
        );
    }

    #[test]
    fn crashes_and_the_nemesis_need_not_succeed() {
        let text = "0 invoke crash nil\n 0 info crash nil\n nemesis info start-partition :one\n 1 invoke poll nil\n 1 ok poll nil";
        let verdict = check(&demands(Workload::Kafka), text, stats);
        assert_eq!(verdict.valid, Validity::True);
        let crash = verdict.value.get("by-f").and_then(|by_f| by_f.get("crash"));
        assert_eq!(crash.and_then(|crash| crash.get("valid?")), Some(&false.into()));
        assert_eq!(verdict.value.get("count"), Some(&2.into()));
    }

    #[test]
    fn no_operations_at_all_are_valid() {
        let verdict = check(&demands(Workload::Echo), "", stats);
        assert_eq!(verdict.valid, Validity::True);
        assert_eq!(verdict.value.get("by-f"), Some(&Value::Map(vec![])));
    }

    #[test]
    fn exceptions_are_grouped_by_class_and_cost_nothing() {
        let lines =
            "0 invoke add 1\n 0 info add 1\n 1 invoke add 2\n 1 info add 2\n 2 invoke add 3\n 2 info add 3";
        let mut history = history(lines);
        for (index, class) in [(1, "a.Rare"), (3, "b.Common"), (5, "b.Common")] {
            history.ops[index].exception = Some(class);
        }
        let demands = demands(Workload::GSet);
        let verdict = exceptions(&Context::new(&demands, &history));
        assert_eq!(verdict.valid, Validity::True);
        let groups = verdict.value.get("exceptions").and_then(Value::elements).unwrap();
        assert_eq!(groups[0].get("class"), Some(&"b.Common".into()));
        assert_eq!(groups[0].get("count"), Some(&2.into()));
        assert_eq!(groups[0].get("example"), Some(&history.ops[3].to_value()));
        assert_eq!(groups[1].get("class"), Some(&"a.Rare".into()));
    }
}
