//! Shortest paths, breadth first.

use super::components::Successors;
use std::collections::VecDeque;

/// Room for searches, reused: a search costs what it visits, however large the graph.
pub(crate) struct Paths {
    /// The search that last saw each vertex.
    seen: Vec<u32>,
    /// The vertex and edge by which it was first reached.
    came_by: Vec<(u32, u32)>,
    queue: VecDeque<usize>,
    search: u32,
}

impl Paths {
    /// For graphs of at most `vertices`.
    pub(crate) fn new(vertices: usize) -> Paths {
        Paths { seen: vec![0; vertices], came_by: vec![(0, 0); vertices], queue: VecDeque::new(), search: 0 }
    }

    /// The edges of a shortest path from `from` to `to`, or nothing if there is none. From a vertex to itself it is empty.
    pub(crate) fn shortest(&mut self, graph: &impl Successors, from: usize, to: usize) -> Option<Vec<usize>> {
        self.search += 1;
        self.queue.clear();
        self.queue.push_back(from);
        self.seen[from] = self.search;
        while let Some(vertex) = self.queue.pop_front() {
            if vertex == to {
                return Some(self.edges_back(from, to));
            }
            for edge in graph.edges(vertex) {
                let Some(target) = graph.target(vertex, edge) else { continue };
                if self.seen[target] != self.search {
                    self.seen[target] = self.search;
                    self.came_by[target] = (vertex as u32, edge as u32);
                    self.queue.push_back(target);
                }
            }
        }
        None
    }

    fn edges_back(&self, from: usize, to: usize) -> Vec<usize> {
        let mut edges = Vec::new();
        let mut vertex = to;
        while vertex != from {
            let (before, edge) = self.came_by[vertex];
            edges.push(edge as usize);
            vertex = before as usize;
        }
        edges.reverse();
        edges
    }
}
