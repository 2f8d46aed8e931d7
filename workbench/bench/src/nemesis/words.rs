//! What the nemesis did, in words for people: `partition: n1 | n0 n2 n3`. Histories say it in EDN.

use edn::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Links that work one way only and are told one by one; more are counted.
const LINKS_TOLD: usize = 6;

/// What an operation of the nemesis came to, by its name and the value of its completion. None for its invocation, which
/// only says what kind of nodes are to be drawn.
pub fn words(f: &str, value: &Value) -> Option<String> {
    let unheard = || Unheard::read(value);
    match (f, value) {
        ("start-partition", _) => unheard().map(|unheard| format!("partition: {}", unheard.partition())),
        ("start-one-way-link", _) => unheard().map(|unheard| format!("one-way links: {}", unheard.links())),
        ("stop-partition", Value::Keyword(_)) => Some("the partition is healed".to_owned()),
        ("stop-one-way-link", Value::Keyword(_)) => Some("all links work both ways again".to_owned()),
        ("kill", Value::Map(hit)) => Some(format!("killed {}", names(hit, &["killed"]))),
        ("start", Value::Map(hit)) => Some(format!("started again: {}", names(hit, &["started"]))),
        ("pause", Value::Map(hit)) => Some(format!("paused {}", names(hit, &["paused"]))),
        ("resume", Value::Map(hit)) => Some(format!("go on: {}", names(hit, &["resumed"]))),
        ("start-latency-spike", Value::Map(hit)) => Some(format!("slow links: {}", names(hit, &["lagging"]))),
        ("stop-latency-spike", Value::Map(_)) => Some("links are as quick as before".to_owned()),
        _ => None,
    }
}

/// The nodes that one of these outcomes befell.
fn names(hit: &[(Value, Value)], outcomes: &[&str]) -> String {
    let befell = |outcome: &Value| outcome.as_name().is_some_and(|name| outcomes.contains(&name));
    let names = hit.iter().filter(|(_, outcome)| befell(outcome)).filter_map(|(node, _)| node.as_text());
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(" ") }
}

/// For each node those that it does not hear, by name, in the order of the nodes.
struct Unheard {
    nodes: Vec<Arc<str>>,
    by: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
}

impl Unheard {
    /// `[:isolated {"n0" #{"n1"}}]`
    fn read(value: &Value) -> Option<Unheard> {
        let [_, Value::Map(entries)] = value.elements()? else { return None };
        let text = |value: &Value| if let Value::Text(text) = value { Some(text.clone()) } else { None };
        let mut unheard = Unheard { nodes: Vec::new(), by: BTreeMap::new() };
        for (node, sources) in entries {
            let node = text(node)?;
            let Value::Set(sources) = sources else { return None };
            unheard.nodes.push(node.clone());
            unheard.by.insert(node, sources.iter().filter_map(text).collect());
        }
        Some(unheard)
    }

    fn hears(&self, node: &Arc<str>, source: &Arc<str>) -> bool {
        !self.by.get(node).is_some_and(|sources| sources.contains(source))
    }

    /// `n1 | n0 n2 n3`: the groups between which nothing passes, where everybody in a group hears everybody else there.
    fn partition(&self) -> String {
        if self.by.values().all(BTreeSet::is_empty) {
            return "it cuts nothing".to_owned();
        }
        let mut groups: Vec<Vec<&Arc<str>>> = Vec::new();
        for node in &self.nodes {
            let is_mine = |group: &&mut Vec<&Arc<str>>| {
                group.iter().all(|other| self.hears(node, other) && self.hears(other, node))
            };
            match groups.iter_mut().find(is_mine) {
                Some(group) => group.push(node),
                None => groups.push(vec![node]),
            }
        }
        let in_same =
            |a: &Arc<str>, b: &Arc<str>| groups.iter().any(|group| group.contains(&a) && group.contains(&b));
        let is_clean = self
            .nodes
            .iter()
            .all(|node| self.nodes.iter().all(|other| in_same(node, other) || !self.hears(node, other)));
        if !is_clean {
            let heard = |node| self.nodes.iter().filter(|source| self.hears(node, source)).count();
            let counts = self.nodes.iter().map(heard);
            let (least, most) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
            let count = if least == most { least.to_string() } else { format!("{least} to {most}") };
            return format!(
                "a ring of majorities, each node hears {count} of {}, itself included",
                self.nodes.len()
            );
        }
        groups.sort_by_key(Vec::len);
        let joined =
            |group: &Vec<&Arc<str>>| group.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(" ");
        groups.iter().map(joined).collect::<Vec<String>>().join(" | ")
    }

    /// `n1 does not hear n0, n2 does not hear n1`
    fn links(&self) -> String {
        let pairs =
            || self.by.iter().flat_map(|(node, sources)| sources.iter().map(move |source| (node, source)));
        let mut told: Vec<String> =
            pairs().take(LINKS_TOLD).map(|(node, source)| format!("{node} does not hear {source}")).collect();
        let more = pairs().count().saturating_sub(LINKS_TOLD);
        told.extend((more > 0).then(|| format!("and {more} more")));
        if told.is_empty() { "none".to_owned() } else { told.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(f: &str, value: &str) -> Option<String> {
        words(f, &edn::read(value).unwrap())
    }

    #[test]
    fn a_partition_is_told_by_its_groups_the_smallest_first() {
        let halves = r#"[:isolated {"n0" #{"n1"}, "n1" #{"n0" "n2" "n3"}, "n2" #{"n1"}, "n3" #{"n1"}}]"#;
        assert_eq!(told("start-partition", halves).as_deref(), Some("partition: n1 | n0 n2 n3"));
        let none = r#"[:isolated {"n0" #{}, "n1" #{}}]"#;
        assert_eq!(told("start-partition", none).as_deref(), Some("partition: it cuts nothing"));
        assert_eq!(told("start-partition", ":majority"), None, "an invocation");
        assert_eq!(told("stop-partition", "nil"), None);
        assert_eq!(told("stop-partition", ":network-healed").as_deref(), Some("the partition is healed"));
    }

    #[test]
    fn a_ring_has_no_groups() {
        let ring =
            r#"[:isolated {"a" #{"c" "d"}, "b" #{"d" "e"}, "c" #{"e" "a"}, "d" #{"a" "b"}, "e" #{"b" "c"}}]"#;
        let words = told("start-partition", ring).unwrap();
        assert_eq!(words, "partition: a ring of majorities, each node hears 3 of 5, itself included");
    }

    #[test]
    fn links_and_victims_are_named() {
        let link = r#"[:isolated {"n0" #{}, "n1" #{"n0"}}]"#;
        assert_eq!(told("start-one-way-link", link).as_deref(), Some("one-way links: n1 does not hear n0"));
        assert_eq!(told("kill", r#"{"n0" :killed, "n2" :killed}"#).as_deref(), Some("killed n0 n2"));
        let started = told("start", r#"{"n0" :started, "n1" :already-running}"#);
        assert_eq!(started.as_deref(), Some("started again: n0"));
        assert_eq!(told("pause", r#"{"n0" :not-running}"#).as_deref(), Some("paused nobody"));
    }
}
