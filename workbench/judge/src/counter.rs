//! `g-counter` and `pn-counter`: final reads must show what was added (§9.5).
//!
//! An acknowledged add counts; one whose outcome is unknown may or may not. Each of those doubles the possible sums, but sums
//! of small numbers lie close together, so they are kept as runs of consecutive integers, of which there are few.

use super::context::Context;
use super::finding::{brief, findings};
use super::{Finding, Validity, Verdict};
use crate::history::{Kind, Op};
use edn::Value;

/// Possible sums scattered over more runs than this are not followed any further. No run of ours comes near.
const MAX_RUNS: usize = 100_000;
/// Of those sums, a finding tells so many stretches; the results map has all.
const MAX_RUNS_TOLD: usize = 6;

pub(super) fn check(context: &Context<'_>) -> Verdict {
    let reads: Vec<&Op> =
        context.client_ops().filter(|op| op.f == "read" && op.kind == Kind::Ok && op.is_final).collect();
    let Some(acceptable) = acceptable(context) else {
        let message = "the adds of unknown outcome have too many possible sums";
        let value = Value::map([("valid?", Validity::Unknown.into()), ("error", message.into())]);
        return Verdict { valid: Validity::Unknown, value, findings: Vec::new() };
    };
    let errors: Vec<&Op> = reads.iter().copied().filter(|read| !acceptable.contains(&read.value)).collect();
    let ops = || Value::List(errors.iter().map(|op| op.to_value()).collect());
    let valid = errors.is_empty();
    Verdict {
        valid: valid.into(),
        value: Value::map([
            ("valid?", valid.into()),
            ("errors", if valid { Value::Nil } else { ops() }),
            ("final-reads", Value::List(reads.iter().map(|op| op.value.clone()).collect())),
            ("acceptable", acceptable.to_value()),
        ]),
        findings: findings(&errors, |op| finding(context, op, &acceptable)),
    }
}

fn finding(context: &Context<'_>, read: &Op, acceptable: &Runs) -> Finding {
    Finding {
        kind: "counter",
        costs: Validity::False,
        explanation: format!(
            "a final read saw {}{} where the adds allow only {}",
            brief(&read.value),
            acceptable.distance(&read.value),
            acceptable.words(),
        ),
        evidence: vec![context.evidence(read.index)],
        more: 0,
    }
}

/// The values that final reads may show; `None` if there are too many to say.
fn acceptable(context: &Context<'_>) -> Option<Runs> {
    let mut certain = 0;
    let mut uncertain = Vec::new();
    for add in context.client_ops().filter(|op| op.f == "add" && op.kind == Kind::Invoke) {
        let delta = i128::from(add.value.as_integer().unwrap_or(0));
        match context.other_half(add).map(|completion| completion.kind) {
            Some(Kind::Ok) => certain += delta,
            Some(Kind::Fail) => {}
            // A run that was interrupted leaves adds without an end: they may have happened as well.
            _ => uncertain.push(delta),
        }
    }
    let mut runs = Runs(vec![(certain, certain)]);
    for delta in uncertain {
        runs = runs.or_shifted(delta);
        if runs.0.len() > MAX_RUNS {
            return None;
        }
    }
    Some(runs)
}

/// A set of integers, as its maximal runs `(low, high)` in ascending order.
struct Runs(Vec<(i128, i128)>);

impl Runs {
    /// The integers of this set, and those that are greater by `delta` than one of them.
    fn or_shifted(&self, delta: i128) -> Runs {
        let shifted = self.0.iter().map(|(low, high)| (low + delta, high + delta));
        let mut runs: Vec<_> = self.0.iter().copied().chain(shifted).collect();
        runs.sort_unstable();
        let mut merged: Vec<(i128, i128)> = Vec::with_capacity(runs.len());
        for (low, high) in runs {
            match merged.last_mut() {
                Some(last) if low <= last.1 + 1 => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        Runs(merged)
    }

    fn contains(&self, value: &Value) -> bool {
        let Some(integer) = value.as_integer().map(i128::from) else { return false };
        let next = self.0.partition_point(|(_, high)| *high < integer);
        self.0.get(next).is_some_and(|(low, _)| *low <= integer)
    }

    /// How far a sum is from the nearest of these: `, 3 too few,`.
    fn distance(&self, value: &Value) -> String {
        let Some(sum) = value.as_integer().map(i128::from) else { return String::new() };
        let ends = self.0.iter().flat_map(|&(low, high)| [low, high]);
        match ends.map(|end| sum - end).min_by_key(|distance| distance.abs()) {
            None | Some(0) => String::new(),
            Some(distance) if distance < 0 => format!(", {} too few,", -distance),
            Some(distance) => format!(", {distance} too many,"),
        }
    }

    /// `8 to 10 or 13`, with the first few only.
    fn words(&self) -> String {
        let run = |&(low, high): &(i128, i128)| {
            if low == high { low.to_string() } else { format!("{low} to {high}") }
        };
        let mut runs: Vec<String> = self.0.iter().take(MAX_RUNS_TOLD).map(run).collect();
        if self.0.len() > MAX_RUNS_TOLD {
            runs.push(format!("one of {} more stretches", self.0.len() - MAX_RUNS_TOLD));
        }
        runs.join(" or ")
    }

    fn to_value(&self) -> Value {
        let integer = |integer: i128| Value::from_digits(&integer.to_string());
        let run = |&(low, high): &(i128, i128)| Value::Vector(vec![integer(low), integer(high)]);
        Value::List(self.0.iter().map(run).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::Workload;

    fn check(text: &str) -> Verdict {
        testing::check(&testing::demands(Workload::PnCounter), text, super::check)
    }

    fn acceptable(text: &str) -> String {
        check(text).value.get("acceptable").unwrap().to_string()
    }

    const INDEFINITE: &str = "0 invoke add 10\n 0 ok add 10\n 1 invoke add 5\n 1 info add 5\n 2 invoke add -1\n \
                              2 info add -1\n 3 invoke add -1\n 3 info add -1\n";

    /// Appendix B, example 4, and upstream's vectors.
    #[test]
    fn adds_of_unknown_outcome_may_or_may_not_count() {
        assert_eq!(acceptable("0 invoke add 2\n 0 ok add 2\n 1 invoke add 3\n 1 ok add 3"), "([5 5])");
        assert_eq!(acceptable(INDEFINITE), "([8 10] [13 15])");
        assert_eq!(acceptable(""), "([0 0])");
    }

    #[test]
    fn a_final_read_between_the_possible_sums_is_caught() {
        let verdict = check(&(INDEFINITE.to_owned() + "4 invoke read final nil\n 4 ok read final 11"));
        assert_eq!(verdict.valid, Validity::False);
        let errors = verdict.value.get("errors").unwrap().to_string();
        let op = "{:index 9, :time 9000000, :type :ok, :process 4, :f :read, :value 11, :final? true}";
        assert_eq!(errors, format!("({op})"));
        assert_eq!(
            verdict.findings[0].to_string(),
            "counter: a final read saw 11, 1 too many, where the adds allow only 8 to 10 or 13 to 15\n    \
             op 9, process 4 at n1: ok read 11"
        );
    }

    #[test]
    fn every_possible_sum_may_be_read_in_the_end() {
        for sum in [8, 9, 10, 13, 14, 15] {
            let read = format!("4 invoke read final nil\n 4 ok read final {sum}");
            let verdict = check(&(INDEFINITE.to_owned() + &read));
            assert_eq!((verdict.valid, verdict.value.get("errors")), (Validity::True, Some(&Value::Nil)));
        }
    }

    #[test]
    fn only_final_reads_count() {
        let verdict =
            check("0 invoke read nil\n 0 ok read 99\n 1 invoke read final nil\n 1 info read final nil");
        assert_eq!(verdict.valid, Validity::True);
        assert_eq!(verdict.value.get("final-reads").unwrap().to_string(), "()");
    }

    #[test]
    fn an_add_that_was_cut_off_may_count_and_a_refused_one_does_not() {
        assert_eq!(acceptable("0 invoke add 7"), "([0 0] [7 7])");
        assert_eq!(acceptable("0 invoke add 7\n 0 fail add 7"), "([0 0])");
    }

    #[test]
    fn sums_without_end_are_given_up_on() {
        let adds: String = (0..40).map(|bit| format!("{bit} invoke add {}\n", 1i64 << (bit + 1))).collect();
        assert_eq!(check(&adds).valid, Validity::Unknown);
    }
}
