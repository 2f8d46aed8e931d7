//! Partitions: which links are cut (Maelstrom behaviour §8.2).

use edn::Value;
use fastrand::Rng;
use std::collections::BTreeSet;
use std::sync::Arc;

/// For each node, by position, the nodes whose messages it drops.
pub type Grudge = Vec<BTreeSet<usize>>;

/// A kind of partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One node alone.
    One,
    /// The cluster in halves.
    Majority,
    /// A third, rounded down from n − 1, against the rest.
    MinorityThird,
    /// Every node sees a majority, each another one.
    MajoritiesRing,
}

/// Up to this many nodes the ring of majorities is a ring; beyond, links are dealt out evenly.
const LARGEST_PERFECT_RING: usize = 5;

impl Target {
    pub(super) const ALL: [Target; 4] =
        [Target::One, Target::Majority, Target::MinorityThird, Target::MajoritiesRing];

    /// The name in the history.
    pub fn name(self) -> &'static str {
        match self {
            Target::One => "one",
            Target::Majority => "majority",
            Target::MinorityThird => "minority-third",
            Target::MajoritiesRing => "majorities-ring",
        }
    }

    /// Draws whom nobody hears, among `size` nodes.
    pub fn grudge(self, size: usize, rng: &mut Rng) -> Grudge {
        let mut nodes: Vec<usize> = (0..size).collect();
        rng.shuffle(&mut nodes);
        match self {
            Target::One => halves(&nodes, 1),
            Target::Majority => halves(&nodes, size / 2),
            Target::MinorityThird => halves(&nodes, size.saturating_sub(1) / 3),
            Target::MajoritiesRing if size <= LARGEST_PERFECT_RING => perfect_ring(&nodes),
            Target::MajoritiesRing => even_majorities(size, rng),
        }
    }
}

/// Links between `size` nodes that drop what they carry, each drawn alone: the other direction works, unless it is drawn
/// as well.
pub fn one_way(size: usize, rng: &mut Rng) -> Grudge {
    let mut grudge = vec![BTreeSet::new(); size];
    let links = if size < 2 { 0 } else { 1 + rng.usize(..size) };
    for _ in 0..links {
        let to = rng.usize(..size);
        let from = (to + 1 + rng.usize(..size - 1)) % size;
        grudge[to].insert(from);
    }
    grudge
}

/// A grudge as the history shows it: `[:isolated {node #{those it does not hear}}]`.
pub fn isolated(grudge: &Grudge, names: &[Arc<str>]) -> Value {
    let name = |node: usize| Value::Text(names[node].clone());
    let entry = |(node, unheard): (usize, &BTreeSet<usize>)| {
        (name(node), Value::Set(unheard.iter().map(|source| name(*source)).collect()))
    };
    Value::Vector(vec![
        Value::keyword("isolated"),
        Value::Map(grudge.iter().enumerate().map(entry).collect()),
    ])
}

/// The first `count` of the nodes against the rest.
fn halves(nodes: &[usize], count: usize) -> Grudge {
    let mut grudge = vec![BTreeSet::new(); nodes.len()];
    let (left, right) = nodes.split_at(count.min(nodes.len()));
    for (from, to) in left.iter().flat_map(|from| right.iter().map(move |to| (*from, *to))) {
        grudge[to].insert(from);
        grudge[from].insert(to);
    }
    grudge
}

/// Each window of a majority of consecutive nodes is what its middle node hears.
fn perfect_ring(nodes: &[usize]) -> Grudge {
    let (size, majority) = (nodes.len(), nodes.len() / 2 + 1);
    let mut grudge: Grudge = vec![(0..size).collect(); size];
    for start in 0..size {
        let middle = nodes[(start + majority / 2) % size];
        for offset in 0..majority {
            grudge[middle].remove(&nodes[(start + offset) % size]);
        }
    }
    grudge
}

/// Links the least connected node with the least connected one that it lacks, until all have a majority.
fn even_majorities(size: usize, rng: &mut Rng) -> Grudge {
    let mut grudge: Grudge =
        (0..size).map(|node| (0..size).filter(|other| *other != node).collect()).collect();
    let majority = size / 2 + 1;
    loop {
        let node = least_connected(&grudge, 0..size, rng);
        if size - grudge[node].len() >= majority {
            return grudge;
        }
        let other = least_connected(&grudge, grudge[node].iter().copied(), rng);
        grudge[node].remove(&other);
        grudge[other].remove(&node);
    }
}

fn least_connected(grudge: &Grudge, nodes: impl Iterator<Item = usize> + Clone, rng: &mut Rng) -> usize {
    let most_unheard = nodes.clone().map(|node| grudge[node].len()).max();
    let least = nodes.filter(|node| Some(grudge[*node].len()) == most_unheard);
    rng.choice(least.collect::<Vec<_>>()).expect("a node below a majority lacks somebody")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grudges(target: Target, size: usize) -> impl Iterator<Item = Grudge> {
        (0..200).map(move |seed| target.grudge(size, &mut Rng::with_seed(seed)))
    }

    fn is_symmetric(grudge: &Grudge) -> bool {
        let hears = |to: usize, from: usize| !grudge[to].contains(&from);
        (0..grudge.len()).all(|to| (0..to).all(|from| hears(to, from) == hears(from, to)))
    }

    /// The sizes of the nodes' grudges, ascending.
    fn sizes(grudge: &Grudge) -> Vec<usize> {
        let mut sizes: Vec<usize> = grudge.iter().map(BTreeSet::len).collect();
        sizes.sort_unstable();
        sizes
    }

    #[test]
    fn partitions_in_two_cut_both_ways_between_groups_of_the_right_size() {
        for (target, size, expected) in [
            (Target::One, 5, vec![1, 1, 1, 1, 4]),
            (Target::Majority, 5, vec![2, 2, 2, 3, 3]),
            (Target::Majority, 4, vec![2, 2, 2, 2]),
            (Target::MinorityThird, 5, vec![1, 1, 1, 1, 4]),
            (Target::MinorityThird, 7, vec![2, 2, 2, 2, 2, 5, 5]),
            (Target::One, 1, vec![0]),
            (Target::Majority, 1, vec![0]),
        ] {
            for grudge in grudges(target, size) {
                assert_eq!(sizes(&grudge), expected, "{target:?} of {size}");
                assert!(is_symmetric(&grudge));
            }
        }
    }

    /// Appendix B, example 5.
    #[test]
    fn a_third_of_three_is_nobody() {
        assert!(grudges(Target::MinorityThird, 3).all(|grudge| grudge.iter().all(BTreeSet::is_empty)));
    }

    #[test]
    fn one_way_links_are_cut_one_way_and_there_are_some_wherever_there_are_links() {
        assert_eq!(one_way(1, &mut Rng::with_seed(1)), [BTreeSet::new()]);
        for (size, seed) in (2..9).flat_map(|size| (0..50).map(move |seed| (size, seed))) {
            let grudge = one_way(size, &mut Rng::with_seed(seed));
            let cut: usize = grudge.iter().map(BTreeSet::len).sum();
            assert!((1..=size).contains(&cut), "{cut} of {size} nodes' links");
            assert!((0..size).all(|node| !grudge[node].contains(&node)));
        }
        let lopsided = (0..50).filter(|seed| !is_symmetric(&one_way(5, &mut Rng::with_seed(*seed))));
        assert!(lopsided.count() > 40);
    }

    #[test]
    fn every_node_may_be_the_one() {
        let alone: BTreeSet<usize> =
            grudges(Target::One, 5).filter_map(|grudge| grudge.iter().position(|g| g.len() == 4)).collect();
        assert_eq!(alone.len(), 5);
    }

    #[test]
    fn a_ring_of_three_has_links_that_work_one_way_only() {
        for grudge in grudges(Target::MajoritiesRing, 3) {
            assert_eq!(sizes(&grudge), [1, 1, 1]);
            assert!(!is_symmetric(&grudge));
        }
    }

    #[test]
    fn small_rings_lose_the_farthest_nodes() {
        for (size, unheard) in [(1, 0), (2, 0), (4, 1), (5, 2)] {
            for grudge in grudges(Target::MajoritiesRing, size) {
                assert_eq!(sizes(&grudge), vec![unheard; size], "{size} nodes");
            }
        }
    }

    #[test]
    fn in_a_ring_of_four_or_five_who_is_heard_hears_too() {
        for size in [4, 5] {
            assert!(
                grudges(Target::MajoritiesRing, size).all(|grudge| is_symmetric(&grudge)),
                "{size} nodes"
            );
        }
    }

    #[test]
    fn large_rings_leave_every_node_a_majority_and_not_the_same() {
        for size in [6, 7, 10, 25] {
            for grudge in grudges(Target::MajoritiesRing, size).take(20) {
                assert!(is_symmetric(&grudge));
                let heard: Vec<usize> = grudge.iter().map(|unheard| size - unheard.len()).collect();
                assert!(heard.iter().all(|heard| *heard > size / 2), "{heard:?}");
                assert!(
                    heard.iter().sum::<usize>() <= size * (size / 2 + 1) + size,
                    "no more links than needed"
                );
                let distinct: BTreeSet<_> = grudge.iter().collect();
                assert!(distinct.len() > 1);
            }
        }
    }

    #[test]
    fn the_history_shows_who_does_not_hear_whom() {
        let names: Vec<Arc<str>> = ["n0", "n1", "n2"].map(Arc::from).into();
        let grudge = vec![BTreeSet::from([1, 2]), BTreeSet::from([0]), BTreeSet::new()];
        assert_eq!(
            isolated(&grudge, &names).to_string(),
            r#"[:isolated {"n0" #{"n1" "n2"}, "n1" #{"n0"}, "n2" #{}}]"#
        );
    }
}
