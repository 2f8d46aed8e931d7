//! Which of many read-write edges are closed to a cycle by other edges alone.
//!
//! Asking edge by edge would take a search for each, hours on a large component. Instead 512 edges are asked about at once:
//! one bit each is put where the edge ends, the bits flow along the other edges in topological order, and an edge whose bit
//! arrives where the edge starts lies on a cycle with itself as the only edge of its kind.

use super::components::{Components, Successors, components};
use super::graph::{Edge, Graph, Kind, Kinds, View};

const WORDS: usize = 8;
const BATCH: usize = 64 * WORDS;

/// Steps (an edge passed by a batch of bits, some nanoseconds) after which the search gives up, so that it takes seconds at
/// the very most.
const MAX_STEPS: usize = 1 << 29;

/// Finds read-write edges on cycles that have no other.
pub(super) struct Singles<'g> {
    graph: &'g Graph,
    /// The edges that may close a cycle.
    others: View<'g>,
    /// Components of `others`.
    components: Components,
    whole: &'g Components,
    /// By component of the whole graph, and within one in topological order of `others`. Made when first needed.
    vertices: Vec<usize>,
    /// What has arrived at each component of `others`.
    bits: Vec<[u64; WORDS]>,
    steps: usize,
}

impl<'g> Singles<'g> {
    /// `data` are the kinds of the other edges, `whole` the components of the whole graph.
    pub(super) fn new(graph: &'g Graph, whole: &'g Components, data: Kinds) -> Singles<'g> {
        let others = View { graph, kinds: data };
        let components = components(&others);
        Singles { graph, others, components, whole, vertices: Vec::new(), bits: Vec::new(), steps: 0 }
    }

    /// The first of `edges`, all read-write and in component `whole` of the whole graph, that other edges close to a cycle.
    pub(super) fn first(&mut self, whole: u32, edges: &[Edge]) -> Result<Option<Edge>, GaveUp> {
        self.prepare();
        let start = self.vertices.partition_point(|&vertex| self.whole.of(vertex) < whole);
        let end = self.vertices.partition_point(|&vertex| self.whole.of(vertex) <= whole);
        for batch in edges.chunks(BATCH) {
            for place in start..end {
                let component = self.component(self.vertices[place]);
                self.bits[component] = [0; WORDS];
            }
            for (number, edge) in batch.iter().enumerate() {
                let end = self.component(edge.to as usize);
                self.bits[end][number / 64] |= 1 << (number % 64);
            }
            self.flow(start, end)?;
            let arrived = |(number, edge): &(usize, &Edge)| {
                let start = self.component(edge.from as usize);
                self.bits[start][number / 64] & (1 << (number % 64)) != 0
            };
            if let Some((_, edge)) = batch.iter().enumerate().find(arrived) {
                return Ok(Some(*edge));
            }
        }
        Ok(None)
    }

    fn prepare(&mut self) {
        if self.bits.is_empty() {
            self.bits = vec![[0; WORDS]; self.graph.vertices()];
            self.vertices = (0..self.graph.vertices()).collect();
            self.vertices.sort_by_key(|&v| (self.whole.of(v), std::cmp::Reverse(self.components.of(v))));
        }
    }

    fn flow(&mut self, start: usize, end: usize) -> Result<(), GaveUp> {
        for place in start..end {
            let vertex = self.vertices[place];
            let bits = self.bits[self.component(vertex)];
            let edges = self.graph.edges_from(vertex);
            self.steps += edges.len();
            if self.steps > MAX_STEPS {
                return Err(GaveUp);
            }
            for edge in edges {
                let Some(target) = self.others.target(vertex, edge) else { continue };
                let target = self.component(target);
                self.bits[target].iter_mut().zip(bits).for_each(|(word, more)| *word |= more);
            }
        }
        Ok(())
    }

    fn component(&self, vertex: usize) -> usize {
        self.components.of(vertex) as usize
    }
}

/// The search took too long.
#[derive(Debug)]
pub(super) struct GaveUp;

/// The read-write edges of `graph`, grouped by `whole` component.
pub(super) fn read_writes_by_component(graph: &Graph, whole: &Components) -> Vec<(u32, Edge)> {
    let mut edges: Vec<(u32, Edge)> =
        graph.edges_of(Kind::Rw).map(|edge| (whole.of(edge.from as usize), edge)).collect();
    edges.sort_unstable();
    edges
}
