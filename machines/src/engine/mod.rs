//! The replication engine: every update accepted anywhere reaches everyone, in an order that respects cause, at the
//! least number of messages, through any partition.
//!
//! The machines for broadcast, counter, log and transactions are small data types ([`Replicated`]) on this engine.
//!
//! # The protocol
//!
//! * **Updates.** Each node numbers the updates that it accepts 1, 2, 3, …; a *version vector* ([`vector`]) says how many
//!   of each origin's a replica holds. An origin is a node and its incarnation, a nonce of the start that began its memory:
//!   of its first start if it has a journal ([`journal`]), else of each.
//! * **Deltas.** What one replica holds and another lacks is a *delta*: runs of updates, one per origin. A replica takes
//!   a delta only if it holds all that the delta leaves out, that is, everything that the sender held when it sent it
//!   (the prefix property of Bayou: Petersen et al., *Flexible update propagation for weakly consistent replication*,
//!   1997, section 3; delta-intervals with causal merging: Almeida et al. 2018, section 6).
//!   What would be too long for one delta goes in several, each up to a moment in the sender's past (`cuts`).
//! * **Links.** Over each link deltas form a numbered stream with acknowledgements that ride on whatever is said next
//!   ([`link`]). What a peer is known to hold is kept per link, so nothing goes where it came from.
//! * **Tree.** Links in use are those of a tree: in health the [`overlay`], a star or a tree of bounded fan-out on the first
//!   node; in trouble one tree for each component, made from what neighbours say of themselves ([`tree`]). A value
//!   crosses each link once.
//! * **Rounds.** Nodes speak once a round, at times that fit their neighbours' ([`rounds`]). News goes up to the parent
//!   at the node's round, just before the parent's; it comes down at the root's round, and every node below passes on
//!   at once what comes from above.
//! * **Acknowledgements.** A parent acknowledges at its next round: its children learn soon whether they are heard. A
//!   child waits two rounds for news of its own to send the acknowledgement with. Nothing acknowledges an
//!   acknowledgement, so when everyone has everything, everyone is silent and no deadline is left.
//! * **Repair.** A peer that does not acknowledge is asked again, and then is out of reach ([`link`]). Who has lost its parent
//!   looks for another one. Who is out of reach and belongs next to this node gets a small probe now and then; its answer
//!   ends the trouble.
//! * **Stability.** An update that every node holds is *stable* ([`settle`]). For data types that need to know, children
//!   report with their deltas what everyone at or below them holds, and the root sends down what everyone holds.
//! * **Restart.** At each start a node has a new *life*, another nonce, which numbers its links. Its neighbours see that and
//!   ask it; when it answers they begin anew on their links to it, from nothing. Those that have not shown in its first rounds
//!   that they know of it, it asks. A node that comes back from nothing is a new origin, too; one that comes back with its journal is the same.
//!
//! # Why it is right
//!
//! *Invariants.* (I1) If a replica holds update k of an origin, it holds all before it. (I2) If it holds an update, it
//! holds everything that the update's origin held when it made it. (I3) `known` of a link is held by the peer in its
//! current life.
//!
//! I1 and I2 hold at the origin. A delta is the difference between what its sender held at that moment (closed under I1
//! and I2) and a base; the receiver takes it only if it holds the base, and takes it whole, so it then holds a union of
//! two closed sets, which is closed. It knows that it holds the base either because the delta carries the sender's
//! vector, and the base is the vector without the runs; or because the delta follows by number on one that it took,
//! whose sender's state is exactly the base, but for what the sender meanwhile learned that this receiver holds. A guess
//! of what the receiver holds (of a stranger that is called: what the lost parent held) enters only where a stream begins,
//! and the vector shows it. Loss and reordering only make
//! deltas not follow; they are then not taken. Duplicates are recognised by number, and by count if they come by another
//! way. Merging is a union, so it is idempotent, commutative and associative.
//!
//! I3: `known` grows by what the peer itself says it holds and by deltas whose number it acknowledged to this
//! life, which it took with all before them since the stream's last beginning. Counts never shrink within a
//! life; when another one answers, the link starts from nothing. Nobody can tell the order of two nonces, and a message of a
//! former life may be late. But the answer to a request that was sent after a life was heard can come from no earlier one. So
//! links go over to later lives only ([`link`]). A delta that was meant for another life of the receiver
//! is taken only if it carries a vector, since it may leave out what that one told the sender.
//!
//! With a journal, a later life holds all that a former one ever said it held, since records go before lines. So what a late
//! message of a former life says is true of the present one as well, and no update is ever numbered twice.
//!
//! *Nothing is lost.* An update is held by its origin for good. As long as `known` of some link in use (to the parent,
//! to a child) does not cover what this replica holds, something is scheduled: a delta, or, if
//! one is in flight, the end of patience with it, after which it is sent again; or, if the peer is out of reach, a probe. So
//! once the network delivers, every neighbour comes to hold all, and, as connected nodes stand in one tree ([`tree`]),
//! everyone does. (Provided
//! that a delta fits into a line, which [`MAX_UPDATE_BYTES`] sees to, and that its origin has room in the table.)
//!
//! *A long delta* is cut at a moment in its sender's past. What a replica held then is closed under I1 and I2 as well, so all
//! of the above holds of the piece, with the vector of that moment; only reports of stability wait for the last piece.
//!
//! *Inside a component of a partition* a parent is found out of reach only by who waits for its answer: if it vanishes after it
//! has acknowledged an update and before it has passed it on, those who rest at home do not notice, and the update goes on
//! when any of them has news, or is called, or the parent is back.
//!
//! *Bounds.* Vectors have an entry an origin, and that is a few a node ([`vector::MAX_INCARNATIONS`]), links are as many as nodes,
//! a link has at most [`link::MAX_FLIGHTS`] deltas in flight and remembers only their ends: what is resent is read from the data
//! type. If a node comes back from nothing more often, its first incarnations are forgotten: what they said stays in the data and
//! is shown, but is not passed on any more, and vectors leave it out at both ends, so nothing waits for it. Who can still need it?
//! Who was cut off since before it was said, through that many incarnations, and who came from nothing since; everyone else has
//! it. (And if the node itself still speaks of such an incarnation, it counts again.) A node with a journal has one incarnation, so of those nothing is ever forgotten.
//!
//! *What a peer can make a node say* to it is bounded as well. A message gets one small answer, or none. Each update goes to it
//! once at no charge, which is what replication is. Everything else, that is updates that it has been sent before, in this life
//! or another, and vectors, goes through a token bucket that no word of the peer fills ([`repeats`]): over time 128 KiB a second,
//! or, if all there is is more than 3.75 MiB, twice that and then twice a minute. And it can make a node ask each of its neighbours
//! one question a round.
//!
//! *Liars.* Whatever a peer says, a node neither fails nor grows beyond these bounds, and what others say still reaches it:
//! made-up nodes and incarnations, counts, numbers and times, all that is checked or confined to the liar's own link. What a
//! neighbour does while it is in reach nobody else can say in its name ([`hearsay`]). A neighbour is the node that this one
//! stands under, and each that says that it stands under this one; it is in reach if it has answered all that it was asked, in
//! time, and has stood where it stands, for the last four rounds. So in a star the hub hears everyone, and what it passes on is
//! what they said. Whoever has believed a lie about another is heard all the same in everything else.
//!
//! As there are no signatures, this is taken on trust:
//!
//! * That what is told of those who are no neighbours, or are out of reach, is what they said. A leaf believes its parent about
//!   everyone but itself, and so it does whoever calls it or says that it stands under it, about everyone but itself and its parent.
//!   Below the star a node believes its neighbours about all nodes that are further away. Where somebody's next
//!   update has been made up, its own is taken, when it comes, for the one that is here.
//! * The same of a neighbour that has left something unanswered, as long as it does; and of one that stands elsewhere by its own
//!   word, or that this node has left: a liar's call, which makes a node doubt its parent, can bring that about. Each such call
//!   costs a round trip, and the four rounds after it.
//! * That what is told of the time before a neighbour was in reach is so: of its former incarnations, of what it had made when
//!   it was first heard in this life, or was heard again, and of one that has not said yet which incarnation it is in.
//! * That an origin tells everyone the same. Who tells two nodes two stories of itself is believed by both. Who says that it has done
//!   what it does not bring lets whoever claims that speak in its name, and delays a peer that was told the same by some rounds.
//! * That answers do not for long overtake what was said before them, nor is that lost twice.
//!
//! Incarnations of a node are taken from the node itself, from those above it and from this
//! node's own parent, as the overlay has them; from all others together only [`vector::MAX_HEARSAY`] of each node ever. So nobody
//! else can push real ones out, or fill vectors; and what any of those pushes out is there again when the node itself speaks. But who makes up so many can keep from others what a node said in an incarnation
//! that ended before it was in reach of any of those.

pub(crate) mod data;
mod hearsay;
mod journal;
pub(crate) mod link;
mod lost;
pub(crate) mod overlay;
mod place;
mod receive;
mod repeats;
pub(crate) mod rounds;
mod schedule;
mod sent;
mod settle;
mod speak;
mod tell;
mod tree;
pub(crate) mod vector;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

pub use data::{Cuts, Origin, Replicated};
use hearsay::Hearsay;
use link::Link;
use overlay::Overlay;
use place::Place;
use rounds::Rounds;
use tree::Tree;
use vector::{Origins, Vector};

use crate::{Cluster, Start, Time};

/// How the engine paces itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Length of a round. An update waits for at most one of these at its origin.
    pub round: Duration,
    /// How many children a node has at the most. With more nodes than this plus one the star becomes a tree.
    pub fan_out: usize,
}

/// A replica of `D` and its links to the others.
#[derive(Clone, Debug)]
pub struct Engine<D> {
    data: D,
    me: usize,
    /// What this start of the node is called on links.
    life: u64,
    origins: Origins,
    held: Vector,
    /// What it held of origins that it has forgotten.
    laid_by: Vector,
    /// What of the former the journal holds, if there is one.
    recorded: Vector,
    /// What this replica held at some moments in the past, in order: where a long delta is cut.
    cuts: Vec<Vector>,
    /// How many bytes of updates have come since the last of them.
    uncut_bytes: usize,
    /// What everyone at or below this node holds.
    settled: Vector,
    /// What everyone holds.
    stable: Vector,
    /// Origins of which more is held or reported than when `settled` was worked out.
    unsettled: Vec<usize>,
    overlay: Overlay,
    rounds: Rounds,
    links: BTreeMap<usize, Link>,
    tree: Tree,
    hearsay: Hearsay,
    /// When to greet the neighbours that have not been heard from yet.
    greet_at: Option<Time>,
    scratch: String,
}

impl<D: Replicated> Engine<D> {
    /// A replica that holds nothing yet.
    pub fn new(pace: &Pace, cluster: &Cluster, start: Start, now: Time, data: D) -> Self {
        let me = cluster.me();
        let overlay = Overlay::new(cluster.size(), pace.fan_out);
        let rounds = Rounds::new(pace.round, now, overlay.parent(me).is_none());
        let Origin { incarnation, .. } = Self::origin(start, cluster);
        let links: BTreeMap<usize, Link> =
            overlay.neighbours(me).map(|peer| (peer, Link::at(Place::Home))).collect();
        let greet_at =
            (!links.is_empty()).then(|| now + (rounds.length() * GREETING_ROUNDS).max(MIN_GREETING_DELAY));
        Engine {
            data,
            me,
            life: nonce(start.life),
            origins: Origins::new(cluster.size(), me, incarnation),
            held: Vector::default(),
            laid_by: Vector::default(),
            recorded: Vector::default(),
            cuts: Vec::new(),
            uncut_bytes: 0,
            settled: Vector::default(),
            stable: Vector::default(),
            unsettled: Vec::new(),
            overlay,
            rounds,
            links,
            tree: Tree::new(overlay.parent(me)),
            hearsay: Hearsay::default(),
            greet_at,
            scratch: String::new(),
        }
    }

    /// Whose this node's own updates are.
    pub fn origin(start: Start, cluster: &Cluster) -> Origin {
        Origin { position: 0, node: cluster.me() as u32, incarnation: nonce(start.origin) }
    }

    /// What this replica holds.
    pub fn data(&self) -> &D {
        &self.data
    }

    /// Accepts an update of this node's own, which is about so many bytes long when it travels, and may not be longer than
    /// [`MAX_UPDATE_BYTES`]: `make` puts it into the data as the next of origin 0.
    pub fn update<T>(&mut self, now: Time, bytes: usize, make: impl FnOnce(&mut D) -> T) -> T {
        self.make_room(bytes);
        let made = make(&mut self.data);
        self.held.raise(0, self.held.get(0) + 1);
        self.note_news(now, None);
        self.unsettled.push(0);
        self.review_settled(now);
        made
    }

    /// Before so many bytes of updates are taken: if a delta with them, too, would be too long, one can end here.
    fn make_room(&mut self, bytes: usize) {
        if D::CUTS == Cuts::Nowhere {
            return;
        }
        if self.uncut_bytes > 0 && self.uncut_bytes.saturating_add(bytes) > MAX_DELTA_BYTES {
            self.cuts.push(self.held.clone());
            self.uncut_bytes = 0;
        }
        self.uncut_bytes = self.uncut_bytes.saturating_add(bytes);
    }

    /// Everyone in use but `source` now lacks something.
    fn note_news(&mut self, now: Time, source: Option<usize>) {
        let Engine { links, tree, overlay, me, .. } = self;
        for (&peer, link) in links.iter_mut().filter(|(_, link)| link.behind_since.is_none()) {
            if Some(peer) != source && tree.joins(*overlay, *me, peer, link) {
                link.behind_since = Some(now);
            }
        }
    }

    /// Whether there is something that the peer has not been sent.
    fn is_behind(&self, peer: usize) -> bool {
        let lacks_updates = self.links.get(&peer).is_some_and(|link| !link.sent.covers(&self.held));
        lacks_updates || !self.untold(peer).is_empty()
    }

    /// Whether what is said to the peer may bring news along. If strangers got news with their acknowledgements, they
    /// would have to acknowledge that, and so on for ever.
    fn may_bring_news(&self, peer: usize, link: &Link) -> bool {
        self.is_in_use(peer, link) && !link.is_out_of_reach() && link.has_room()
    }

    /// Whether the peer should get what this replica comes to hold.
    fn is_in_use(&self, peer: usize, link: &Link) -> bool {
        self.tree.joins(self.overlay, self.me, peer, link)
    }
}

/// 53 bits of a seed, so that the number survives every JSON implementation.
fn nonce(seed: u64) -> u64 {
    seed >> 11
}

/// The longest update, in bytes: with it alone a delta still fits in a line of any length that nodes read.
pub const MAX_UPDATE_BYTES: usize = 16 << 20;

/// About so many bytes of updates go into a delta if there are several.
const MAX_DELTA_BYTES: usize = MAX_UPDATE_BYTES;

/// A node asks the neighbours that have not shown after so many rounds that they know of it. Those that have heard from it
/// have had the time to say so: a child may keep its first answer back for two rounds.
const GREETING_ROUNDS: u32 = 4;

/// But never so early that others may not have been started: a message to a node that is not there yet silences its sender
/// under Maelstrom.
const MIN_GREETING_DELAY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
