//! When to speak without being spoken to, and to whom.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use smallvec::SmallVec;

use super::link::Link;
use super::speak::Purpose;
use super::{Engine, Replicated};
use crate::{Context, Time};

/// Rounds for which a child may keep an acknowledgement back, in the hope of news to send it with.
const ACKNOWLEDGEMENT_ROUNDS: u32 = 2;

/// A round holds so many of the gaps that a node whose rounds are not aligned yet leaves between messages.
const UNALIGNED_GAPS: u32 = 16;

/// A round holds so many of the delays in which further losses are gathered into one notice.
const NOTICE_DELAYS: u32 = 8;

/// Neighbours out of reach are probed at least this often, however long the rounds.
const PROBE_GAP: Duration = Duration::from_millis(500);

/// Helpers out of reach are probed less and less often, down to once in so many gaps.
const PROBE_GAPS_HELPER: u32 = 16;

/// Nor are more of them probed in a gap than so many, on average: where thousands are out of reach, it is likely that this
/// node is.
const HELPERS_A_GAP: usize = 32;

/// What a peer is to this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Parent,
    Child,
    Helper,
}

impl<D: Replicated> Engine<D> {
    /// When [`Engine::on_tick`] has something to do.
    pub fn deadline(&self) -> Option<Time> {
        let links = self
            .links
            .iter()
            .filter_map(|(&peer, link)| earlier(self.due(peer, link), self.patience_ends(peer, link)));
        links.chain(self.greet_at).chain(self.notify_at).min()
    }

    /// Does what is due.
    pub fn on_tick<C>(&mut self, context: &mut Context<'_, C>) {
        let now = context.now;
        let is_due = |time: Option<Time>| time.is_some_and(|time| time <= now);
        let greet = is_due(self.greet_at);
        let notify = is_due(self.notify_at);
        if greet {
            self.greet_at = None;
        }
        if notify {
            self.notify_at = None;
        }
        let peers: SmallVec<[usize; 32]> = self.links.keys().copied().collect();
        for peer in peers {
            let link = &self.links[&peer];
            // Whoever answers has heard whom this node has lost.
            let is_asked = greet && !link.knows_me || notify && !link.is_out_of_reach();
            if is_due(self.patience_ends(peer, link)) {
                self.miss(context, peer);
            } else if is_asked && self.overlay.are_neighbours(self.me, peer) {
                self.speak(context, peer, Purpose::Ask);
            } else if is_due(self.due(peer, link)) {
                self.speak(context, peer, Purpose::News);
            }
        }
        self.review_helpers(context);
    }

    /// Passes news from above on to the children.
    pub(super) fn pass_on<C>(&mut self, context: &mut Context<'_, C>) {
        for child in self.overlay.children(self.me) {
            let link = &self.links[&child];
            if link.behind_since.is_some() && self.may_bring_news(child, link) {
                self.speak(context, child, Purpose::News);
            }
        }
    }

    /// The neighbours that are out of reach.
    pub(super) fn out_of_reach(&self) -> impl Iterator<Item = usize> {
        self.overlay.neighbours(self.me).filter(|peer| self.links[peer].is_out_of_reach())
    }

    /// Leans on those who can help with what is out of reach, and on nobody else.
    pub(super) fn review_helpers<C>(&mut self, context: &mut Context<'_, C>) {
        if !mem::take(&mut self.has_reach_changed) {
            return;
        }
        let needed = self.needed_helpers();
        self.helpers.retain(|peer| needed.contains_key(peer));
        for (peer, lost) in needed {
            if !self.helpers.insert(peer) {
                continue;
            }
            let mut guess = self.links.get(&lost).map(|link| link.known.clone()).unwrap_or_default();
            let link = self.links.entry(peer).or_default();
            // An anchored delta shows the peer what is guessed that it holds, if this replica holds it too. Else the guess
            // would pass for what was sent.
            if link.life.is_none() && link.is_anchored() {
                guess.meet(&self.held);
                link.sent.join(&guess);
            }
            self.speak(context, peer, Purpose::Ask);
        }
    }

    /// Who can help, and on whose behalf: the other neighbours of each neighbour out of reach, and of each of those that
    /// is out of reach too; and whoever a neighbour has lost.
    fn needed_helpers(&self) -> BTreeMap<usize, usize> {
        let mut needed = BTreeMap::new();
        let is_stranger = |peer: usize| peer != self.me && !self.overlay.are_neighbours(self.me, peer);
        let mut lost: Vec<usize> = self.out_of_reach().collect();
        while let Some(out_of_reach) = lost.pop() {
            for peer in self.overlay.neighbours(out_of_reach).filter(|&peer| is_stranger(peer)) {
                let is_new = needed.insert(peer, out_of_reach).is_none();
                if is_new && self.links.get(&peer).is_some_and(Link::is_out_of_reach) {
                    lost.push(peer);
                }
            }
        }
        for neighbour in self.overlay.neighbours(self.me) {
            let link = &self.links[&neighbour];
            let reported = link.lost.iter().map(|&lost| lost as usize).filter(|_| !link.is_out_of_reach());
            for peer in reported.filter(|&peer| self.overlay.contains(peer) && is_stranger(peer)) {
                needed.entry(peer).or_insert(neighbour);
            }
        }
        needed
    }

    fn miss<C>(&mut self, context: &mut Context<'_, C>, peer: usize) {
        let Some(link) = self.links.get_mut(&peer) else { return };
        let was_out_of_reach = link.is_out_of_reach();
        link.miss();
        let is_needed = self.helpers.contains(&peer) || self.overlay.are_neighbours(self.me, peer);
        if link.is_out_of_reach() && !is_needed {
            link.forsake();
            return;
        }
        self.has_reach_changed |= link.is_out_of_reach() != was_out_of_reach;
        if link.is_out_of_reach() && !was_out_of_reach && self.overlay.are_neighbours(self.me, peer) {
            let delay = self.rounds.length() / NOTICE_DELAYS;
            self.notify_at.get_or_insert(context.now + delay);
        }
        self.speak(context, peer, Purpose::Ask);
    }

    /// When the next message to a peer is due.
    fn due(&self, peer: usize, link: &Link) -> Option<Time> {
        let role = self.role(peer);
        let round = self.rounds.length();
        let is_root = self.overlay.parent(self.me).is_none();
        let can_send = self.may_bring_news(peer, link);
        let news = link.behind_since.filter(|_| can_send).map(|since| match role {
            Role::Parent if !self.rounds.aligned() => {
                link.spoke_at.map_or(since, |spoke_at| since.max(spoke_at + round / UNALIGNED_GAPS))
            }
            Role::Child if !is_root => self.rounds.after(since) + self.parents_turnaround(),
            _ => self.rounds.after(since),
        });
        let owed = link.owes_since.map(|since| match role {
            Role::Parent => since + round * ACKNOWLEDGEMENT_ROUNDS,
            Role::Child if !is_root => since + round,
            _ => self.rounds.after(since),
        });
        earlier(news, owed)
    }

    /// How long after this node's round its parent's news usually comes, with which news from below can go down. If
    /// the parent has none, it is waited for in vain, and no longer than this.
    fn parents_turnaround(&self) -> Duration {
        let parent = self.overlay.parent(self.me).and_then(|parent| self.links.get(&parent));
        let usual = parent.and_then(|link| link.turnaround).map(|turnaround| turnaround * 5 / 4);
        usual.unwrap_or_default().min(self.rounds.length())
    }

    fn patience_ends(&self, peer: usize, link: &Link) -> Option<Time> {
        let role = self.role(peer);
        let round = self.rounds.length();
        let hold = match role {
            Role::Child => round * ACKNOWLEDGEMENT_ROUNDS,
            Role::Parent | Role::Helper => round,
        };
        let probe_gap = match role {
            Role::Helper => {
                let gaps = 2 << link.unanswered_probes().min(PROBE_GAPS_HELPER.ilog2() - 1);
                PROBE_GAP.min(round) * gaps.max((self.helpers.len() / HELPERS_A_GAP) as u32)
            }
            _ => PROBE_GAP.min(round),
        };
        link.patience_ends(round, hold, probe_gap)
    }

    pub(super) fn role(&self, peer: usize) -> Role {
        if self.overlay.parent(self.me) == Some(peer) {
            Role::Parent
        } else if self.overlay.parent(peer) == Some(self.me) {
            Role::Child
        } else {
            Role::Helper
        }
    }
}

fn earlier(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    one.into_iter().chain(other).min()
}
