//! The search for cycles, worst kind first.
//!
//! Each question is decided exactly, by connectivity in the sub-graph that could hold such a cycle, and answered with an
//! example. In one component of the graph a kind of cycle is not looked for when a worse kind already implies it: whatever
//! forbids the former forbids the latter.

use super::components::{Components, Successors, components};
use super::graph::{Edge, Graph, Kind, Kinds, NO_KEY, View};
use super::path::Paths;
use super::reach::{GaveUp, Singles, read_writes_by_component};
use std::ops::Range;

/// What else than data may order transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extra {
    Nothing,
    /// Graph has process edges.
    Process,
    /// Graph has realtime edges.
    Realtime,
}

/// What a search found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) cycles: Vec<Cycle>,
    /// Whether something was too large to be searched to the end.
    pub(crate) gave_up: bool,
}

/// A cycle: each step starts where the one before it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cycle {
    /// Its name, such as `G1c-realtime`.
    pub(crate) anomaly: &'static str,
    pub(crate) steps: Vec<Step>,
}

/// An edge between transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) kind: Kind,
    pub(crate) key: Option<u32>,
}

const FAMILIES: usize = 5;
const G0: usize = 0;
const G1C: usize = 1;
const SINGLE: usize = 2;
const NONADJACENT: usize = 3;
const G2: usize = 4;

/// By mode (data only, with process, with realtime), then by family.
const NAMES: [[&str; FAMILIES]; 3] = [
    ["G0", "G1c", "G-single-item", "G-nonadjacent-item", "G2-item"],
    ["G0-process", "G1c-process", "G-single-item-process", "G-nonadjacent-item-process", "G2-item-process"],
    [
        "G0-realtime",
        "G1c-realtime",
        "G-single-item-realtime",
        "G-nonadjacent-item-realtime",
        "G2-item-realtime",
    ],
];

/// Walks through one component that are looked at for the sake of their read-write edges, when those found so far have none
/// that matter.
const MAX_WALKS: usize = 64;

/// Searches the graph, whose order of time (if any) is `extra`.
pub(crate) fn search(graph: &Graph, extra: Extra) -> Found {
    let all = Kinds::NONE | Kind::Ww | Kind::Wr | Kind::Rw | Kind::Process | Kind::Realtime;
    let whole = components(&View { graph, kinds: all });
    let graph = graph.within(&whole);
    if graph.is_empty() {
        return Found::default();
    }
    let mut search = Search {
        found: Found::default(),
        by_component: vec![0; graph.vertices()],
        paths: Paths::new(2 * graph.vertices()),
        whole: &whole,
        graph: &graph,
    };
    search.mode(0, Kinds::NONE);
    match extra {
        Extra::Nothing => {}
        Extra::Process => search.mode(1, Kind::Process.into()),
        Extra::Realtime => search.mode(2, Kind::Realtime.into()),
    }
    search.found
}

struct Search<'g> {
    graph: &'g Graph,
    /// Components of the whole graph.
    whole: &'g Components,
    /// For each of those, what was found in it: bit `mode × FAMILIES + family`.
    by_component: Vec<u32>,
    paths: Paths,
    found: Found,
}

impl<'g> Search<'g> {
    fn mode(&mut self, mode: usize, time: Kinds) {
        let writes = time | Kind::Ww;
        let data = writes | Kind::Wr;
        self.closed_within(mode, G0, Kind::Ww, writes);
        self.closed_within(mode, G1C, Kind::Wr, data);
        self.alternating(mode, data);
        self.closed_within(mode, G2, Kind::Rw, data | Kind::Rw);
    }

    /// Finds cycles of `kinds` through an edge of kind `start`: such an edge within a component.
    fn closed_within(&mut self, mode: usize, family: usize, start: Kind, kinds: Kinds) {
        let view = View { graph: self.graph, kinds };
        let components = components(&view);
        for edge in self.graph.edges_of(start) {
            let (from, to) = (edge.from as usize, edge.to as usize);
            if components.both(from, to) && !self.is_implied(mode, family, from) {
                self.close(mode, &view, edge);
            }
        }
    }

    /// Finds cycles without two read-write edges in a row, best with only one such edge.
    fn alternating(&mut self, mode: usize, data: Kinds) {
        let walks = Alternating { graph: self.graph, data };
        let components = components(&walks);
        let closed = |(_, edge): &(u32, Edge)| {
            let (start, end) = (edge.from as usize, edge.to as usize);
            components.both(Alternating::after_data(start), Alternating::after_rw(end))
        };
        let mut edges = read_writes_by_component(self.graph, self.whole);
        edges.retain(closed);
        let mut singles = Singles::new(self.graph, self.whole, data);
        for group in edges.chunk_by(|(a, _), (b, _)| a == b) {
            if self.is_implied(mode, NONADJACENT, group[0].1.from as usize) {
                continue;
            }
            let edges: Vec<Edge> = group.iter().map(|(_, edge)| *edge).collect();
            let best = self.best_walk(&walks, &edges);
            if let Some((SINGLE, cycle)) = &best {
                self.record(mode, cycle);
                continue;
            }
            match singles.first(group[0].0, &edges) {
                Ok(Some(edge)) => self.close(mode, &View { graph: self.graph, kinds: data }, edge),
                Ok(None) => best.iter().for_each(|(_, cycle)| self.record(mode, cycle)),
                Err(GaveUp) => {
                    self.found.gave_up = true;
                    best.iter().for_each(|(_, cycle)| self.record(mode, cycle));
                }
            }
        }
    }

    /// The cycle with the worst family, of those that have a read-write edge.
    fn best_walk(&mut self, walks: &Alternating<'_>, edges: &[Edge]) -> Option<(usize, Vec<usize>)> {
        let mut best = None;
        for edge in edges.iter().take(MAX_WALKS) {
            let Some(cycle) = self.simple_cycle(walks, *edge) else { continue };
            match family(&self.steps(&cycle)) {
                SINGLE => return Some((SINGLE, cycle)),
                family @ NONADJACENT => best = best.or(Some((family, cycle))),
                _ => {}
            }
        }
        best
    }

    /// A cycle without two read-write edges in a row, out of a shortest such walk through `edge`.
    ///
    /// Where a closed walk meets itself it falls into two. If one part has two read-write edges in a row, at its seam, then
    /// the other has none in either place next to the seam; so one part always is such a walk again, and a shorter one.
    fn simple_cycle(&mut self, walks: &Alternating<'_>, edge: Edge) -> Option<Vec<usize>> {
        let (start, end) = (edge.from as usize, edge.to as usize);
        let mut walk = vec![self.number(edge)];
        walk.extend(self.paths.shortest(
            walks,
            Alternating::after_rw(end),
            Alternating::after_data(start),
        )?);
        while let Some((first, second)) = self.meets_itself(&walk) {
            let inner: Vec<usize> = walk[first..second].to_vec();
            let is_rw = |number: usize| self.graph.edge(number).kind == Kind::Rw;
            if is_rw(inner[0]) && is_rw(inner[inner.len() - 1]) {
                walk.drain(first..second);
            } else {
                walk = inner;
            }
        }
        Some(walk)
    }

    /// Two positions in a closed walk at which it is at the same vertex.
    fn meets_itself(&self, walk: &[usize]) -> Option<(usize, usize)> {
        let mut places: Vec<(u32, usize)> = walk
            .iter()
            .enumerate()
            .map(|(position, &number)| (self.graph.edge(number).from, position))
            .collect();
        places.sort_unstable();
        places.windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| (pair[0].1, pair[1].1))
    }

    /// Records the cycle that a shortest path in `view` makes with an edge, if there is such a path.
    fn close(&mut self, mode: usize, view: &impl Successors, edge: Edge) {
        if let Some(mut cycle) = self.paths.shortest(view, edge.to as usize, edge.from as usize) {
            cycle.push(self.number(edge));
            self.record(mode, &cycle);
        }
    }

    fn record(&mut self, mode: usize, cycle: &[usize]) {
        let steps = self.steps(cycle);
        let family = family(&steps);
        let component = self.whole.of(self.graph.edge(cycle[0]).from as usize) as usize;
        self.by_component[component] |= 1 << (mode * FAMILIES + family);
        self.found.cycles.push(Cycle { anomaly: NAMES[mode][family], steps });
    }

    /// The edges of a cycle as steps between transactions: moments in between are left out.
    fn steps(&self, cycle: &[usize]) -> Vec<Step> {
        let edges: Vec<Edge> = cycle.iter().map(|&number| self.graph.edge(number)).collect();
        let first = edges.iter().position(|edge| self.graph.is_transaction(edge.from as usize));
        let first = first.expect("moments follow each other in a line, so each cycle has a transaction");
        let mut steps: Vec<Step> = Vec::new();
        for edge in edges[first..].iter().chain(&edges[..first]) {
            let to = edge.to as usize;
            match steps.last_mut() {
                Some(step) if !self.graph.is_transaction(step.to) => step.to = to,
                _ => steps.push(Step {
                    from: edge.from as usize,
                    to,
                    kind: edge.kind,
                    key: (edge.key != NO_KEY).then_some(edge.key),
                }),
            }
        }
        steps
    }

    /// Whether something found in the component of `vertex` makes it pointless to look for this. For models that know of time
    /// cycles that alternate imply those with a single read-write edge: all that prohibit the latter prohibit the former.
    fn is_implied(&self, mode: usize, family: usize, vertex: usize) -> bool {
        let worse: &[usize] = match family {
            G0 => &[G0],
            G1C => &[G0, G1C],
            SINGLE => &[SINGLE],
            NONADJACENT => &[SINGLE, NONADJACENT],
            _ => &[SINGLE, NONADJACENT, G2],
        };
        let found = self.by_component[self.whole.of(vertex) as usize];
        (0..=mode).any(|mode| worse.iter().any(|family| found & (1 << (mode * FAMILIES + family)) != 0))
    }

    fn number(&self, edge: Edge) -> usize {
        let candidates = self.graph.edges_from(edge.from as usize);
        let found = candidates.into_iter().find(|&number| self.graph.edge(number) == edge);
        found.expect("the edge was taken from this graph")
    }
}

/// Classifies a cycle by its data edges.
fn family(steps: &[Step]) -> usize {
    let is_rw = |step: &Step| step.kind == Kind::Rw;
    let following = steps.iter().cycle().skip(1);
    match steps.iter().filter(|step| is_rw(step)).count() {
        0 if steps.iter().any(|step| step.kind == Kind::Wr) => G1C,
        0 => G0,
        1 => SINGLE,
        _ if steps.iter().zip(following).any(|(a, b)| is_rw(a) && is_rw(b)) => G2,
        _ => NONADJACENT,
    }
}

/// The graph of walks that never take two read-write edges in a row. Its vertices are pairs of a vertex and whether it was
/// reached by such an edge; its cycles are exactly the closed walks of that kind.
struct Alternating<'g> {
    graph: &'g Graph,
    data: Kinds,
}

impl Alternating<'_> {
    fn after_data(vertex: usize) -> usize {
        2 * vertex
    }

    fn after_rw(vertex: usize) -> usize {
        2 * vertex + 1
    }
}

impl Successors for Alternating<'_> {
    fn vertices(&self) -> usize {
        2 * self.graph.vertices()
    }

    fn edges(&self, vertex: usize) -> Range<usize> {
        self.graph.edges_from(vertex / 2)
    }

    fn target(&self, vertex: usize, edge: usize) -> Option<usize> {
        let edge = self.graph.edge(edge);
        let target = edge.to as usize;
        match edge.kind {
            Kind::Rw if vertex.is_multiple_of(2) => Some(Self::after_rw(target)),
            kind if self.data.contains(kind) => Some(Self::after_data(target)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
