//! Which nodes a kill or a pause hits (§17.2).

use edn::Value;
use fastrand::Rng;

/// A choice of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victims {
    /// Any set of nodes but the empty one: first its size is drawn, then its members.
    Some,
    /// One node.
    One,
    /// A third, rounded down from n − 1: with up to three nodes nobody.
    MinorityThird,
    /// As many as can be missing while a majority is there, rounded up: with an even number of nodes half of them.
    Minority,
    /// The smallest majority.
    Majority,
    /// Every node.
    All,
}

impl Victims {
    pub(super) const ALL: [Victims; 6] = [
        Victims::Some,
        Victims::One,
        Victims::MinorityThird,
        Victims::Minority,
        Victims::Majority,
        Victims::All,
    ];

    /// As the history shows it.
    pub fn value(self) -> Value {
        match self {
            Victims::Some => Value::Nil,
            Victims::One => Value::keyword("one"),
            Victims::MinorityThird => Value::keyword("minority-third"),
            Victims::Minority => Value::keyword("minority"),
            Victims::Majority => Value::keyword("majority"),
            Victims::All => Value::keyword("all"),
        }
    }

    /// Draws the victims among `size` nodes: their positions, ascending.
    pub fn draw(self, size: usize, rng: &mut Rng) -> Vec<usize> {
        let count = match self {
            Victims::Some => 1 + rng.usize(..size),
            Victims::One => 1,
            Victims::MinorityThird => (size - 1) / 3,
            Victims::Minority => size / 2,
            Victims::Majority => size / 2 + 1,
            Victims::All => size,
        };
        let mut nodes: Vec<usize> = (0..size).collect();
        rng.shuffle(&mut nodes);
        nodes.truncate(count);
        nodes.sort_unstable();
        nodes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn as_many_nodes_are_hit_as_the_name_says() {
        for (victims, of_one, of_three, of_five, of_six) in [
            (Victims::One, 1, 1, 1, 1),
            (Victims::MinorityThird, 0, 0, 1, 1),
            (Victims::Minority, 0, 1, 2, 3),
            (Victims::Majority, 1, 2, 3, 4),
            (Victims::All, 1, 3, 5, 6),
        ] {
            for (size, expected) in [(1, of_one), (3, of_three), (5, of_five), (6, of_six)] {
                let drawn = victims.draw(size, &mut Rng::with_seed(1));
                assert_eq!(drawn.len(), expected, "{victims:?} of {size}");
                assert!(drawn.is_sorted() && drawn.iter().all(|node| *node < size));
            }
        }
    }

    #[test]
    fn some_nodes_are_at_least_one_and_every_set_may_be_drawn() {
        let draws = (0..1_000).map(|seed| Victims::Some.draw(3, &mut Rng::with_seed(seed)));
        let sets: BTreeSet<Vec<usize>> = draws.collect();
        assert_eq!(sets.len(), 7, "{sets:?}");
    }
}
