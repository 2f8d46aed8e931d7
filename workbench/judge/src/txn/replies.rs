//! Whether transactions were answered with what was asked for.
//!
//! Who asked for `[["r",1,null],["append",1,5]]` and is told `[]` knows nothing about what became of it, and a node that keeps
//! nothing could be strictly serializable that way. Maelstrom takes the reply for what was done; here that makes a history
//! invalid. Stricter than Maelstrom's, never milder: what the rest of the history shows still counts.

use crate::context::Context;
use crate::finding::findings;
use crate::history::{Kind, OTHER_THAN_ASKED, Op};
use crate::{Finding, Validity, Verdict};
use edn::Value;

/// The name of what is wrong.
const KIND: &str = OTHER_THAN_ASKED;

/// The verdict on a transactional history, replies to something else included.
pub(crate) fn check(context: &Context<'_>, mut verdict: Verdict) -> Verdict {
    let others: Vec<&Op> = context.client_ops().filter(|op| why(op).is_some()).collect();
    if others.is_empty() {
        return verdict;
    }
    verdict.valid = Validity::False;
    if let Value::Map(entries) = &mut verdict.value {
        entries.retain(|(key, _)| key.as_name() != Some("valid?"));
        let first: Vec<Value> = others.iter().take(1).map(|op| op.to_value()).collect();
        let told = Value::map([("count", Value::count(others.len())), ("example", Value::List(first))]);
        entries.push((Value::keyword(KIND), told));
        entries.insert(0, (Value::keyword("valid?"), false.into()));
    }
    verdict.findings.extend(findings(&others, |op| finding(context, op)));
    verdict
}

/// What a reply had in place of what was asked for.
fn why(op: &Op) -> Option<&str> {
    let [kind, why] = op.error.as_ref().filter(|_| op.kind == Kind::Info)?.elements()? else { return None };
    why.as_text().filter(|_| kind.as_name() == Some(OTHER_THAN_ASKED))
}

fn finding(context: &Context<'_>, op: &Op) -> Finding {
    Finding {
        kind: KIND,
        costs: Validity::False,
        explanation: why(op).unwrap_or_default().to_owned(),
        evidence: vec![context.evidence(op.index)],
        more: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::list_append;
    use super::*;
    use crate::Workload;
    use crate::testing::{check, demands};

    #[test]
    fn who_is_answered_with_something_else_cannot_trust_the_node() {
        let reads = "0 invoke txn [[:append 1 1]]\n 0 ok txn [[:append 1 1]]\n \
                     0 invoke txn [[:r 1 nil]]\n 0 ok txn [[:r 1 [1]]]\n";
        let other = "1 invoke txn [[:r 1 nil]]\n 1 info txn [[:r 1 nil]] ! [:other-than-asked \"it was answered with 0 steps\"]";
        let demands = demands(Workload::TxnListAppend);
        let judged =
            |text: &str| check(&demands, text, |context| super::check(context, list_append(context)));
        assert_eq!(judged(reads).valid, Validity::True);
        let verdict = judged(&format!("{reads}{other}"));
        assert_eq!(verdict.valid, Validity::False);
        assert_eq!(verdict.findings[0].explanation, "it was answered with 0 steps");
        assert_eq!(verdict.value.get("valid?"), Some(&false.into()));
    }
}
