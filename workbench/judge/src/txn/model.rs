//! Consistency models, by the anomalies they prohibit (§11.6).
//!
//! The sets hold only anomalies that can occur in these workloads. The `…-cycle-exists` facts of upstream are left out: a
//! cycle that they would hint at is always found here, under a name that the same models prohibit.

use std::collections::BTreeSet;

const UNCOMMITTED: &[&str] = &["G0", "cyclic-versions", "duplicate-elements"];
const COMMITTED: &[&str] = &["G1a", "G1b", "G1c", "dirty-update", "future-read", "incompatible-order"];
const INTERNAL: &[&str] = &["internal"];
const LOST_UPDATE: &[&str] = &["lost-update"];
const SINGLE: &[&str] = &["G-single-item"];
const NONADJACENT: &[&str] = &["G-nonadjacent-item"];
const ITEM: &[&str] = &["G2-item"];
const UNCOMMITTED_PROCESS: &[&str] = &["G0-process"];
const UNCOMMITTED_REALTIME: &[&str] = &["G0-realtime"];
const COMMITTED_PROCESS: &[&str] = &["G0-process", "G1c-process"];
const COMMITTED_REALTIME: &[&str] = &["G0-realtime", "G1c-realtime"];
const SNAPSHOT_PROCESS: &[&str] = &["G-single-item-process", "G-nonadjacent-item-process"];
const SNAPSHOT_REALTIME: &[&str] = &["G-single-item-realtime", "G-nonadjacent-item-realtime"];
const ITEM_PROCESS: &[&str] = &["G2-item-process"];
const ITEM_REALTIME: &[&str] = &["G2-item-realtime"];

type Sets = &'static [&'static [&'static str]];

const READ_COMMITTED: Sets = &[UNCOMMITTED, COMMITTED];
const READ_ATOMIC: Sets = &[UNCOMMITTED, COMMITTED, INTERNAL];
const UPDATE_ATOMIC: Sets = &[UNCOMMITTED, COMMITTED, INTERNAL, LOST_UPDATE];
const CONSISTENT_VIEW: Sets = &[UNCOMMITTED, COMMITTED, LOST_UPDATE, SINGLE];
const STRONG_SESSION_SNAPSHOT: Sets = &[
    UNCOMMITTED,
    COMMITTED,
    INTERNAL,
    LOST_UPDATE,
    SINGLE,
    NONADJACENT,
    COMMITTED_PROCESS,
    SNAPSHOT_PROCESS,
];
const STRONG_SNAPSHOT: Sets = &[
    UNCOMMITTED,
    COMMITTED,
    INTERNAL,
    LOST_UPDATE,
    SINGLE,
    NONADJACENT,
    COMMITTED_PROCESS,
    SNAPSHOT_PROCESS,
    COMMITTED_REALTIME,
    SNAPSHOT_REALTIME,
];
const STRONG_SESSION_SERIALIZABLE: Sets = &[
    UNCOMMITTED,
    COMMITTED,
    INTERNAL,
    LOST_UPDATE,
    SINGLE,
    NONADJACENT,
    ITEM,
    COMMITTED_PROCESS,
    SNAPSHOT_PROCESS,
    ITEM_PROCESS,
];
const STRICT_SERIALIZABLE: Sets = &[
    UNCOMMITTED,
    COMMITTED,
    INTERNAL,
    LOST_UPDATE,
    SINGLE,
    NONADJACENT,
    ITEM,
    COMMITTED_PROCESS,
    SNAPSHOT_PROCESS,
    ITEM_PROCESS,
    COMMITTED_REALTIME,
    SNAPSHOT_REALTIME,
    ITEM_REALTIME,
];

/// Names that mean the same, the one used in results first, and what they prohibit. Of models that prohibit the same, the
/// weakest comes first.
const MODELS: &[(&[&str], Sets)] = &[
    (&["read-uncommitted", "PL-1"], &[UNCOMMITTED]),
    (&["read-committed", "PL-2"], READ_COMMITTED),
    (&["monotonic-view", "PL-2L"], READ_COMMITTED),
    (&["monotonic-atomic-view"], READ_COMMITTED),
    (&["monotonic-snapshot-read", "PL-MSR"], READ_COMMITTED),
    (&["read-atomic"], READ_ATOMIC),
    (&["causal-cerone"], READ_ATOMIC),
    (&["prefix"], READ_ATOMIC),
    (&["update-atomic"], UPDATE_ATOMIC),
    (&["parallel-snapshot-isolation"], UPDATE_ATOMIC),
    (&["cursor-stability", "PL-CS"], &[UNCOMMITTED, COMMITTED, LOST_UPDATE]),
    (&["consistent-view", "PL-2+"], CONSISTENT_VIEW),
    (&["forward-consistent-view", "PL-FCV"], CONSISTENT_VIEW),
    (&["update-serializable", "PL-3U"], CONSISTENT_VIEW),
    (&["snapshot-isolation", "PL-SI"], &[UNCOMMITTED, COMMITTED, INTERNAL, LOST_UPDATE, SINGLE, NONADJACENT]),
    (&["repeatable-read", "PL-2.99"], &[UNCOMMITTED, COMMITTED, LOST_UPDATE, SINGLE, NONADJACENT, ITEM]),
    (
        &["serializable", "PL-3", "conflict-serializable"],
        &[UNCOMMITTED, COMMITTED, INTERNAL, LOST_UPDATE, SINGLE, NONADJACENT, ITEM],
    ),
    (&["strong-session-read-uncommitted", "strong-session-PL-1"], &[UNCOMMITTED, UNCOMMITTED_PROCESS]),
    (&["strong-read-uncommitted", "strong-PL-1"], &[UNCOMMITTED, UNCOMMITTED_PROCESS, UNCOMMITTED_REALTIME]),
    (&["strong-session-read-committed", "strong-session-PL-2"], &[UNCOMMITTED, COMMITTED, COMMITTED_PROCESS]),
    (
        &["strong-read-committed", "strong-PL-2"],
        &[UNCOMMITTED, COMMITTED, COMMITTED_PROCESS, COMMITTED_REALTIME],
    ),
    (&["strong-session-snapshot-isolation"], STRONG_SESSION_SNAPSHOT),
    (&["strong-snapshot-isolation"], STRONG_SNAPSHOT),
    (&["strong-session-serializable"], STRONG_SESSION_SERIALIZABLE),
    (&["strict-serializable", "strong-serializable", "PL-SS"], STRICT_SERIALIZABLE),
];

/// Known, but these workloads cannot tell whether they hold.
const PROHIBIT_NOTHING: [&str; 11] = [
    "view-serializable",
    "session-serializable",
    "1SR",
    "linearizable",
    "sequential",
    "causal",
    "PRAM",
    "monotonic-reads",
    "monotonic-writes",
    "read-your-writes",
    "writes-follow-reads",
];

/// What the models of these names prohibit together, or the first name that is none.
pub(crate) fn prohibited(names: &[String]) -> Result<BTreeSet<&'static str>, &str> {
    let mut prohibited = BTreeSet::new();
    for name in names {
        let model = MODELS.iter().find(|(aliases, _)| aliases.contains(&name.as_str()));
        match model {
            Some((_, sets)) => prohibited.extend(flatten(sets)),
            None if PROHIBIT_NOTHING.contains(&name.as_str()) => {}
            None => return Err(name),
        }
    }
    Ok(prohibited)
}

/// The models that a history with these anomalies violates: the weakest of them, and the others. Upstream orders models by
/// their definitions; here one is weaker that prohibits less of what can occur.
pub(super) fn ruled_out(found: &BTreeSet<&'static str>) -> (Vec<&'static str>, Vec<&'static str>) {
    let violated: Vec<_> = MODELS
        .iter()
        .map(|(names, sets)| (names[0], flatten(sets).collect::<BTreeSet<_>>()))
        .filter(|(_, prohibited)| !prohibited.is_disjoint(found))
        .collect();
    let is_weakest = |position: usize| {
        let (_, prohibited) = &violated[position];
        let weaker = |(other, (_, less)): (usize, &(_, BTreeSet<_>))| {
            less.is_subset(prohibited) && (less.len() < prohibited.len() || other < position)
        };
        !violated.iter().enumerate().any(weaker)
    };
    let (weakest, others): (Vec<usize>, Vec<usize>) = (0..violated.len()).partition(|&p| is_weakest(p));
    let names = |positions: Vec<usize>| positions.into_iter().map(|position| violated[position].0).collect();
    (names(weakest), names(others))
}

fn flatten(sets: Sets) -> impl Iterator<Item = &'static str> {
    sets.iter().flat_map(|set| set.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prohibits(name: &str) -> BTreeSet<&'static str> {
        prohibited(&[name.to_owned()]).unwrap()
    }

    #[test]
    fn weaker_models_prohibit_less() {
        for (weak, strong) in [
            ("read-uncommitted", "read-committed"),
            ("read-committed", "read-atomic"),
            ("read-atomic", "snapshot-isolation"),
            ("cursor-stability", "repeatable-read"),
            ("consistent-view", "snapshot-isolation"),
            ("snapshot-isolation", "serializable"),
            ("repeatable-read", "serializable"),
            ("serializable", "strong-session-serializable"),
            ("strong-session-serializable", "strict-serializable"),
            ("strong-snapshot-isolation", "strict-serializable"),
            ("strong-read-committed", "strong-snapshot-isolation"),
        ] {
            assert!(prohibits(weak).is_subset(&prohibits(strong)), "{weak} {strong}");
            assert_ne!(prohibits(weak), prohibits(strong));
        }
    }

    #[test]
    fn the_fine_print_holds() {
        assert!(!prohibits("repeatable-read").contains("internal"));
        assert!(!prohibits("read-committed").contains("lost-update"));
        assert!(!prohibits("snapshot-isolation").contains("G2-item"));
        assert!(!prohibits("strong-session-serializable").contains("G0-realtime"));
        assert_eq!(prohibits("linearizable"), BTreeSet::new());
        assert_eq!(prohibits("PL-SS"), prohibits("strict-serializable"));
        assert_eq!(prohibited(&["a,b".to_owned()]), Err("a,b"));
    }

    #[test]
    fn the_weakest_violated_models_are_named_first() {
        let (not, also_not) = ruled_out(&BTreeSet::from(["lost-update"]));
        assert_eq!(not, ["cursor-stability"]);
        assert!(also_not.contains(&"strict-serializable") && !also_not.contains(&"read-committed"));
        assert_eq!(ruled_out(&BTreeSet::from(["G0"])).0, ["read-uncommitted"]);
        assert_eq!(ruled_out(&BTreeSet::from(["G1c"])).0, ["read-committed"]);
    }
}
