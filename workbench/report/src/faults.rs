//! When what was broken, and its name: the sides of a partition (`n1 | n0 n2 n3`), the links that were cut, the nodes that were down.

use super::traffic::whole_micros;
use edn::Value;
use judge::{History, Process};
use serde::Serialize;
use std::collections::BTreeSet;

/// A stretch of time in which something was broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What: `partition`, `kill`, `pause`.
    pub name: &'static str,
    /// When it began, in microseconds.
    pub from_us: i64,
    /// When it was over.
    pub to_us: i64,
    /// The nodes that it hit, by name; none if it is about links.
    pub nodes: Vec<String>,
    /// What exactly, in a few words.
    pub what: String,
}

/// What the nemesis calls a fault when it begins and when it ends, and its name here.
const FAULTS: [(&str, &str, &str); 5] = [
    ("start-partition", "stop-partition", "partition"),
    ("start-one-way-link", "stop-one-way-link", "one-way-link"),
    ("start-latency-spike", "stop-latency-spike", "latency-spike"),
    ("kill", "start", KILL),
    ("pause", "resume", PAUSE),
];
/// What hits nodes; the others hit links.
const KILL: &str = "kill";
const PAUSE: &str = "pause";

/// Longest description of a fault, in characters.
const MAX_FAULT_LABEL: usize = 300;

/// When what was broken: from the moment that the nemesis had begun it until the moment that it had mended it, or the end.
pub fn faults(history: &History, end_us: i64) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for (begins, ends, name) in FAULTS {
        let mut open: Vec<Fault> = Vec::new();
        for op in history.ops.iter().filter(|op| op.process == Process::Nemesis) {
            let time_us = whole_micros(op.time_ns);
            if op.f == begins {
                begin(&mut open, name, time_us, &op.value);
            } else if op.f == ends {
                faults.extend(open.drain(..).map(|fault| Fault { to_us: time_us, ..fault }));
            }
        }
        faults.extend(open.into_iter().map(|fault| Fault { to_us: end_us, ..fault }));
    }
    faults.sort_by_key(|fault| (fault.from_us, fault.name));
    faults
}

/// Of the invocation of a fault and its completion, the second says what it hit. Nodes that are down already stay it.
fn begin(open: &mut Vec<Fault>, name: &'static str, time_us: i64, value: &Value) {
    if name != KILL && name != PAUSE {
        let what = shortened(if name == "latency-spike" { lagging(value) } else { links(value) });
        return match open.last_mut() {
            Some(fault) => fault.what = what,
            None => open.push(Fault { name, from_us: time_us, to_us: time_us, nodes: Vec::new(), what }),
        };
    }
    let Value::Map(hit) = value else { return };
    let is_open = |node: &str| open.iter().any(|fault| fault.nodes.iter().any(|hit| hit == node));
    let was_running = |outcome: &Value| outcome.as_name() != Some("not-running");
    let names = hit.iter().filter(|(_, outcome)| was_running(outcome)).filter_map(|(node, _)| node.as_text());
    let nodes: Vec<String> = names.filter(|node| !is_open(node)).map(Into::into).collect();
    if !nodes.is_empty() {
        let what = shortened(nodes.join(" "));
        open.push(Fault { name, from_us: time_us, to_us: time_us, nodes, what });
    }
}

/// What a nemesis says of links that it cut, `[:isolated {recipient #{senders}}]`: the sides, if all links between them
/// are cut and none within; else the links.
fn links(value: &Value) -> String {
    let map = value.elements().and_then(<[Value]>::last);
    let Some(Value::Map(entries)) = map else { return value.to_string() };
    let names: Vec<&str> = entries.iter().filter_map(|(name, _)| name.as_text()).collect();
    let position = |name: &Value| names.iter().position(|other| Some(*other) == name.as_text());
    let mut cut = BTreeSet::new();
    for (recipient, senders) in entries {
        let senders = senders.elements().unwrap_or_default().iter().filter_map(position);
        position(recipient).into_iter().for_each(|recipient| cut.extend(senders.clone().map(|from| (from, recipient))));
    }
    if cut.is_empty() {
        return "nothing is cut".to_owned();
    }
    let is_apart = |one: usize, other: usize| cut.contains(&(one, other)) && cut.contains(&(other, one));
    sides(names.len(), &is_apart, &cut).map_or_else(
        || cut_links(&names, &cut),
        |sides| {
            let side = |side: Vec<usize>| side.into_iter().map(|node| names[node]).collect::<Vec<_>>().join(" ");
            sides.into_iter().map(side).collect::<Vec<_>>().join(" | ")
        },
    )
}

/// The sides of a partition, the smallest first, if it is one.
fn sides(
    count: usize,
    is_apart: &dyn Fn(usize, usize) -> bool,
    cut: &BTreeSet<(usize, usize)>,
) -> Option<Vec<Vec<usize>>> {
    let mut sides: Vec<Vec<usize>> = Vec::new();
    for node in 0..count {
        match sides.iter_mut().find(|side| !is_apart(side[0], node)) {
            Some(side) => side.push(node),
            None => sides.push(vec![node]),
        }
    }
    let side_of = |node: usize| sides.iter().position(|side| side.contains(&node));
    let is_exact = (0..count).all(|one| {
        (0..count).all(|other| (side_of(one) != side_of(other)) == cut.contains(&(one, other)))
    });
    sides.sort_by_key(Vec::len);
    is_exact.then_some(sides)
}

/// `n0 ✕ n3` for links that are cut both ways, `n0 ↛ n1` for those that n1 does not hear n0 over.
fn cut_links(names: &[&str], cut: &BTreeSet<(usize, usize)>) -> String {
    let links = cut.iter().filter_map(|&(from, to)| match cut.contains(&(to, from)) {
        true if from > to => None,
        true => Some(format!("{} ✕ {}", names[from], names[to])),
        false => Some(format!("{} ↛ {}", names[from], names[to])),
    });
    links.collect::<Vec<_>>().join(", ")
}

/// Nodes that messages to and from take long.
fn lagging(value: &Value) -> String {
    let Value::Map(hit) = value else { return value.to_string() };
    hit.iter().filter_map(|(node, _)| node.as_text()).collect::<Vec<_>>().join(" ")
}

fn shortened(what: String) -> String {
    what.chars().take(MAX_FAULT_LABEL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(value: &str) -> String {
        links(&edn::read(value).unwrap())
    }

    #[test]
    fn a_partition_is_named_by_its_sides_and_other_cuts_by_their_links() {
        let halves = r#"[:isolated {"n0" #{"n1"}, "n1" #{"n0" "n2" "n3"}, "n2" #{"n1"}, "n3" #{"n1"}}]"#;
        assert_eq!(named(halves), "n1 | n0 n2 n3");
        let three = r#"[:isolated {"a" #{"b" "c"}, "b" #{"a" "c"}, "c" #{"a" "b"}}]"#;
        assert_eq!(named(three), "a | b | c");
        let ring = r#"[:isolated {"a" #{"c"}, "b" #{}, "c" #{"a"}}]"#;
        assert_eq!(named(ring), "a ✕ c");
        assert_eq!(named(r#"[:isolated {"a" #{"b"}, "b" #{}}]"#), "b ↛ a");
        assert_eq!(named(r#"[:isolated {"a" #{}, "b" #{}}]"#), "nothing is cut");
        assert_eq!(named(":one"), ":one");
    }
}
