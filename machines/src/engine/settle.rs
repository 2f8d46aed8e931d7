//! Stability: what is held by everyone.
//!
//! Each node reports to its parent what all nodes at or below it hold: the element-wise minimum of its own vector and its
//! children's reports. At the root that is what everyone holds, and the root sends it down the same way. Only changes
//! travel, as part of numbered deltas, so they arrive if the deltas do.
//!
//! A report counts only if the delta that it comes with is taken. Deltas bring all that the sender holds, so whoever
//! takes a report then holds everything that the sender held when it made it, and so everything that any node below did
//! before it came to hold what is reported; and whoever is told at last that an update is stable holds everything that
//! *any* node did before holding that update. The log rests on this: nobody can have done anything in ignorance of a
//! stable update that is not here yet.
//!
//! While a node is cut off nothing new becomes stable. What once was stable stays so: reports only grow. (A node that
//! loses its memory holds nothing again; for what it had reported, others must do.)

use protocol::gossip::Count;
use smallvec::SmallVec;

use super::vector::{Span, Vector};
use super::{Engine, Replicated};
use crate::Time;

impl<D: Replicated> Engine<D> {
    /// Works out anew what everyone at or below this node holds, as far as that may have changed.
    pub(super) fn review_settled(&mut self, now: Time) {
        if !D::NEEDS_STABILITY {
            return self.unsettled.clear();
        }
        let mut has_changed = false;
        while let Some(origin) = self.unsettled.pop() {
            let below = self.overlay.children(self.me).map(|child| self.links[&child].settled.get(origin));
            let count = below.chain([self.held.get(origin)]).min().unwrap_or(0);
            if count > self.settled.get(origin) {
                self.settled.raise(origin, count);
                has_changed = true;
            }
        }
        match self.overlay.parent(self.me) {
            _ if !has_changed => {}
            Some(parent) => self.note_untold(now, parent),
            None => {
                for span in self.settled.beyond(&self.stable) {
                    self.stabilize(span.origin, span.last);
                }
                self.overlay.children(self.me).for_each(|child| self.note_untold(now, child));
            }
        }
    }

    /// Takes what the peer at `from` reports: as a child, of those below it, or as the parent, of everyone.
    pub(super) fn take_settled(&mut self, now: Time, from: usize, settled: &[Count]) {
        let is_parent = self.overlay.parent(self.me) == Some(from);
        for &(node, incarnation, count) in settled {
            // Whoever reports an origin holds some of it, and so does who took the delta.
            let Some(origin) = self.origins.find(node, incarnation) else { continue };
            if is_parent {
                self.stabilize(origin, count.min(self.held.get(origin)));
            } else if let Some(link) = self.links.get_mut(&from) {
                link.settled.raise(origin, count);
                self.unsettled.push(origin);
            }
        }
        if is_parent {
            self.overlay.children(self.me).for_each(|child| self.note_untold(now, child));
        }
    }

    fn stabilize(&mut self, origin: usize, count: u64) {
        if count > self.stable.get(origin) {
            self.stable.raise(origin, count);
            self.data.settle(origin, count);
        }
    }

    /// What the peer has not been told yet.
    pub(super) fn untold(&self, peer: usize) -> SmallVec<[Span; 8]> {
        match self.links.get(&peer) {
            Some(link) if D::NEEDS_STABILITY => self.to_tell(peer).beyond(&link.told),
            _ => SmallVec::new(),
        }
    }

    /// What a peer is told: the parent what is settled here, children what is stable, others nothing.
    fn to_tell(&self, peer: usize) -> &Vector {
        if self.overlay.parent(self.me) == Some(peer) {
            &self.settled
        } else if self.overlay.parent(peer) == Some(self.me) {
            &self.stable
        } else {
            Vector::EMPTY
        }
    }

    fn note_untold(&mut self, now: Time, peer: usize) {
        if let Some(link) = self.links.get_mut(&peer) {
            link.behind_since.get_or_insert(now);
        }
    }
}
