//! Calls without end that do as well as others.
//!
//! A write of a value does whatever a comparison that sets this value does, and whatever the register holds. So who has used up a
//! comparison and still has such a write is no worse off than who has used up the write. Of calls that do the same it only
//! counts how many are left.

use super::board::{Configuration, Step};
use std::collections::BTreeMap;

/// A configuration, and how many calls are left in it, by what they set: of all, and of writes alone. There are sixteen such
/// numbers of seven bits, and values share them; so a smaller one proves that something is missing.
#[derive(Clone, Copy)]
pub(super) struct Weighed {
    pub(super) configuration: Configuration,
    weight: u128,
}

const LANES: usize = 16;
/// The bit above each number.
const ABOVE: u128 = u128::from_ne_bytes([0x80; LANES]);

/// The slots of all calls without end that have begun.
#[derive(Clone, Default)]
pub(super) struct Substitutes {
    all: u128,
    /// By the value that they set.
    by_value: BTreeMap<u32, Setters>,
}

#[derive(Clone, Default)]
struct Setters {
    all: u128,
    writes: u128,
    /// By the value that they compare with.
    comparisons: BTreeMap<u32, u128>,
}

impl Substitutes {
    /// The same, and one more call.
    pub(super) fn with(&self, action: Step, slot: u128) -> Substitutes {
        let mut more = self.clone();
        more.all |= slot;
        let (Step::Read(value) | Step::Write(value) | Step::CompareAndSet(_, value)) = action;
        let setters = more.by_value.entry(value).or_default();
        setters.all |= slot;
        match action {
            Step::Write(_) => setters.writes |= slot,
            Step::CompareAndSet(from, _) => *setters.comparisons.entry(from).or_default() |= slot,
            Step::Read(_) => {}
        }
        more
    }

    pub(super) fn weigh(&self, configuration: Configuration) -> Weighed {
        let mut numbers = [0; LANES];
        for (value, setters) in &self.by_value {
            let place = *value as usize % (LANES / 2) * 2;
            for (number, slots) in numbers[place..].iter_mut().zip([setters.all, setters.writes]) {
                *number = 127.min(*number + (configuration.available() & slots).count_ones() as u8);
            }
        }
        Weighed { configuration, weight: u128::from_ne_bytes(numbers) }
    }

    /// Whether all that is possible after `other` is possible after `one`, which has the register in the same state.
    pub(super) fn make_needless(&self, one: &Weighed, other: &Weighed) -> bool {
        if ((one.weight | ABOVE) - other.weight) & ABOVE != ABOVE {
            return false;
        }
        let (one, other) = (&one.configuration, &other.configuration);
        let (here, there) = (one.available(), other.available());
        let missing = there & !here;
        if one.must & !other.must != 0 || missing & !self.all != 0 {
            return false;
        }
        missing == 0 || self.by_value.values().all(|setters| setters.suffice(here, there))
    }
}

impl Setters {
    /// Whether what is left here does for what is left there.
    fn suffice(&self, here: u128, there: u128) -> bool {
        if self.all & there & !here == 0 {
            return true;
        }
        let count = |left: u128, slots: u128| (left & slots).count_ones();
        let Some(spare) = count(here, self.writes).checked_sub(count(there, self.writes)) else {
            return false;
        };
        let missing = |slots: &u128| count(there, *slots).saturating_sub(count(here, *slots));
        self.comparisons.values().map(missing).sum::<u32>() <= spare
    }
}
