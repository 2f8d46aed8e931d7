//! The naive model: updates are known by name, a replica is a set of them, and merging is union.

use std::collections::{BTreeMap, BTreeSet};

use protocol::gossip::{Count, Run};
use protocol::{Json, List};

/// A node's position, and the incarnation that it gives itself.
pub(crate) type Life = (u32, u64);

/// An update: the life that accepted it, and its number there.
pub(crate) type Update = (Life, u64);

/// Every update that was ever accepted, by whatever node, with its value and with what that node held before.
#[derive(Debug, Default)]
pub(crate) struct Ledger(BTreeMap<Update, (String, BTreeSet<Update>)>);

/// What one life of a node holds.
#[derive(Clone, Debug)]
pub(crate) struct Twin {
    pub(crate) life: Life,
    /// In the order in which it came.
    order: Vec<Update>,
    pub(crate) held: BTreeSet<Update>,
}

impl Ledger {
    /// The value of an update that must not be invented.
    #[track_caller]
    fn value(&self, update: Update) -> &str {
        &self.0.get(&update).unwrap_or_else(|| panic!("{update:?} was never accepted by anyone")).0
    }

    /// The updates of runs as they travel, in order, each with the value that it was accepted with.
    #[track_caller]
    pub(crate) fn read_runs(&self, runs: &[Run<'_>]) -> Vec<Update> {
        let mut updates = Vec::new();
        for &(node, incarnation, first, last, payload) in runs {
            let values = payload.parse::<List<Json<'_>>>().expect("a run is a list of values");
            assert_eq!(values.len() as u64, last - first + 1, "a run has a value for each number");
            for (number, value) in (first..=last).zip(values) {
                let update = ((node, incarnation), number);
                assert_eq!(value.as_str(), self.value(update), "{update:?} travels as it was accepted");
                updates.push(update);
            }
        }
        updates
    }
}

impl Twin {
    /// The twin of a life that has just begun.
    pub(crate) fn new(life: Life) -> Twin {
        Twin { life, order: Vec::new(), held: BTreeSet::new() }
    }

    /// Accepts an update of this life's own.
    pub(crate) fn accept(&mut self, ledger: &mut Ledger, value: &str) {
        let update = (self.life, self.count(self.life) + 1);
        ledger.0.insert(update, (value.to_string(), self.held.clone()));
        self.add(update);
    }

    /// The union with `updates`.
    pub(crate) fn union(&self, updates: &[Update]) -> Twin {
        let mut union = self.clone();
        updates.iter().for_each(|&update| union.add(update));
        union
    }

    /// Asserts that whoever holds one of `updates` holds all that its origin held before it; that origin's earlier
    /// updates are among that.
    #[track_caller]
    pub(crate) fn assert_closed(&self, ledger: &Ledger, updates: &[Update]) {
        for update in updates {
            let missing = &ledger.0[update].1 - &self.held;
            assert!(missing.is_empty(), "{:?} shows {update:?} without {missing:?}", self.life);
        }
    }

    /// What a read of the node must be, to the byte.
    pub(crate) fn read(&self, ledger: &Ledger) -> String {
        let values: Vec<&str> = self.order.iter().map(|&update| ledger.value(update)).collect();
        format!("[{}]", values.join(","))
    }

    /// Asserts that a vector says just what is held.
    #[track_caller]
    pub(crate) fn assert_vector(&self, vector: &[Count]) {
        let says: BTreeMap<Life, u64> =
            vector.iter().map(|&(node, incarnation, count)| ((node, incarnation), count)).collect();
        let holds: BTreeMap<Life, u64> =
            self.held.iter().map(|&(life, _)| (life, self.count(life))).collect();
        assert_eq!(says, holds, "the vector of {:?} says what it holds", self.life);
    }

    fn add(&mut self, update: Update) {
        if self.held.insert(update) {
            self.order.push(update);
        }
    }

    fn count(&self, life: Life) -> u64 {
        self.held.range((life, 0)..=(life, u64::MAX)).count() as u64
    }
}
