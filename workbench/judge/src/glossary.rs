//! What the kinds of findings mean, and which of them tend to be the cause of others.
//!
//! The names of anomalies in transactions are those of Adya (*Weak Consistency*, 1999) and of Elle (Kingsbury and Alvaro,
//! *Elle: Inferring Isolation Anomalies from Experimental Observations*, 2020); those of logs are Jepsen's.

use super::Finding;
use std::cmp::Reverse;

/// Kinds and their meanings. What comes earlier explains what comes later more often than the other way round: a value that a
/// failed transaction wrote closes circles, a lost message is jumped over by polls.
const GLOSSARY: &[(&str, &str)] = &[
    (
        "malformed",
        "A history that breaks its own rules, or has what no checker can read, is not judged: whatever were passed over might \
         be what was wrong.",
    ),
    ("nothing-done", "A history without operations tells nothing."),
    ("stats", "Of each kind of operation at least one has to succeed."),
    ("consistency-models", "The consistency model asked for has to be one that there is."),
    (
        "other-than-asked",
        "The reply to a transaction has to be that transaction, with the values of its reads filled in.",
    ),
    (
        "written-twice",
        "Every write has a value of its own; without that, reads do not tell whom they read from.",
    ),
    (
        "appended-twice",
        "Every append has an element of its own; without that, reads do not tell whom they read from.",
    ),
    ("never-appended", "A read saw an element that no client appended."),
    ("never-written", "A read saw a value that nobody wrote."),
    ("empty-transaction-graph", "No operation saw what another did, so nothing can be told of their order."),
    ("cycle-search-timeout", "The search for circles was given up."),
    ("echo", "An answer has to hold what the request did."),
    ("duplicated", "An id has to be given out once."),
    ("incomparable", "Ids of different types cannot be sorted, which Maelstrom's checker does."),
    ("never-read", "Without a read nothing is known of what was kept."),
    (
        "lost",
        "A value that was acknowledged, or seen by a read, was missing from reads later on, to the last.",
    ),
    (
        "counter",
        "The last reads have to be a sum that the acknowledged additions, with or without the doubtful ones, come to.",
    ),
    (
        "linearizable",
        "No order of the operations, each between its request and its answer, explains what they saw.",
    ),
    ("bank", "All accounts together must hold the same at any time, and none less than nothing."),
    ("unexpected", "A set had an element that nobody added."),
    ("long-fork", "Readers saw writes in different orders."),
    ("comments", "Whoever sees an insert has to see all that were there before it began."),
    ("sequential", "What was written in order has to be found in that order."),
    ("internal", "A transaction did not see what it had itself written or read before."),
    ("future-read", "A transaction read what it wrote only later."),
    ("duplicate-elements", "A list held an element twice."),
    (
        "incompatible-order",
        "Two reads of a list disagree about its order: neither is the beginning of the other.",
    ),
    ("reversed-appends", "A list has what a transaction appended in another order than it did."),
    ("G1a", "Aborted read: a transaction saw what one wrote that failed."),
    ("G1b", "Intermediate read: a transaction saw what another was to overwrite."),
    ("dirty-update", "A transaction built on what one wrote that failed."),
    (
        "lost-update",
        "Several transactions read the same version and then wrote: all but one overwrote what they had not seen.",
    ),
    (
        "cyclic-versions",
        "Transactions that read one version and wrote the next order the versions in a circle.",
    ),
    ("G0", "Dirty write: transactions overwrote each other in a circle."),
    ("G1c", "Circular information flow: each transaction overwrote, or saw, what the one before wrote."),
    (
        "fractured-read",
        "A transaction saw a part of what another did and missed the rest: no order of the transactions explains it.",
    ),
    (
        "causal-violation",
        "A transaction saw an effect and missed its cause: no order of the transactions explains it.",
    ),
    (
        "G-single-item",
        "Read skew: a circle in which one transaction missed a write, and saw or overwrote what came after.",
    ),
    ("G-nonadjacent-item", "A circle in which several transactions missed a write, no two in a row."),
    ("G2-item", "Write skew: a circle in which transactions missed each other's writes."),
    ("no-serial-order", "No order of all transactions, one after the other, explains what they read."),
    ("inconsistent-offsets", "An offset of a log held different messages at different times."),
    ("duplicate", "A message was at several offsets of its log."),
    ("phantom", "A poll returned a message that nobody sent."),
    ("lost-write", "A message was acknowledged, or polled, and later ones were seen; it never was."),
    (
        "nonmonotonic-send",
        "A process was told an offset that was not beyond that of what it had sent before.",
    ),
    ("int-nonmonotonic-poll", "Within one poll, offsets went back."),
    ("int-poll-skip", "Within one poll, messages were jumped over."),
    ("nonmonotonic-poll", "A process's poll went back behind what it had polled before."),
    ("poll-skip", "A process's poll jumped over messages that came after what it had polled before."),
    ("unseen", "Messages that were acknowledged were never polled, not even at the end."),
    ("availability", "As many requests have to be answered as were asked for."),
];

/// Circles may go through the order of time as well.
const ORDERS_OF_TIME: [(&str, &str); 2] = [
    ("-process", " Part of the circle is the order of operations within a process."),
    ("-realtime", " Part of the circle is that one operation had ended before another began."),
];

/// What a kind of finding means, in a sentence or two.
pub fn meaning(kind: &str) -> Option<String> {
    let (base, more) = split(kind);
    let (_, meaning) = GLOSSARY.iter().find(|(name, _)| *name == base)?;
    Some(format!("{meaning}{more}"))
}

/// The gravest first; of those that weigh the same, what tends to be a cause; then as they were found.
pub(super) fn sort(findings: &mut [Finding]) {
    let place = |kind: &str| {
        let base = split(kind).0;
        let place = GLOSSARY.iter().position(|(name, _)| *name == base);
        (place, kind.len())
    };
    findings.sort_by_key(|finding| (Reverse(finding.costs), place(finding.kind)));
}

/// A kind without the order of time that is in its name, and what that means.
fn split(kind: &str) -> (&str, &'static str) {
    let orders = ORDERS_OF_TIME.iter();
    let found = orders.filter_map(|(suffix, more)| Some((kind.strip_suffix(suffix)?, *more))).next();
    found.unwrap_or((kind, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Validity;
    use crate::txn::model::prohibited;

    #[test]
    fn every_anomaly_that_a_model_can_prohibit_is_explained() {
        for kind in prohibited(&["strict-serializable".to_owned()]).unwrap() {
            assert!(meaning(kind).is_some(), "{kind}");
        }
        assert!(meaning("G0-realtime").unwrap().contains("had ended before"));
        assert!(meaning("nonsense").is_none());
    }

    #[test]
    fn causes_come_before_what_follows_from_them() {
        let finding =
            |kind, costs| Finding { kind, costs, explanation: String::new(), evidence: Vec::new(), more: 0 };
        let found = ["phantom", "G2-item", "G0-realtime", "G0", "unseen", "G1a", "lost-write"];
        let costs = |kind| if kind == "phantom" { Validity::Unknown } else { Validity::False };
        let mut findings = found.map(|kind| finding(kind, costs(kind)));
        sort(&mut findings);
        let order = findings.map(|finding| finding.kind);
        assert_eq!(order, ["G1a", "G0", "G0-realtime", "G2-item", "lost-write", "unseen", "phantom"]);
    }
}
