//! Who talks to whom while nothing is wrong: a tree that every node derives from the node list alone.
//!
//! The list is the same everywhere and in the same order (Maelstrom, `init`), so no message is needed to agree on the
//! tree: it is the complete tree of bounded fan-out in list order. Up to `fan_out + 1` nodes that is a star around the
//! first node, the overlay with the fewest links and only two hops; beyond, a tree of depth log(n), so that no node ever
//! talks to more than `fan_out + 1` others.
//!
//! The neighbours that `topology` suggests are not used: they are a grid by default, whose diameter at 25 nodes is
//! eight hops against the star's two, and every redundant link of it would carry every value once more.

use core::ops::Range;

/// The tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Overlay {
    size: usize,
    fan_out: usize,
}

impl Overlay {
    /// The tree over `size` nodes in which none has more than `fan_out` children.
    pub(crate) fn new(size: usize, fan_out: usize) -> Self {
        Overlay { size, fan_out: fan_out.max(1) }
    }

    /// How many nodes there are.
    pub(crate) fn size(self) -> usize {
        self.size
    }

    /// The nodes above, from the nearest to the first.
    pub(crate) fn ancestors(self, node: usize) -> impl Iterator<Item = usize> + Clone {
        core::iter::successors(self.parent(node), move |&above| self.parent(above))
    }

    /// The node above; the root has none.
    pub(crate) fn parent(self, node: usize) -> Option<usize> {
        (node > 0).then(|| (node - 1) / self.fan_out)
    }

    /// The nodes below.
    pub(crate) fn children(self, node: usize) -> Range<usize> {
        let first = node.saturating_mul(self.fan_out).saturating_add(1).min(self.size);
        first..first.saturating_add(self.fan_out).min(self.size)
    }

    /// Whether two nodes have a link of the tree between them.
    pub(crate) fn are_neighbours(self, one: usize, other: usize) -> bool {
        self.parent(one) == Some(other) || self.parent(other) == Some(one)
    }

    /// The nodes above and below.
    pub(crate) fn neighbours(self, node: usize) -> impl Iterator<Item = usize> {
        self.parent(node).into_iter().chain(self.children(node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn few_nodes_form_a_star_around_the_first() {
        let star = Overlay::new(25, 24);
        assert_eq!(star.neighbours(0).collect::<Vec<_>>(), (1..25).collect::<Vec<_>>());
        assert!((1..25).all(|leaf| star.neighbours(leaf).eq([0])));
    }

    #[test]
    fn neighbours_agree_on_their_links_and_every_node_is_reached_once() {
        for (size, fan_out) in [(1, 24), (2, 1), (26, 24), (1000, 24), (7, 2), (9, 0)] {
            let tree = Overlay::new(size, fan_out);
            let children: Vec<usize> = (0..size).flat_map(|node| tree.children(node)).collect();
            assert_eq!(children, (1..size).collect::<Vec<_>>());
            assert!((0..size).all(|node| tree.children(node).all(|child| tree.parent(child) == Some(node))));
        }
    }
}
