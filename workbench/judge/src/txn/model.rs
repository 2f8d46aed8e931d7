//! Consistency models, by the anomalies they prohibit (§11.6).
//!
//! Beyond upstream's, models whose names come from Cerone et al. prohibit what `weak` finds, with sessions; models above them
//! that know nothing of sessions, the same without. Those that ask for one order of all transactions prohibit that `serial`
//! finds there to be none.
//!
//! The sets hold only anomalies that can occur in these workloads. The `…-cycle-exists` facts of upstream are left out: a
//! cycle that they would hint at is always found here, under a name that the same models prohibit.

use std::collections::BTreeSet;

const UNCOMMITTED: &[&str] = &["G0", "cyclic-versions", "duplicate-elements", "reversed-appends"];
const COMMITTED: &[&str] = &[
    "G1a",
    "G1b",
    "G1c",
    "dirty-update",
    "future-read",
    "incompatible-order",
    "never-appended",
    "never-written",
];
const FRACTURED: &[&str] = &["fractured-read"];
const CAUSAL: &[&str] = &["fractured-read", "causal-violation"];
const FRACTURED_PROCESS: &[&str] = &["fractured-read-process", "G1c-process"];
const CAUSAL_PROCESS: &[&str] = &["fractured-read-process", "causal-violation-process", "G1c-process"];
const INTERNAL: &[&str] = &["internal"];
const LOST_UPDATE: &[&str] = &["lost-update"];
const SINGLE: &[&str] = &["G-single-item"];
const NONADJACENT: &[&str] = &["G-nonadjacent-item"];
const ITEM: &[&str] = &["G2-item"];
const NO_ORDER: &[&str] = &["no-serial-order"];
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
const READ_ATOMIC: Sets = &[UNCOMMITTED, COMMITTED, INTERNAL, FRACTURED, FRACTURED_PROCESS];
const CAUSAL_CERONE: Sets = &[UNCOMMITTED, COMMITTED, INTERNAL, CAUSAL, CAUSAL_PROCESS];
const UPDATE_ATOMIC: Sets = &[UNCOMMITTED, COMMITTED, INTERNAL, FRACTURED, FRACTURED_PROCESS, LOST_UPDATE];
const PARALLEL_SNAPSHOT: Sets = &[UNCOMMITTED, COMMITTED, INTERNAL, CAUSAL, CAUSAL_PROCESS, LOST_UPDATE];
const CONSISTENT_VIEW: Sets = &[UNCOMMITTED, COMMITTED, LOST_UPDATE, SINGLE];
const STRONG_SESSION_SNAPSHOT: Sets = &[
    UNCOMMITTED,
    COMMITTED,
    INTERNAL,
    CAUSAL,
    CAUSAL_PROCESS,
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
    CAUSAL,
    CAUSAL_PROCESS,
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
    CAUSAL,
    CAUSAL_PROCESS,
    LOST_UPDATE,
    SINGLE,
    NONADJACENT,
    ITEM,
    NO_ORDER,
    COMMITTED_PROCESS,
    SNAPSHOT_PROCESS,
    ITEM_PROCESS,
];
const STRICT_SERIALIZABLE: Sets = &[
    UNCOMMITTED,
    COMMITTED,
    INTERNAL,
    CAUSAL,
    CAUSAL_PROCESS,
    LOST_UPDATE,
    SINGLE,
    NONADJACENT,
    ITEM,
    NO_ORDER,
    COMMITTED_PROCESS,
    SNAPSHOT_PROCESS,
    ITEM_PROCESS,
    COMMITTED_REALTIME,
    SNAPSHOT_REALTIME,
    ITEM_REALTIME,
];

/// Names that mean the same, the one used in results first, and what they prohibit.
const MODELS: &[(&[&str], Sets)] = &[
    (&["read-uncommitted", "PL-1"], &[UNCOMMITTED]),
    (&["read-committed", "PL-2"], READ_COMMITTED),
    (&["monotonic-view", "PL-2L"], READ_COMMITTED),
    (&["monotonic-atomic-view"], READ_COMMITTED),
    (&["monotonic-snapshot-read", "PL-MSR"], READ_COMMITTED),
    (&["read-atomic"], READ_ATOMIC),
    (&["causal-cerone"], CAUSAL_CERONE),
    (&["prefix"], CAUSAL_CERONE),
    (&["update-atomic"], UPDATE_ATOMIC),
    (&["parallel-snapshot-isolation"], PARALLEL_SNAPSHOT),
    (&["cursor-stability", "PL-CS"], &[UNCOMMITTED, COMMITTED, LOST_UPDATE]),
    (&["consistent-view", "PL-2+"], CONSISTENT_VIEW),
    (&["forward-consistent-view", "PL-FCV"], CONSISTENT_VIEW),
    (&["update-serializable", "PL-3U"], CONSISTENT_VIEW),
    (
        &["snapshot-isolation", "PL-SI"],
        &[UNCOMMITTED, COMMITTED, INTERNAL, CAUSAL, LOST_UPDATE, SINGLE, NONADJACENT],
    ),
    (&["repeatable-read", "PL-2.99"], &[UNCOMMITTED, COMMITTED, LOST_UPDATE, SINGLE, NONADJACENT, ITEM]),
    (
        &["serializable", "PL-3", "conflict-serializable"],
        &[UNCOMMITTED, COMMITTED, INTERNAL, CAUSAL, LOST_UPDATE, SINGLE, NONADJACENT, ITEM, NO_ORDER],
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

/// Elle's lattice: of each model, those right below it. Whatever satisfies a model satisfies those.
const BELOW: &[(&str, &[&str])] = &[
    ("read-committed", &["read-uncommitted"]),
    ("monotonic-view", &["read-committed"]),
    ("monotonic-atomic-view", &["read-committed"]),
    ("monotonic-snapshot-read", &["read-committed"]),
    ("cursor-stability", &["read-committed"]),
    ("read-atomic", &["monotonic-atomic-view"]),
    ("causal-cerone", &["read-atomic"]),
    ("prefix", &["causal-cerone"]),
    ("update-atomic", &["read-atomic"]),
    ("parallel-snapshot-isolation", &["causal-cerone", "update-atomic"]),
    ("consistent-view", &["cursor-stability", "monotonic-view"]),
    ("forward-consistent-view", &["consistent-view"]),
    ("update-serializable", &["forward-consistent-view"]),
    (
        "snapshot-isolation",
        &[
            "forward-consistent-view",
            "monotonic-atomic-view",
            "monotonic-snapshot-read",
            "parallel-snapshot-isolation",
            "prefix",
        ],
    ),
    ("repeatable-read", &["cursor-stability", "monotonic-atomic-view"]),
    ("serializable", &["repeatable-read", "update-serializable", "snapshot-isolation"]),
    ("strong-session-read-uncommitted", &["read-uncommitted"]),
    ("strong-read-uncommitted", &["strong-session-read-uncommitted"]),
    ("strong-session-read-committed", &["read-committed", "strong-session-read-uncommitted"]),
    ("strong-read-committed", &["strong-session-read-committed", "strong-read-uncommitted"]),
    ("strong-session-snapshot-isolation", &["snapshot-isolation", "strong-session-read-committed"]),
    ("strong-snapshot-isolation", &["strong-session-snapshot-isolation", "strong-read-committed"]),
    ("strong-session-serializable", &["serializable", "strong-session-snapshot-isolation"]),
    ("strict-serializable", &["serializable", "strong-snapshot-isolation", "strong-session-serializable"]),
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

/// The names of all models.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    MODELS.iter().flat_map(|(aliases, _)| aliases.iter().copied()).chain(PROHIBIT_NOTHING)
}

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

/// Why these names cannot be what a history is held to, if they cannot: one that is none, or no names at all.
pub fn objection(names: &[String]) -> Option<String> {
    let known = || {
        let names = MODELS.iter().flat_map(|(names, _)| names.iter()).chain(&PROHIBIT_NOTHING);
        names.copied().collect::<Vec<_>>().join(", ")
    };
    match prohibited(names) {
        Err(name) => Some(format!("there is no consistency model named {name}; there are {}", known())),
        Ok(_) if names.is_empty() => Some(format!("no consistency model is named; there are {}", known())),
        Ok(_) => None,
    }
}

/// Those of these models under which nothing that a checker here looks for is prohibited.
pub fn toothless(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).filter(|name| PROHIBIT_NOTHING.contains(name)).collect()
}

/// The models that a history with these anomalies violates: the weakest of them, below which there is none, and the others.
pub(super) fn ruled_out(found: &BTreeSet<&'static str>) -> (Vec<&'static str>, Vec<&'static str>) {
    let is_violated = |(_, sets): &&(&[&str], Sets)| flatten(sets).any(|kind| found.contains(kind));
    let violated: Vec<&str> = MODELS.iter().filter(is_violated).map(|(names, _)| names[0]).collect();
    violated.iter().partition(|model| !violated.iter().any(|other| is_below(other, model)))
}

/// Whether a model is weaker than another.
fn is_below(weak: &str, strong: &str) -> bool {
    let below = BELOW.iter().find(|(name, _)| *name == strong).map_or(&[][..], |(_, below)| below);
    below.iter().any(|below| *below == weak || is_below(weak, below))
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
            ("cursor-stability", "repeatable-read"),
            ("consistent-view", "snapshot-isolation"),
            ("snapshot-isolation", "serializable"),
            ("repeatable-read", "serializable"),
            ("serializable", "strong-session-serializable"),
            ("strong-session-serializable", "strict-serializable"),
            ("strong-snapshot-isolation", "strict-serializable"),
            ("strong-read-committed", "strong-snapshot-isolation"),
            ("read-atomic", "causal-cerone"),
            ("causal-cerone", "strong-session-snapshot-isolation"),
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
        assert_eq!(not, ["update-atomic", "cursor-stability"]);
        assert!(also_not.contains(&"strict-serializable") && !also_not.contains(&"read-committed"));
        assert_eq!(ruled_out(&BTreeSet::from(["G0"])).0, ["read-uncommitted"]);
        assert_eq!(ruled_out(&BTreeSet::from(["G1c"])).0, ["read-committed"]);
    }

    #[test]
    fn of_models_of_which_none_is_weaker_all_are_named_and_of_others_the_weakest() {
        // Read atomic prohibits it and monotonic atomic view does not; repeatable read, which is above that, does not either.
        assert_eq!(ruled_out(&BTreeSet::from(["internal"])).0, ["read-atomic"]);
        let (not, also_not) = ruled_out(&BTreeSet::from(["lost-update", "internal"]));
        assert_eq!(not, ["read-atomic", "cursor-stability"]);
        assert!(also_not.contains(&"update-atomic") && also_not.contains(&"prefix"));
        assert_eq!(
            ruled_out(&BTreeSet::from(["G-nonadjacent-item"])).0,
            ["snapshot-isolation", "repeatable-read"]
        );
        for (strong, below) in BELOW {
            for name in below.iter().chain([strong]) {
                assert!(MODELS.iter().any(|(names, _)| names[0] == *name), "{name}");
            }
        }
    }

    #[test]
    fn names_that_are_none_and_no_names_are_objected_to() {
        assert!(objection(&["read-commited".to_owned()]).unwrap().contains("read-committed"));
        assert!(objection(&[]).is_some());
        assert_eq!(objection(&["causal".to_owned(), "PL-2".to_owned()]), None);
        assert_eq!(toothless(&["causal".to_owned(), "PL-2".to_owned()]), ["causal"]);
    }
}
