//! Where nodes stand: a tree on the links that work.
//!
//! In health that is the overlay, which everyone derives from the node list, so nobody says anything about it: who stands
//! where the overlay has it is at *home*. Who does not says under whom it stands, from the root down, in every message
//! (`under`). From what its peers say each node chooses its own parent, as bridges do (Perlman, *An algorithm for
//! distributed computation of a spanning tree in an extended LAN*, 1985): the peer that knows of the best root, the first
//! in the node list; of those its parent in the overlay; of the others the nearest to the root. Who knows of none better
//! than itself is a root. Whoever changes its place tells those above at once, and those
//! below if its root is a worse one; else they hear of it with what is said next.
//!
//! * **Search.** Who has lost its parent *calls* the first few of the node list; if none of them answers with a better root,
//!   it calls more, those first in the list a little earlier: whom they call need not. So the new root of a component, which
//!   finds none, has soon called everyone. A call brings the caller's news along.
//! * **Doubt.** Whoever is called by a stranger that has another root wonders whether its own root is still there: if it has
//!   not heard from its parent lately, it asks. Until the parent answers, it offers nobody else that root. If the stranger brings
//!   news, it calls those before it in the list meanwhile.
//! * **Lost children.** A child that has nothing to say misses nobody. A parent that finds some out of reach says so to some
//!   of those above and below (`lost`); they call the children, which move to one of them. As most partitions cut off all or
//!   none of them, everyone calls a few first, and the others when one of those has come. Of whoever is called and does not
//!   answer, one of those who have come hears, as it may reach it; and its own children are called, as they may be on this side.
//! * **Watch.** Who stands away from home asks its parent now and then, if that has neither acknowledged nor brought anything. A
//!   root asks its parent in the overlay, more seldom do those below it; a parent asks a few of its absent children in turn, and
//!   some more when one of them is back: at once if that may not have known that it was lost. Everyone has gaps of its own, so
//!   that not all come home in one moment.
//! * **Other components.** As long as a component has another root than the first node, its nodes call one stranger after
//!   another, slowly. So components that any link connects become one.
//!
//! # Why it is right
//!
//! *Connected nodes stand in one tree.* Take the nodes that links which work both ways connect, once these links no
//! longer change. Everybody's root is in reach, up a chain of parents: else the one below the break misses its parent, as
//! soon as there is news to send there or, away from home, at the next watch, and those below it hear of its new place.
//! If two nodes had different roots, so would two neighbours on the way between them, and the one whose root is worse
//! calls the other in the end, at the latest as one stranger after another. (A root finds all it can reach at once, since
//! it calls everyone.) Links that work one way only are like links that do not: a peer is in reach while it
//! acknowledges or answers.
//!
//! *No circles, and no counting to infinity.* Nobody chooses a peer that stands under itself. If stale words lead into a
//! circle all the same, the first message around it shows a node its own name. A root that is gone is forgotten: its
//! children miss it, and each path through it is withdrawn by the one that told of it. What strangers
//! say of their places is forgotten as soon as there is a parent, so nobody tries one old path after another.
//! A circle costs one copy of each value for each link of it, and loses nothing.
//!
//! *Old words do no lasting harm.* A message that was late may make a node think that another stands elsewhere. A parent
//! serves its children by the overlay wherever they stand, and asks those that seem to stand elsewhere; a child away from
//! home, or that only believes so, names its parent in the next watch and hears where that stands.
//!
//! *Home again.* The first node is the best root there is. Once it is in reach of all, so is each one's parent in the
//! overlay, which offers that root, and it is preferred. When the last has come home, nobody has anything left to ask.
//!
//! *Liars.* Who lies about its place leads astray those who have lost their own parents, and nobody else: nobody leaves home as
//! long as its parent answers and says that it is at home. A path is no longer than there are nodes, and goes no further
//! than to peers. A call costs one question to the parent in a round. Whom a parent names as lost its children call, be it anybody;
//! nobody is called again before it has answered or has been waited for.

use alloc::collections::BTreeSet;
use core::mem;
use core::time::Duration;

use smallvec::SmallVec;

use super::link::Link;
use super::overlay::Overlay;
use super::place::Place;
use super::speak::Purpose;
use super::{Engine, Replicated};
use crate::{Context, Time};

/// This node's place, and its search for a better one.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) parent: Option<usize>,
    pub(super) place: Place,
    /// Whether something has changed that may change the place.
    pub(super) has_changed: bool,
    /// The parent that it has left, and that must hear so.
    pub(super) left: Option<usize>,
    /// How many of the node list have been called since it lost its parent.
    called: usize,
    call_at: Option<Time>,
    /// When to tell others who has been lost, and how often they have been told.
    pub(super) notify_at: Option<Time>,
    pub(super) notices: u32,
    /// When absent children were last asked, and up to which.
    pub(super) probed_at: Time,
    pub(super) probed: usize,
    /// Lost children of another that have not been called.
    pub(super) uncalled: BTreeSet<u32>,
}

/// How good a parent is, the best first: its root, whether it is another than the overlay's, or than now, how far the root is.
type Rank = (usize, bool, bool, usize, usize);

/// So many are called first.
const FIRST_CALLS: usize = 5;

/// Then, in all, so many times as many as have been.
const MORE_CALLS: usize = 5;

/// A round holds so many turns, in which nodes call more, ...
const TURNS_IN_A_ROUND: u32 = 16;

/// ... and nobody waits for more of them.
const MOST_TURNS: usize = 2;

/// Who stands under another root than the first node calls a stranger so often.
const CALL_GAP: Duration = Duration::from_secs(8);

/// A root asks its parent in the overlay this often whether it is there again.
const PROBE_GAP: Duration = Duration::from_millis(1250);

/// And who stands elsewhere than at home, and is no root, its parent in the overlay.
const HOME_PROBE_GAP: Duration = Duration::from_secs(5);

/// Who stands away from home asks its parent, if it hears nothing of it, this often.
const WATCH_GAP: Duration = Duration::from_millis(2500);

/// From one node of the list to the next gaps differ by a tenth, ...
const STAGGER: u32 = 10;

/// ... and after so many they are the same again.
const STAGGERED: u32 = 7;

impl Tree {
    /// At home.
    pub(super) fn new(parent: Option<usize>) -> Self {
        Tree {
            parent,
            place: Place::Home,
            has_changed: false,
            left: None,
            called: 0,
            call_at: None,
            notify_at: None,
            notices: 0,
            probed_at: Time::ZERO,
            probed: 0,
            uncalled: BTreeSet::new(),
        }
    }

    /// Whether a peer of the node `me` is in use: its parent, its children, and those whom the overlay has as such, who
    /// may not know yet that this node is back.
    pub(super) fn joins(&self, overlay: Overlay, me: usize, peer: usize, link: &Link) -> bool {
        let home = overlay.parent(peer);
        self.parent == Some(peer) || home == Some(me) || link.place.is_under(me, home)
    }

    /// Whether it is the first node's.
    pub(super) fn is_the_firsts(&self) -> bool {
        self.place == Place::Home || self.place.root(usize::MAX) == Some(0)
    }
}

impl<D: Replicated> Engine<D> {
    /// Whether the peer stands right under this node.
    pub(super) fn is_child(&self, peer: usize, link: &Link) -> bool {
        link.place.is_under(self.me, self.overlay.parent(peer))
    }

    /// How good a parent the peer is, if it can be one.
    fn rank(&self, peer: usize, link: &Link) -> Option<Rank> {
        let mut home = self.overlay.ancestors(peer);
        let (hops, is_below) = match &link.place {
            Place::Under(above) => (above.len(), above.contains(&(self.me as u32))),
            Place::Home | Place::Unknown => (home.clone().count(), home.any(|above| above == self.me)),
        };
        let root = link.place.root(peer).filter(|&root| root < self.me)?;
        let is_fit = !is_below && !link.is_out_of_reach();
        let (is_away, is_new) = (self.overlay.parent(self.me) != Some(peer), self.tree.parent != Some(peer));
        is_fit.then_some((root, is_away, is_new, hops, peer))
    }

    /// The place under this parent.
    fn place_under(&self, parent: Option<usize>) -> Place {
        let Some(parent) = parent else {
            return if self.me == 0 { Place::Home } else { Place::Under(SmallVec::new()) };
        };
        let is_overlay = self.overlay.parent(self.me) == Some(parent);
        let mut path = match &self.links[&parent].place {
            Place::Under(above) => above.clone(),
            Place::Home | Place::Unknown if is_overlay => return Place::Home,
            Place::Home | Place::Unknown => {
                self.overlay.ancestors(parent).map(|above| above as u32).collect()
            }
        };
        if !matches!(self.links[&parent].place, Place::Under(_)) {
            path.reverse();
        }
        path.push(parent as u32);
        Place::Under(path)
    }

    /// Chooses a parent by what is known now, notes who must hear if the place is another, and does what a search is due.
    pub(super) fn review_tree<C>(&mut self, context: &mut Context<'_, C>) {
        if mem::take(&mut self.tree.has_changed) {
            self.choose_parent(context.now);
        }
        self.search(context);
    }

    fn choose_parent(&mut self, now: Time) {
        let best = self.links.iter().filter_map(|(&peer, link)| self.rank(peer, link)).min();
        let parent = best.map(|(.., peer)| peer);
        let place = self.place_under(parent);
        let former = mem::replace(&mut self.tree.parent, parent);
        if former != parent {
            self.tree.left = former.filter(|former| !self.links[former].is_out_of_reach());
            let is_alone = parent.is_none();
            if is_alone {
                self.rounds.lead(self.usual_timeout() / 2);
            } else if former.is_none() {
                self.rounds.follow();
            }
            self.tree.call_at = Some(if is_alone { now } else { now + self.staggered(CALL_GAP) });
        }
        // What strangers say of their places is soon out of date.
        let is_sure = parent.is_some() && !self.is_in_doubt();
        for (&peer, link) in self.links.iter_mut().filter(|_| is_sure) {
            if !self.overlay.are_neighbours(self.me, peer)
                && !self.tree.joins(self.overlay, self.me, peer, link)
            {
                link.place = Place::Unknown;
            }
        }
        if place == self.tree.place {
            return;
        }
        let former_root = self.tree.place.root(self.me);
        self.tree.place = place;
        // Of a better root children hear in time.
        let is_worse = self.tree.place.root(self.me) > former_root;
        self.tree.call_at.get_or_insert(now + self.staggered(CALL_GAP));
        let concerned: SmallVec<[usize; 32]> = self
            .links
            .iter()
            .filter(|&(&peer, link)| {
                let is_joined = Some(peer) == parent && parent != former && self.tree.place != Place::Home;
                let is_concerned = is_joined || is_worse && self.is_child(peer, link);
                is_concerned && !link.is_out_of_reach()
            })
            .map(|(&peer, _)| peer)
            .collect();
        for peer in concerned {
            self.links.entry(peer).and_modify(|link| link.must_hear = true);
        }
    }

    /// Whether the parent may be out of reach.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.tree.parent.is_some_and(|parent| self.links[&parent].is_suspect())
    }

    /// Tells the place to those who must hear of it and have not. Strangers that asked while this node was in doubt hear
    /// only of an end of that which helps them, and then, not when they have long found another parent.
    pub(super) fn tell_place<C>(&mut self, context: &mut Context<'_, C>) {
        let is_in_doubt = self.is_in_doubt();
        let must_hear = |&(&peer, link): &(&usize, &Link)| {
            let is_told = !is_in_doubt && self.tree.is_the_firsts() || self.is_in_use(peer, link);
            link.must_hear && is_told || self.tree.left == Some(peer)
        };
        let untold: SmallVec<[usize; 32]> =
            self.links.iter().filter(must_hear).map(|(&peer, _)| peer).collect();
        untold.into_iter().for_each(|peer| self.speak(context, peer, Purpose::Tell));
        let Engine { links, tree, overlay, me, .. } = self;
        for (&peer, link) in links.iter_mut().filter(|(_, link)| !is_in_doubt && link.must_hear) {
            link.must_hear = tree.joins(*overlay, *me, peer, link);
        }
    }

    /// When there is somebody to call, or to notify.
    pub(super) fn search_at(&self) -> Option<Time> {
        self.tree.call_at.into_iter().chain(self.tree.notify_at).min()
    }

    /// Calls those who may know of a better root, if it is time.
    fn search<C>(&mut self, context: &mut Context<'_, C>) {
        let now = context.now;
        let (is_alone, is_in_doubt) = (self.tree.parent.is_none() && self.me > 0, self.is_in_doubt());
        if !is_alone && !is_in_doubt {
            self.tree.called = 0;
            self.tree.call_at = self.tree.call_at.filter(|_| !self.tree.is_the_firsts());
        }
        if self.tree.call_at.is_none_or(|at| at > now) {
            return;
        }
        let (size, called) = (self.overlay.size(), self.tree.called);
        if (is_alone || is_in_doubt) && called < size {
            // Who is in doubt makes sure that those before it could not be its root.
            let next = match called {
                _ if is_in_doubt && self.me > FIRST_CALLS => 0,
                _ if is_in_doubt => self.me,
                0 => FIRST_CALLS.min(size),
                _ => (MORE_CALLS * called.max(FIRST_CALLS)).min(size),
            };
            self.tree.called = next;
            let more = self.usual_timeout() + self.turn();
            self.tree.call_at = Some(now + if next < size { more } else { self.staggered(CALL_GAP) });
            (called..next).for_each(|node| self.call(context, node, Purpose::Call));
        } else {
            self.meet(context);
        }
    }

    /// Calls the next stranger.
    fn meet<C>(&mut self, context: &mut Context<'_, C>) {
        let (now, size, gap) = (context.now, self.overlay.size(), self.staggered(CALL_GAP));
        self.tree.call_at = Some(now + gap);
        let turn = (now.as_nanos() / gap.as_nanos() as u64) as usize + self.me;
        let stranger = (turn..turn + size).map(|node| node % size).find(|&node| self.is_stranger(node));
        stranger.into_iter().for_each(|node| self.call(context, node, Purpose::Meet));
    }

    /// How long a node waits for those before it in the list, before it calls more: whom they call need not call.
    fn turn(&self) -> Duration {
        let turns = (self.me / FIRST_CALLS).min(MOST_TURNS) as u32;
        self.rounds.length() / TURNS_IN_A_ROUND * turns
    }

    /// Whether this is somebody who might be called: neither above nor below, and nobody knows where it stands.
    fn is_stranger(&self, node: usize) -> bool {
        let is_open = |link: &Link| !link.is_asked() && link.place == Place::Unknown;
        node != self.me
            && self.links.get(&node).is_none_or(|link| is_open(link) && !self.is_in_use(node, link))
    }

    /// Asks somebody who is neither above nor below.
    ///
    /// It is guessed that it holds what the parent of old held. An anchored delta shows what is guessed, if this replica
    /// holds it too; else the guess would pass for what was sent.
    pub(super) fn call<C>(&mut self, context: &mut Context<'_, C>, peer: usize, purpose: Purpose) {
        if !self.is_stranger(peer) {
            return;
        }
        let usual = self.overlay.parent(self.me).and_then(|parent| self.links.get(&parent)).cloned();
        let link = self.links.entry(peer).or_default();
        if let Some(usual) = usual {
            let mut guess = usual.known.clone();
            guess.meet(&self.held);
            link.restart();
            link.sent.join(&guess);
            link.expect_like(&usual);
        }
        self.speak(context, peer, purpose);
    }

    /// About so long: what has befallen many nodes at once they should not all do again at once. From seven tenths to
    /// thirteen.
    fn staggered(&self, gap: Duration) -> Duration {
        gap * (STAGGERED + self.me as u32 % STAGGERED) / STAGGER
    }

    fn usual_timeout(&self) -> Duration {
        let parent = self.overlay.parent(self.me).and_then(|parent| self.links.get(&parent));
        parent.map_or(PROBE_GAP, |link| link.timeout(self.rounds.length()))
    }

    /// A stranger asks: it has lost a root that this node thinks it has, or has heard that this node's parent has lost it.
    fn doubt<C>(&mut self, context: &mut Context<'_, C>, stranger: usize, brings_news: bool) {
        let Some(parent) = self.tree.parent else { return };
        let root = |peer: usize| self.links.get(&peer).and_then(|link| link.place.root(peer));
        let has_lost_root = root(stranger) > root(parent);
        let is_lost = root(stranger) == Some(0) && self.overlay.parent(self.me) == Some(parent);
        let Some(link) = self.links.get_mut(&parent) else { return };
        let is_sure = link.reached_at + self.rounds.length() > context.now;
        if !is_lost && (is_sure || !has_lost_root) {
            return;
        }
        link.suspect(is_lost);
        let is_asked = link.is_asked();
        self.tree.has_changed = true;
        if !is_lost && brings_news {
            self.tree.call_at = Some(context.now);
        }
        if !is_asked {
            self.speak(context, parent, Purpose::Ask);
        }
    }

    /// Minds what a message says of the tree.
    pub(super) fn hear_of_tree<C>(
        &mut self,
        context: &mut Context<'_, C>,
        from: usize,
        (is_asked, brings_news): (bool, bool),
        lost: &[u32],
    ) {
        let is_neighbour = self.overlay.are_neighbours(self.me, from);
        if is_asked && !is_neighbour && !self.is_in_use(from, &self.links[&from]) {
            self.doubt(context, from, brings_news);
        }
        self.hear_lost(context, from, lost);
        self.review_tree(context);
    }

    /// When to ask a peer: the parent, if this node stands away from home, be it with its own; the one at home, if that is
    /// another; and an absent child, if it is its turn.
    pub(super) fn watch_at(&self, peer: usize, link: &Link) -> Option<Time> {
        let round = self.rounds.length();
        let is_home = self.overlay.parent(self.me) == Some(peer);
        let gap = match (is_home, self.tree.parent) {
            (_, Some(parent)) if parent == peer && self.tree.place != Place::Home => {
                self.staggered(WATCH_GAP.max(2 * round))
            }
            (true, None) => PROBE_GAP.max(round),
            (true, Some(parent)) if parent != peer => self.staggered(HOME_PROBE_GAP.max(4 * round)),
            _ => return self.is_absent(peer, link).then(|| self.probe_at()),
        };
        Some(link.tried_at().max(link.heard_at()) + gap).filter(|_| !link.is_asked())
    }
}
