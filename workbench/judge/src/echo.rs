//! `echo`: every reply must hold what was sent (§9.1).

use super::context::Context;
use super::finding::{brief, findings};
use super::{Finding, Validity, Verdict};
use crate::history::{Kind, Op};
use edn::Value;

pub(super) fn check(context: &Context<'_>) -> Verdict {
    let mismatches: Vec<(&Op, &Op)> = context
        .client_ops()
        .filter(|op| op.kind == Kind::Invoke)
        .filter_map(|invoke| context.other_half(invoke).map(|completion| (invoke, completion)))
        .filter(|(_, completion)| matches!(completion.kind, Kind::Ok | Kind::Fail))
        .filter(|(invoke, completion)| completion.value.get("echo") != Some(&invoke.value))
        .collect();
    let error = |(invoke, completion): &(&Op, &Op)| {
        let labelled = ["sent".into(), invoke.value.clone(), "received".into(), completion.value.clone()];
        Value::Vector(labelled.to_vec())
    };
    let valid = mismatches.is_empty();
    let errors = mismatches.iter().map(error).collect();
    Verdict {
        valid: valid.into(),
        value: Value::map([("valid?", valid.into()), ("errors", Value::List(errors))]),
        findings: findings(&mismatches, |pair| finding(context, pair)),
    }
}

fn finding(context: &Context<'_>, (invoke, completion): &(&Op, &Op)) -> Finding {
    let sent = brief(&invoke.value);
    let explanation = match completion.kind {
        Kind::Fail => format!("{sent} was refused instead of echoed"),
        _ => format!("{sent} came back as {}", brief(completion.value.get("echo").unwrap_or(&Value::Nil))),
    };
    Finding {
        kind: "echo",
        costs: Validity::False,
        explanation,
        evidence: vec![context.evidence(invoke.index), context.evidence(completion.index)],
        more: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::Workload;

    fn check(text: &str) -> Verdict {
        testing::check(&testing::demands(Workload::Echo), text, super::check)
    }

    #[test]
    fn a_reply_with_something_else_is_caught() {
        let verdict = check(
            "0 invoke echo \"a\"\n 1 invoke echo \"b\"\n 1 ok echo {:echo \"a\"}\n 0 ok echo {:echo \"a\"}",
        );
        assert_eq!(verdict.valid, Validity::False);
        let errors = "{:valid? false, :errors ([\"sent\" \"b\" \"received\" {:echo \"a\"}])}";
        assert_eq!(verdict.value.to_string(), errors);
        assert_eq!(
            verdict.findings[0].to_string(),
            "echo: \"b\" came back as \"a\"\n    op 1, process 1 at n1: invoke echo \"b\"\n    \
             op 2, process 1 at n1: ok echo {\"echo\":\"a\"}"
        );
    }

    #[test]
    fn a_few_cases_are_told_and_the_rest_counted() {
        let wrong = "0 invoke echo \"a\"\n 0 ok echo {:echo \"b\"}\n";
        let findings = check(&wrong.repeat(20)).findings;
        let more: Vec<usize> = findings.iter().map(|finding| finding.more).collect();
        assert_eq!(more, [0, 0, 0, 0, 0, 0, 0, 12]);
        assert!(findings[7].to_string().ends_with("\n    … and 12 more of this kind"), "{}", findings[7]);
        assert!(check(&wrong.repeat(8)).findings.iter().all(|finding| finding.more == 0));
    }

    #[test]
    fn a_refusal_is_a_mismatch() {
        let verdict = check("0 invoke echo \"a\"\n 0 fail echo \"a\" ! [:abort nil]");
        assert_eq!(verdict.valid, Validity::False);
    }

    #[test]
    fn replies_that_never_come_are_not_mismatches() {
        let verdict = check("0 invoke echo \"a\"\n 0 info echo \"a\" ! :net-timeout\n 1 invoke echo \"b\"");
        assert_eq!(
            (verdict.valid, verdict.value.to_string()),
            (Validity::True, "{:valid? true, :errors ()}".into())
        );
    }
}
