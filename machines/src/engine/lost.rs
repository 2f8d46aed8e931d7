//! Children that are lost: see [`tree`](super::tree), "Lost children".

use core::cmp::Reverse;
use core::time::Duration;

use protocol::List;
use smallvec::SmallVec;

use super::link::Link;
use super::speak::Purpose;
use super::{Engine, Replicated};
use crate::{Context, Time};

/// A parent asks absent children so often.
const PROBE_GAP: Duration = Duration::from_millis(1500);

/// One in so many of its children at once, or one: whoever comes home has much to say and to hear.
const PROBED_SHARE: usize = 8;

/// So many of those that are lost are called first: if these do not answer, their siblings hardly will.
const FEW: usize = 4;

/// A round holds so many of the delays in which further losses are gathered into one notice.
const NOTICE_DELAYS: u32 = 8;

/// So many hear of a loss first; then one at a time.
const MOST_NOTICED: usize = 6;

/// If it lasts, more hear of it after twice as long, and so on.
const NOTICE_GAP: Duration = Duration::from_secs(2);

/// But not longer and longer for ever.
const MOST_DOUBLINGS: u32 = 3;

impl<D: Replicated> Engine<D> {
    /// The children, by the overlay, that think that they are at home and are out of reach.
    pub(super) fn lost(&self) -> impl Iterator<Item = usize> {
        self.overlay.children(self.me).filter(|child| {
            let link = &self.links[child];
            link.is_out_of_reach() && self.is_child(*child, link)
        })
    }

    /// Whether the peer is a child, by the overlay, that is out of reach or elsewhere, and not this node's own parent: a parent
    /// is watched by itself.
    pub(super) fn is_absent(&self, peer: usize, link: &Link) -> bool {
        let belongs_here = self.overlay.parent(peer) == Some(self.me) && self.tree.parent != Some(peer);
        belongs_here && (link.is_out_of_reach() || !self.is_child(peer, link))
    }

    /// When to ask some of the absent children, if there are any.
    pub(super) fn probe_at(&self) -> Time {
        self.tree.probed_at + self.probe_gap()
    }

    fn probe_gap(&self) -> Duration {
        PROBE_GAP.max(2 * self.rounds.length())
    }

    /// An absent child is back: so may others be. One that has met nobody may not have known that it was lost, and no more
    /// may they: they are asked at once. Else they have heard what there was to hear, and need not come all at once.
    pub(super) fn hear_back<C>(&mut self, context: &mut Context<'_, C>, has_met_others: bool) {
        if has_met_others {
            let soon = context.now + self.rounds.length() - self.probe_gap();
            self.tree.probed_at = self.tree.probed_at.min(soon);
        } else {
            self.probe_some(context);
        }
    }

    /// Asks some of the absent children, if it is time.
    pub(super) fn probe<C>(&mut self, context: &mut Context<'_, C>) {
        if self.probe_at() <= context.now {
            self.tree.probed_at = context.now;
            self.probe_some(context);
        }
    }

    /// Asks the next few of the absent children: those that are out of reach before those that are elsewhere.
    pub(super) fn probe_some<C>(&mut self, context: &mut Context<'_, C>) {
        let last = self.tree.probed;
        let is_open = |&(&peer, link): &(&usize, &Link)| self.is_absent(peer, link) && !link.is_asked();
        let mut absent: SmallVec<[(bool, bool, usize); 32]> = { self.links.iter().filter(is_open) }
            .map(|(&peer, link)| (!link.is_out_of_reach(), peer <= last, peer))
            .collect();
        absent.sort_unstable();
        let count = (self.overlay.children(self.me).count() / PROBED_SHARE).max(1);
        for (.., child) in absent.into_iter().take(count) {
            self.speak(context, child, Purpose::Ask);
            self.tree.probed = child;
        }
    }

    /// Hears whom a node has lost, its neighbours or, if it is the parent, anybody, and calls a few of them, not the same as
    /// others do.
    pub(super) fn hear_lost<C>(&mut self, context: &mut Context<'_, C>, from: usize, lost: &[u32]) {
        let is_led = self.tree.parent == Some(from);
        let mut lost: SmallVec<[u32; 4]> = { lost.iter().copied() }
            .filter(|&node| (node as usize) < self.overlay.size())
            .filter(|&node| is_led || self.overlay.are_neighbours(from, node as usize))
            .collect();
        lost.sort_unstable();
        lost.dedup();
        if lost.is_empty() {
            return;
        }
        let turn = self.me % lost.len();
        lost.rotate_left(turn);
        self.tree.uncalled.extend(lost.drain(FEW.min(lost.len())..));
        self.call_lost(context, lost);
    }

    /// A lost child of another has come here: so may its siblings.
    pub(super) fn hear_found<C>(&mut self, context: &mut Context<'_, C>, child: usize) {
        let siblings = self.take_uncalled(child);
        self.call_lost(context, siblings);
    }

    /// A stranger that was called does not answer. Its siblings hardly would. Any of its children may be in reach, and not know
    /// that it is lost: who has nothing to say misses nobody.
    pub(super) fn hear_nothing<C>(&mut self, context: &mut Context<'_, C>, stranger: usize) {
        self.take_uncalled(stranger);
        if self.tree.is_the_firsts() && !self.is_in_doubt() {
            self.pass_on_loss(context, stranger);
            let orphans = self.overlay.children(stranger).map(|node| node as u32).collect();
            self.call_lost(context, orphans);
        }
    }

    /// Those that have come here may reach whom this node does not: reach is not transitive. One of them is told.
    fn pass_on_loss<C>(&mut self, context: &mut Context<'_, C>, stranger: usize) {
        let is_guest = |&(&peer, link): &(&usize, &Link)| {
            self.overlay.parent(peer) != Some(self.me) && self.is_child(peer, link) && !link.is_out_of_reach()
        };
        let guests: SmallVec<[usize; 8]> =
            self.links.iter().filter(is_guest).map(|(&peer, _)| peer).collect();
        if !guests.is_empty() {
            let guest = guests[stranger % guests.len()];
            self.speak(context, guest, Purpose::Notify(Some(stranger as u32)));
        }
    }

    /// The siblings of a lost child that were to be called if one of them came.
    fn take_uncalled(&mut self, child: usize) -> SmallVec<[u32; 4]> {
        let (overlay, parent) = (self.overlay, self.overlay.parent(child));
        let is_sibling = |node: &u32| overlay.parent(*node as usize) == parent;
        let siblings = self.tree.uncalled.iter().copied().filter(is_sibling).collect();
        self.tree.uncalled.retain(|node| !is_sibling(node));
        siblings
    }

    fn call_lost<C>(&mut self, context: &mut Context<'_, C>, lost: SmallVec<[u32; 4]>) {
        lost.into_iter().for_each(|node| self.call(context, node as usize, Purpose::Meet));
    }

    /// A child by the overlay does not answer: its siblings should hear that, and those above.
    pub(super) fn note_loss(&mut self, now: Time, child: usize) {
        if self.probe_at() <= now {
            // It has just been asked.
            self.tree.probed_at = now;
        }
        if !self.is_child(child, &self.links[&child]) {
            return;
        }
        let soon = now + self.rounds.length() / NOTICE_DELAYS;
        self.tree.notices = 0;
        self.tree.notify_at = Some(self.tree.notify_at.map_or(soon, |at| at.min(soon)));
    }

    /// Tells some of those above and below who has been lost, if it is time: first of those of whom nobody has heard yet,
    /// then others of all, fewer and fewer, and later and later.
    pub(super) fn notify<C>(&mut self, context: &mut Context<'_, C>) {
        if self.tree.notify_at.take_if(|at| *at <= context.now).is_none() || self.lost().next().is_none() {
            return;
        }
        let notices = self.tree.notices;
        let hears = |&(&peer, link): &(&usize, &Link)| self.is_in_use(peer, link) && !link.is_out_of_reach();
        let mut listeners: SmallVec<[usize; 32]> =
            self.links.iter().filter(hears).map(|(&peer, _)| peer).collect();
        listeners.sort_by_key(|peer| Reverse(self.links[peer].reached_at));
        let count = if notices == 0 { MOST_NOTICED.min(listeners.len()) } else { 1 };
        for &listener in listeners.iter().cycle().skip(notices as usize % listeners.len().max(1)).take(count)
        {
            self.speak(context, listener, Purpose::Notify(None));
        }
        let lost: SmallVec<[usize; 32]> = self.lost().collect();
        for child in lost {
            self.links.entry(child).and_modify(|link| link.is_noticed = true);
        }
        self.tree.notices = notices + 1;
        self.tree.notify_at = Some(context.now + NOTICE_GAP * (1 << self.tree.notices.min(MOST_DOUBLINGS)));
    }

    /// Those to speak of in a notice: of whom nobody has heard yet, or else all.
    pub(super) fn noticed(&self) -> List<u32> {
        let all = self.tree.notices > 0;
        self.lost().filter(|child| all || !self.links[child].is_noticed).map(|child| child as u32).collect()
    }
}
