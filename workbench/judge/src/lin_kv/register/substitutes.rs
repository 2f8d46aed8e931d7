//! Calls without end that do as well as others.
//!
//! A write of a value does whatever a comparison that sets this value does, and whatever the register holds. So who has used up a
//! comparison and still has such a write is no worse off than who has used up the write. Of calls that do the same it only
//! counts how many are left.

use super::configuration::{Configuration, Step};
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Of two calls that write 5 and two each that set 3 to 5 and 4 to 5, and some call that ends.
    #[test]
    fn a_write_stands_in_for_one_comparison_and_never_the_other_way_round() {
        let (writes, threes, fours, ends) = (0b11, 0b1100, 0b11_0000, 0b100_0000);
        let actions = [
            (Step::Write(5), writes),
            (Step::CompareAndSet(3, 5), threes),
            (Step::CompareAndSet(4, 5), fours),
        ];
        let all = actions
            .into_iter()
            .flat_map(|(action, slots)| [(action, slots & 0b01_0101), (action, slots & 0b10_1010)]);
        let substitutes =
            all.fold(Substitutes::default(), |before, (action, slot)| before.with(action, slot));
        let left = |may| substitutes.weigh(Configuration { state: 0, must: 0, may, shown: 0 });
        let is_enough = |here, there| substitutes.make_needless(&left(here), &left(there));
        assert!(is_enough(0b01, 0b0100) && is_enough(0b11, 0b01_0100) && is_enough(0b11, 0b01_0001));
        assert!(is_enough(ends | 0b01_0001, ends | 0b01_0100));
        for (here, there) in [
            (0b0100, 0b01),
            (0b01, 0b1100),
            (0b01, 0b01_0100),
            (0b01, 0b01_0001),
            // As many calls are left, and one write for two comparisons.
            (0b01_0001, 0b1100),
            (0b11, ends),
            (0b0100, 0b01_0000),
        ] {
            assert!(!is_enough(here, there), "{here:b} does not do for {there:b}");
        }
    }
}
