//! Strongly connected components, by Tarjan's algorithm.
//!
//! Without recursion, which is why this is not petgraph's: a chain of 100,000 transactions must not need 100,000 stack
//! frames. It also runs on graphs that are never built, such as one of (vertex, state) pairs.

use std::ops::Range;

/// A directed graph whose edges are numbered, those of one vertex consecutively.
pub(crate) trait Successors {
    /// Vertices are the numbers below this.
    fn vertices(&self) -> usize;

    /// The edges that may start at `vertex`.
    fn edges(&self, vertex: usize) -> Range<usize>;

    /// Where `edge` leads from `vertex`, if it counts.
    fn target(&self, vertex: usize, edge: usize) -> Option<usize>;
}

/// Which vertices can reach each other.
pub(crate) struct Components {
    of: Vec<u32>,
}

impl Components {
    /// The component of a vertex. An edge never leads to a component with a greater number.
    pub(crate) fn of(&self, vertex: usize) -> u32 {
        self.of[vertex]
    }

    pub(crate) fn both(&self, a: usize, b: usize) -> bool {
        self.of[a] == self.of[b]
    }
}

pub(crate) fn components(graph: &impl Successors) -> Components {
    let mut tarjan = Tarjan {
        order: vec![UNSEEN; graph.vertices()],
        low: vec![0; graph.vertices()],
        component: vec![UNSEEN; graph.vertices()],
        open: Vec::new(),
        seen: 0,
        components: 0,
    };
    for vertex in 0..graph.vertices() {
        if tarjan.order[vertex] == UNSEEN {
            tarjan.visit(graph, vertex);
        }
    }
    Components { of: tarjan.component }
}

const UNSEEN: u32 = u32::MAX;

struct Tarjan {
    /// When each vertex was first seen.
    order: Vec<u32>,
    /// The earliest open vertex known to be reachable from each.
    low: Vec<u32>,
    component: Vec<u32>,
    /// Vertices seen whose component is not complete.
    open: Vec<usize>,
    seen: u32,
    components: u32,
}

impl Tarjan {
    fn visit(&mut self, graph: &impl Successors, root: usize) {
        // A vertex on the way from the root, and its edges still to follow.
        let mut way = vec![(root, self.enter(graph, root))];
        while let Some((vertex, edges)) = way.last_mut() {
            let vertex = *vertex;
            match edges.next() {
                Some(edge) => {
                    let Some(target) = graph.target(vertex, edge) else { continue };
                    if self.order[target] == UNSEEN {
                        let edges = self.enter(graph, target);
                        way.push((target, edges));
                    } else if self.component[target] == UNSEEN {
                        self.low[vertex] = self.low[vertex].min(self.order[target]);
                    }
                }
                None => {
                    way.pop();
                    self.leave(vertex);
                    if let Some((before, _)) = way.last() {
                        self.low[*before] = self.low[*before].min(self.low[vertex]);
                    }
                }
            }
        }
    }

    fn enter(&mut self, graph: &impl Successors, vertex: usize) -> Range<usize> {
        self.order[vertex] = self.seen;
        self.low[vertex] = self.seen;
        self.seen += 1;
        self.open.push(vertex);
        graph.edges(vertex)
    }

    fn leave(&mut self, vertex: usize) {
        if self.low[vertex] < self.order[vertex] {
            return;
        }
        while let Some(member) = self.open.pop() {
            self.component[member] = self.components;
            if member == vertex {
                break;
            }
        }
        self.components += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Adjacency lists; edge numbers are vertex × 8 + position.
    struct Lists(Vec<Vec<usize>>);

    impl Successors for Lists {
        fn vertices(&self) -> usize {
            self.0.len()
        }

        fn edges(&self, vertex: usize) -> Range<usize> {
            vertex * 8..vertex * 8 + self.0[vertex].len()
        }

        fn target(&self, vertex: usize, edge: usize) -> Option<usize> {
            Some(self.0[vertex][edge % 8])
        }
    }

    #[test]
    fn a_long_chain_and_a_long_circle_need_no_stack() {
        let length = 1_000_000;
        let chain = Lists((0..length).map(|v| if v + 1 < length { vec![v + 1] } else { vec![] }).collect());
        let chain = components(&chain);
        assert!(chain.of(0) > chain.of(1) && !chain.both(0, length - 1));
        let circle = Lists((0..length).map(|vertex| vec![(vertex + 1) % length]).collect());
        assert!(components(&circle).both(0, length - 1));
    }

    proptest! {
        /// Against reachability by brute force.
        #[test]
        fn vertices_share_a_component_when_each_reaches_the_other(
            lists in proptest::collection::vec(proptest::collection::vec(0usize..12, 0..4), 12)
        ) {
            let mut reaches = [[false; 12]; 12];
            for (from, targets) in lists.iter().enumerate() {
                targets.iter().for_each(|to| reaches[from][*to] = true);
            }
            for via in 0..12 {
                for from in 0..12 {
                    for to in 0..12 {
                        reaches[from][to] |= reaches[from][via] && reaches[via][to];
                    }
                }
            }
            let components = components(&Lists(lists));
            for (a, b) in (0..144).map(|pair| (pair / 12, pair % 12)) {
                let together = a == b || (reaches[a][b] && reaches[b][a]);
                prop_assert_eq!(components.both(a, b), together);
                prop_assert!(!reaches[a][b] || components.of(a) >= components.of(b));
            }
        }
    }
}
