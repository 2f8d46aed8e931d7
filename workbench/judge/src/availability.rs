//! What share of the operations succeeded (§10.4).

use super::context::Context;
use super::finding::MAX_FINDINGS_PER_KIND;
use super::{Finding, Validity, Verdict};
use crate::Availability;
use crate::history::{Kind, Op};
use edn::Value;

pub(super) fn check(context: &Context<'_>) -> Verdict {
    let invocations = context.invocations();
    let oks = context.client_ops().filter(|op| op.kind == Kind::Ok).count();
    // In single precision, as upstream computes, prints and compares it.
    let fraction = if invocations == 0 { 1.0 } else { (oks as f64 / invocations as f64) as f32 };
    let valid = match context.demands.availability {
        None => true,
        Some(Availability::Total) => fraction == 1.0,
        Some(Availability::AtLeast(required)) => required <= f64::from(fraction),
    };
    let printed = if invocations == 0 { Value::Integer(1) } else { Value::single(fraction) };
    Verdict {
        valid: valid.into(),
        value: Value::map([("valid?", valid.into()), ("ok-fraction", printed)]),
        findings: if valid { Vec::new() } else { vec![finding(context, oks, invocations)] },
    }
}

fn finding(context: &Context<'_>, oks: usize, invocations: usize) -> Finding {
    let evidence = |op: &Op| context.evidence(context.other_half(op).unwrap_or(op).index);
    let unsuccessful = context.client_ops().filter(|op| {
        op.kind == Kind::Invoke && context.other_half(op).is_none_or(|completion| completion.kind != Kind::Ok)
    });
    Finding {
        kind: "availability",
        costs: Validity::False,
        explanation: format!("{} of {invocations} operations did not succeed", invocations - oks),
        evidence: unsuccessful.take(MAX_FINDINGS_PER_KIND).map(evidence).collect(),
        more: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, demands};
    use super::*;
    use crate::Workload;

    const HALF: &str =
        "0 invoke read nil\n 1 invoke read nil\n nemesis info start-partition :one\n 0 ok read []";

    fn judge(history: &str, availability: Option<Availability>) -> (Validity, String) {
        let mut demands = demands(Workload::GSet);
        demands.availability = availability;
        let verdict = check(&demands, history, super::check);
        (verdict.valid, verdict.value.to_string())
    }

    #[test]
    fn operations_that_never_end_count_against_availability() {
        let half = |valid| format!("{{:valid? {valid}, :ok-fraction 0.5}}");
        assert_eq!(judge(HALF, None), (Validity::True, half(true)));
        assert_eq!(judge(HALF, Some(Availability::AtLeast(0.5))), (Validity::True, half(true)));
        assert_eq!(judge(HALF, Some(Availability::AtLeast(0.51))), (Validity::False, half(false)));
        assert_eq!(judge(HALF, Some(Availability::Total)), (Validity::False, half(false)));
    }

    #[test]
    fn a_run_without_operations_is_available() {
        let expected = (Validity::True, "{:valid? true, :ok-fraction 1}".to_owned());
        assert_eq!(judge("", Some(Availability::Total)), expected);
    }

    #[test]
    fn the_finding_names_what_did_not_succeed() {
        let mut demands = demands(Workload::GSet);
        demands.availability = Some(Availability::Total);
        let verdict = check(&demands, HALF, super::check);
        assert_eq!(
            verdict.findings[0].to_string(),
            "availability: 1 of 2 operations did not succeed\n    op 1, process 1 at n1: invoke read"
        );
    }
}
