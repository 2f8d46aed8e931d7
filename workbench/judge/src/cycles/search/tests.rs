use super::*;
use crate::cycles::graph::{Builder, Span};
use crate::history::Kind as Outcome;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn graph(vertices: usize, edges: &[(usize, usize, Kind)]) -> Graph {
    let mut builder = Builder::new(vertices);
    edges.iter().for_each(|&(from, to, kind)| builder.add(from, to, kind, 0));
    builder.build().0
}

fn anomalies(found: &Found) -> Vec<&str> {
    found.cycles.iter().map(|cycle| cycle.anomaly).collect()
}

use Kind::{Process, Rw, Wr, Ww};

#[test]
fn a_cycle_is_named_after_its_edges() {
    let name =
        |edges: &[(usize, usize, Kind)]| anomalies(&search(&graph(4, edges), Extra::Nothing)).join(" ");
    assert_eq!(name(&[(0, 1, Ww), (1, 0, Ww)]), "G0");
    assert_eq!(name(&[(0, 1, Ww), (1, 0, Wr)]), "G1c");
    assert_eq!(name(&[(0, 1, Ww), (1, 2, Wr), (2, 0, Rw)]), "G-single-item");
    assert_eq!(name(&[(0, 1, Rw), (1, 2, Wr), (2, 3, Rw), (3, 0, Ww)]), "G-nonadjacent-item");
    assert_eq!(name(&[(0, 1, Rw), (1, 0, Rw)]), "G2-item");
    assert_eq!(name(&[(0, 1, Rw), (1, 2, Rw), (2, 0, Wr)]), "G2-item");
    assert_eq!(name(&[(0, 1, Rw), (1, 2, Rw), (0, 2, Ww)]), "");
}

#[test]
fn an_order_of_time_that_closes_a_cycle_is_in_its_name() {
    let edges = [(0, 1, Wr), (1, 0, Process)];
    assert_eq!(anomalies(&search(&graph(2, &edges), Extra::Process)), ["G1c-process"]);
    // The cycle does not need the edge of time.
    let edges = [(0, 1, Wr), (1, 0, Process), (1, 0, Ww)];
    assert_eq!(anomalies(&search(&graph(2, &edges), Extra::Process)), ["G1c"]);
}

#[test]
fn realtime_leads_from_ends_to_later_beginnings_and_only_there() {
    let span = |invoke, complete, outcome| Span { invoke, complete, outcome, process: invoke as u64 };
    let spans = [
        span(0, Some(1), Outcome::Ok),
        span(2, Some(5), Outcome::Ok),
        span(3, Some(4), Outcome::Info),
        span(6, None, Outcome::Info),
        span(7, Some(8), Outcome::Fail),
    ];
    // An edge against an order of time, if there is one, closes a cycle.
    let closed = |from: usize, to: usize| {
        let mut builder = Builder::new(5);
        builder.realtime(&spans);
        builder.add(to, from, Wr, 0);
        let found = search(&builder.build().0, Extra::Realtime);
        assert!(found.cycles.iter().all(|cycle| cycle.steps.len() == 2 && cycle.anomaly == "G1c-realtime"));
        !found.cycles.is_empty()
    };
    let ordered: Vec<(usize, usize)> =
        (0..5).flat_map(|a| (0..5).map(move |b| (a, b))).filter(|&(a, b)| a != b && closed(a, b)).collect();
    assert_eq!(ordered, [(0, 1), (0, 2), (0, 3), (1, 3)]);
}

#[test]
fn a_walk_that_meets_itself_is_cut_down_to_a_cycle() {
    // From 0 the walk 0 → 1 → 2 → 0 would take two read-write edges in a row at 0, if it did not go round 0 → 3 → 4 → 0
    // in between, and that has two of them.
    let edges =
        [(0, 1, Rw), (1, 2, Ww), (2, 0, Rw), (0, 3, Ww), (3, 4, Rw), (4, 5, Ww), (5, 6, Rw), (6, 0, Wr)];
    assert_eq!(anomalies(&search(&graph(7, &edges), Extra::Nothing)), ["G-nonadjacent-item"]);
}

#[test]
fn a_large_component_is_decided_in_time() {
    // A long chain of wr edges, and read-write edges that skip ahead in it: no cycle but those that two rw edges close.
    let length = 20_000;
    let mut builder = Builder::new(length);
    for vertex in 0..length - 1 {
        builder.add(vertex, vertex + 1, Wr, 0);
        builder.add(vertex, (vertex + 7).min(length - 1), Rw, 0);
    }
    builder.add(length - 1, length / 2, Rw, 0);
    let found = search(&builder.build().0, Extra::Nothing);
    assert_eq!(anomalies(&found), ["G-single-item"]);
    assert!(!found.gave_up);
}

/// Every simple cycle of a small graph, as kinds.
fn simple_cycles(edges: &[(usize, usize, Kind)]) -> Vec<Vec<Kind>> {
    fn extend(
        edges: &[(usize, usize, Kind)],
        start: usize,
        at: usize,
        way: &mut Vec<(usize, Kind)>,
        out: &mut Vec<Vec<Kind>>,
    ) {
        for &(from, to, kind) in edges.iter().filter(|edge| edge.0 == at) {
            if to == start {
                out.push(way.iter().map(|(_, kind)| *kind).chain([kind]).collect());
            } else if to > start && way.iter().all(|(seen, _)| *seen != to) && from != to {
                way.push((to, kind));
                extend(edges, start, to, way, out);
                way.pop();
            }
        }
    }
    let mut out = Vec::new();
    for start in 0..6 {
        extend(edges, start, start, &mut Vec::new(), &mut out);
    }
    out
}

/// The anomaly that a cycle of these kinds is: its mode and family.
fn anomaly(kinds: &[Kind]) -> (usize, usize) {
    let step = |kind: &Kind| Step { from: 0, to: 0, kind: *kind, key: None };
    let steps: Vec<Step> = kinds.iter().map(step).collect();
    (usize::from(kinds.contains(&Process)), family(&steps))
}

/// Whether whatever model prohibits the second anomaly prohibits the first.
fn stands_for((mode, family): (usize, usize), (other_mode, other): (usize, usize)) -> bool {
    let families: &[usize] = match other {
        G0 => &[G0],
        G1C => &[G0, G1C],
        // Some models let pass what alternates but nothing with a single read-write edge; none of those knows of time.
        SINGLE if other_mode == 0 => &[SINGLE],
        SINGLE => &[SINGLE, NONADJACENT],
        NONADJACENT => &[G0, G1C, SINGLE, NONADJACENT],
        _ => &[SINGLE, NONADJACENT, G2],
    };
    mode <= other_mode && families.contains(&family)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    /// Against all cycles, found by brute force.
    #[test]
    fn what_there_is_is_found_and_what_is_found_is_there(
        edges in proptest::collection::vec(
            (0usize..6, 0usize..6, prop_oneof![Just(Ww), Just(Wr), Just(Rw), Just(Rw), Just(Process)]), 0..12),
        in_processes: bool,
    ) {
        // Time has no cycles.
        let counts = |&(from, to, kind): &(usize, usize, Kind)| match kind {
            Process => in_processes && from < to,
            _ => from != to,
        };
        let edges: Vec<_> = edges.into_iter().filter(counts).collect();
        let extra = if in_processes { Extra::Process } else { Extra::Nothing };
        let found = search(&graph(6, &edges), extra);
        let there: BTreeSet<_> = simple_cycles(&edges).iter().map(|kinds| anomaly(kinds)).collect();
        let position = |cycle: &Cycle| (0..2).flat_map(|mode| (0..FAMILIES).map(move |family| (mode, family)))
            .find(|&(mode, family)| NAMES[mode][family] == cycle.anomaly).expect("no other names");
        let names: BTreeSet<_> = found.cycles.iter().map(position).collect();
        prop_assert!(names.is_subset(&there), "{names:?} {there:?}");
        for missing in there {
            prop_assert!(names.iter().any(|&name| stands_for(name, missing)), "{missing:?} is not among {names:?}");
        }
        for cycle in &found.cycles {
            for (step, next) in cycle.steps.iter().zip(cycle.steps.iter().cycle().skip(1)) {
                prop_assert!(edges.contains(&(step.from, step.to, step.kind)));
                prop_assert_eq!(step.to, next.from);
            }
        }
    }
}
