//! What the nemesis does to links and nodes (Maelstrom behaviour §8.3, §17.2).
//!
//! It does one thing at a time. All of it begins and ends at once but for starting nodes again: that takes until they
//! have answered `init`, and the nemesis waits for it, as it waits in Maelstrom.
//!
//! A killed node is gone with all that it knew, and with what was on its way to it; what comes while it is down is lost
//! too. A new process takes its name and its place, gets a fresh `init`, and nothing else: a topology, say, is not told
//! again. To be killed is nobody's fault; a node that ends by itself still ends the run.

use super::{Effect, Run};
use crate::nemesis::{self, Action, Grudge, Nemesis, Victims};
use edn::Value;
use std::sync::Arc;
use std::time::Duration;

/// How a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeState {
    /// It runs, as far as the nemesis is concerned.
    Up,
    /// It was stopped in its tracks.
    Paused,
    /// It was killed.
    Down,
    /// It was started again and has not answered `init`.
    Starting,
}

impl Run {
    /// The nemesis does what is next on its schedule.
    pub(super) fn act(&mut self) {
        if let Some(nemesis) = &mut self.nemesis {
            let action = nemesis.act(self.now);
            self.threads.advance_cursor();
            self.carry_out(action);
        }
    }

    /// The nemesis does something.
    pub(super) fn carry_out(&mut self, action: Action) {
        self.push_nemesis(action.name(), action.value());
        let outcome = match action {
            Action::Heal => {
                self.network.heal();
                self.partition = None;
                Value::keyword("network-healed")
            }
            Action::Cut(target) => {
                let size = self.nodes.len();
                let grudge =
                    self.nemesis.as_mut().map(|nemesis| nemesis.grudge(target, size)).unwrap_or_default();
                self.cut(&grudge);
                self.partition = Some(target.name());
                nemesis::isolated(&grudge, &self.names())
            }
            Action::Kill(victims) => self.on_victims(victims, Run::kill),
            Action::Pause(victims) => self.on_victims(victims, Run::pause),
            Action::Resume => self.on_victims(Victims::All, Run::resume),
            Action::CutOneWay => self.cut_one_way(),
            Action::MendOneWay => self.mend_one_way(),
            Action::Spike(victims) => {
                let spike = self.nemesis.as_mut().map(Nemesis::spike).unwrap_or_default();
                self.on_victims(victims, |run, node| run.lag(node, spike))
            }
            Action::Calm => self.on_victims(Victims::All, |run, node| run.lag(node, Duration::ZERO)),
            Action::Start => {
                let outcome = self.on_victims(Victims::All, Run::start_again);
                if self.node_states.contains(&NodeState::Starting) {
                    self.starting = Some(outcome);
                    return;
                }
                outcome
            }
        };
        self.push_nemesis(action.name(), outcome);
    }

    /// Whether the nemesis is still at what it began.
    pub(super) fn nemesis_is_busy(&self) -> bool {
        self.starting.is_some()
    }

    /// A node that was started again has answered `init`.
    pub(super) fn on_started_again(&mut self, node: usize) {
        self.node_states[node] = NodeState::Up;
        if !self.node_states.contains(&NodeState::Starting)
            && let Some(outcome) = self.starting.take()
        {
            self.push_nemesis(Action::Start.name(), outcome);
        }
    }

    /// Does this to the nodes that are drawn: what became of each, by its name.
    fn on_victims(
        &mut self,
        victims: Victims,
        mut hit: impl FnMut(&mut Run, usize) -> &'static str,
    ) -> Value {
        let size = self.nodes.len();
        let nodes = self.nemesis.as_mut().map(|nemesis| nemesis.victims(victims, size)).unwrap_or_default();
        let outcomes = nodes.into_iter().map(|node| {
            let outcome = Value::keyword(hit(self, node));
            (Value::Text(self.network.name(self.nodes[node]).clone()), outcome)
        });
        Value::Map(outcomes.collect())
    }

    pub(super) fn kill(&mut self, node: usize) -> &'static str {
        if self.node_states[node] != NodeState::Down {
            self.node_states[node] = NodeState::Down;
            self.node_records[node].kills += 1;
            self.network.discard(self.nodes[node]);
            self.network.set_receiving(self.now, self.nodes[node], false);
            self.effects.push_back(Effect::Kill { node });
            let is_dead = |state: &NodeState| *state == NodeState::Down;
            self.extinctions += u64::from(self.node_states.iter().all(is_dead));
        }
        "killed"
    }

    fn start_again(&mut self, node: usize) -> &'static str {
        if self.node_states[node] != NodeState::Down {
            return "already-running";
        }
        self.node_states[node] = NodeState::Starting;
        self.network.discard(self.nodes[node]);
        self.network.set_receiving(self.now, self.nodes[node], true);
        self.effects.push_back(Effect::Start { node });
        self.send_init(node);
        "started"
    }

    pub(super) fn pause(&mut self, node: usize) -> &'static str {
        if self.node_states[node] == NodeState::Down {
            return "not-running";
        }
        if self.node_states[node] != NodeState::Paused {
            self.node_states[node] = NodeState::Paused;
            self.node_records[node].pauses += 1;
            self.effects.push_back(Effect::Pause { node });
        }
        "paused"
    }

    fn resume(&mut self, node: usize) -> &'static str {
        if self.node_states[node] == NodeState::Down {
            return "not-running";
        }
        if self.node_states[node] == NodeState::Paused {
            self.node_states[node] = NodeState::Up;
            self.effects.push_back(Effect::Resume { node });
        }
        "resumed"
    }

    fn lag(&mut self, node: usize, lag: Duration) -> &'static str {
        self.network.set_lag(self.nodes[node], lag);
        if lag.is_zero() { "prompt" } else { "lagging" }
    }

    fn cut_one_way(&mut self) -> Value {
        let size = self.nodes.len();
        let grudge = self.nemesis.as_mut().map(|nemesis| nemesis.one_way(size)).unwrap_or_default();
        self.cut(&grudge);
        let isolated = nemesis::isolated(&grudge, &self.names());
        self.one_way = grudge;
        isolated
    }

    fn mend_one_way(&mut self) -> Value {
        for (recipient, sources) in std::mem::take(&mut self.one_way).iter().enumerate() {
            sources.iter().for_each(|source| self.network.mend(self.nodes[recipient], self.nodes[*source]));
        }
        Value::keyword("links-mended")
    }

    pub(super) fn names(&self) -> Vec<Arc<str>> {
        self.nodes.iter().map(|node| self.network.name(*node).clone()).collect()
    }

    fn cut(&mut self, grudge: &Grudge) {
        for (recipient, sources) in grudge.iter().enumerate() {
            for source in sources {
                self.network.cut(self.nodes[recipient], self.nodes[*source]);
            }
        }
    }
}
