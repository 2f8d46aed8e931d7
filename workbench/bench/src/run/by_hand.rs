//! What the run's script breaks and mends, told in the history in the nemesis's own words.

use super::Run;
use crate::nemesis::{Action, Grudge, isolated};
use crate::script::Act;
use edn::Value;
use machines::Time;
use std::collections::BTreeSet;

/// What the nemesis calls the beginning of a partition.
const BEGINS: &str = "start-partition";

impl Run {
    /// When the script's next act is due.
    pub(super) fn next_by_hand(&self) -> Option<Time> {
        let start = self.start?;
        self.options.script.get(self.acts_done).map(|scripted| start + scripted.at)
    }

    /// Does what the script has next.
    pub(super) fn act_by_hand(&mut self) {
        let act = self.options.script[self.acts_done].act.clone();
        self.acts_done += 1;
        match act {
            Act::Cut(one, other) => self.cut_by_hand(&[(one, other)]),
            Act::Split(side) => {
                let others = (0..self.nodes.len()).filter(|node| !side.contains(node));
                let links: Vec<(usize, usize)> =
                    others.flat_map(|other| side.iter().map(move |node| (*node, other))).collect();
                self.cut_by_hand(&links);
            }
            Act::Heal => {
                self.cut_links = Grudge::new();
                self.carry_out(Action::Heal);
            }
            Act::Kill(node) => self.hit_by_hand("kill", node, Run::kill),
            Act::Pause(node) => self.hit_by_hand("pause", node, Run::pause),
            Act::Start => self.carry_out(Action::Start),
            Act::Resume => self.carry_out(Action::Resume),
        }
    }

    /// Cuts links besides those that are cut already: in the history, one partition ends and another begins.
    fn cut_by_hand(&mut self, links: &[(usize, usize)]) {
        if self.cut_links.iter().any(|unheard| !unheard.is_empty()) {
            self.push_nemesis(Action::Heal.name(), Value::Nil);
            self.push_nemesis(Action::Heal.name(), Value::keyword("network-healed"));
        }
        self.cut_links.resize(self.nodes.len(), BTreeSet::new());
        for &(one, other) in links {
            self.cut_links[one].insert(other);
            self.cut_links[other].insert(one);
            self.network.cut(self.nodes[one], self.nodes[other]);
            self.network.cut(self.nodes[other], self.nodes[one]);
        }
        self.push_nemesis(BEGINS, Value::keyword("by-hand"));
        self.partition = Some("by-hand");
        let isolated = isolated(&self.cut_links, &self.names());
        self.push_nemesis(BEGINS, isolated);
    }

    fn hit_by_hand(&mut self, f: &'static str, node: usize, hit: fn(&mut Run, usize) -> &'static str) {
        let name = Value::Text(self.network.name(self.nodes[node]).clone());
        self.push_nemesis(f, Value::Vector(vec![name.clone()]));
        let outcome = Value::keyword(hit(self, node));
        self.push_nemesis(f, Value::Map(vec![(name, outcome)]));
    }
}
