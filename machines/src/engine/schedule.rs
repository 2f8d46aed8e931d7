//! When to speak without being spoken to, and to whom.

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

/// What strangers bring is passed on to a child no more often than so many times a round.
const STRANGERS_IN_A_ROUND: u32 = 4;

/// What a peer is to this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Parent,
    Child,
    Stranger,
}

impl<D: Replicated> Engine<D> {
    /// When [`Engine::on_tick`] has something to do.
    pub fn deadline(&self) -> Option<Time> {
        let links = self
            .links
            .iter()
            .flat_map(|(&peer, link)| {
                [self.due(peer, link), self.patience_ends(peer, link), self.watch_at(peer, link)]
            })
            .flatten();
        links.chain(self.greet_at).chain(self.search_at()).chain(self.checks_at()).min()
    }

    /// Does what is due.
    pub fn on_tick<C>(&mut self, context: &mut Context<'_, C>) {
        let now = context.now;
        let is_due = |time: Option<Time>| time.is_some_and(|time| time <= now);
        let greet = is_due(self.greet_at);
        if greet {
            self.greet_at = None;
        }
        // Who has lost its parent is less patient with others.
        while self.miss_overdue(context) {
            self.review_tree(context);
        }
        self.review_tree(context);
        let peers: SmallVec<[usize; 32]> = self.links.keys().copied().collect();
        for peer in peers {
            let link = &self.links[&peer];
            let is_greeted = greet && !link.knows_me && self.overlay.are_neighbours(self.me, peer);
            if is_greeted && !link.is_asked() || self.is_to_be_asked(now, peer) {
                self.speak(context, peer, Purpose::Ask);
            } else if is_due(self.due(peer, link)) {
                self.speak(context, peer, Purpose::News);
            }
        }
        self.probe(context);
        self.notify(context);
        self.review_hearsay(context);
        self.tell_place(context);
    }

    /// Whether it is time to ask the peer. Whatever it is told then asks it.
    pub(super) fn is_to_be_asked(&self, now: Time, peer: usize) -> bool {
        let is_watched = self.links.get(&peer).is_some_and(|link| {
            !self.is_absent(peer, link) && self.watch_at(peer, link).is_some_and(|watch_at| watch_at <= now)
        });
        is_watched || self.is_to_be_checked(now, peer)
    }

    /// Passes news from above, or from a stranger, on to the children. When many strangers come at once, what most of them
    /// bring waits for the round.
    pub(super) fn pass_on<C>(&mut self, context: &mut Context<'_, C>, is_from_above: bool) {
        let gap = if is_from_above { Duration::ZERO } else { self.rounds.length() / STRANGERS_IN_A_ROUND };
        let is_behind = |(&peer, link): (&usize, &Link)| {
            let is_below = self.tree.parent != Some(peer) && self.may_bring_news(peer, link);
            let has_just_heard = link.spoke_at.is_some_and(|spoke_at| spoke_at + gap > context.now);
            (is_below && link.behind_since.is_some() && !has_just_heard).then_some(peer)
        };
        let behind: SmallVec<[usize; 32]> = self.links.iter().filter_map(is_behind).collect();
        behind.into_iter().for_each(|child| self.speak(context, child, Purpose::News));
    }

    /// Patience has ended with some, if this is true.
    fn miss_overdue<C>(&mut self, context: &mut Context<'_, C>) -> bool {
        let is_overdue = |&(&peer, link): &(&usize, &Link)| {
            self.patience_ends(peer, link).is_some_and(|time| time <= context.now)
        };
        let overdue: SmallVec<[usize; 32]> =
            self.links.iter().filter(is_overdue).map(|(&peer, _)| peer).collect();
        overdue.iter().for_each(|&peer| self.miss(context, peer));
        !overdue.is_empty()
    }

    /// What was expected of the peer has not come.
    fn miss<C>(&mut self, context: &mut Context<'_, C>, peer: usize) {
        let Some(link) = self.links.get_mut(&peer) else { return };
        let was_out_of_reach = link.is_out_of_reach();
        link.miss();
        let link = &self.links[&peer];
        let is_out_of_reach = link.is_out_of_reach();
        let is_lost = is_out_of_reach && !was_out_of_reach;
        self.tree.has_changed |= is_lost;
        let is_neighbour = self.overlay.are_neighbours(self.me, peer);
        if !is_neighbour && (is_out_of_reach || !self.is_in_use(peer, link)) {
            self.tree.has_changed = true;
            self.links.entry(peer).and_modify(Link::forsake);
            self.hear_nothing(context, peer);
        } else if is_lost || !is_out_of_reach {
            if is_lost && self.overlay.parent(peer) == Some(self.me) {
                self.note_loss(context.now, peer);
            }
            self.speak(context, peer, Purpose::Ask);
        }
    }

    /// When the next message to a peer is due.
    fn due(&self, peer: usize, link: &Link) -> Option<Time> {
        let role = self.role(peer, link);
        let round = self.rounds.length();
        let is_root = self.tree.parent.is_none();
        // Who is in doubt has been sent all there is, with a question: if that is lost, more would be, too.
        let can_send = self.may_bring_news(peer, link) && !link.is_suspect();
        let news = link.behind_since.filter(|_| can_send).map(|since| match role {
            Role::Parent if !self.rounds.aligned() => {
                link.spoke_at.map_or(since, |spoke_at| since.max(spoke_at + round / UNALIGNED_GAPS))
            }
            Role::Child if !is_root => self.rounds.after(since) + self.parents_turnaround(),
            _ => self.rounds.after(since),
        });
        let news = news.map(|at| at.max(link.open_at()));
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
        let parent = self.tree.parent.and_then(|parent| self.links.get(&parent));
        let usual = parent.and_then(|link| link.turnaround).map(|turnaround| turnaround * 5 / 4);
        usual.unwrap_or_default().min(self.rounds.length())
    }

    fn patience_ends(&self, peer: usize, link: &Link) -> Option<Time> {
        let round = self.rounds.length();
        let hold = match self.role(peer, link) {
            Role::Child => round * ACKNOWLEDGEMENT_ROUNDS,
            Role::Parent | Role::Stranger => round,
        };
        link.patience_ends(round, hold)
    }

    fn role(&self, peer: usize, link: &Link) -> Role {
        if self.tree.parent == Some(peer) {
            Role::Parent
        } else if self.is_in_use(peer, link) {
            Role::Child
        } else {
            Role::Stranger
        }
    }
}

fn earlier(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    one.into_iter().chain(other).min()
}
