//! Speaking: one message with all that there is to say to a peer.

use alloc::string::String;
use core::time::Duration;

use protocol::gossip::{Gossip, Run};
use protocol::{Json, List};
use smallvec::SmallVec;

use super::{Engine, Replicated};
use crate::Context;

/// What a message is for, beyond the news and the acknowledgement that every message takes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Nothing beyond.
    News,
    /// The peer should answer at once.
    Ask,
    /// The peer asked for an answer at once.
    Answer,
    /// The peer's delta did not follow.
    Complain,
}

impl<D: Replicated> Engine<D> {
    /// Says to `peer` all that there is to say.
    pub(super) fn speak<C>(&mut self, context: &mut Context<'_, C>, peer: usize, purpose: Purpose) {
        let now = context.now;
        let lean = self.helpers.contains(&peer).then_some(true);
        let lost = self.lost_neighbours(peer);
        let wait_ms = self.wait_at_this_nodes_round(peer);
        let mut text = core::mem::take(&mut self.scratch);
        let Some(link) = self.links.get_mut(&peer) else { return };

        let anchored = link.is_anchored() || purpose != Purpose::News;
        let has_delta = !link.is_out_of_reach() && link.has_room() && purpose != Purpose::Complain;
        let ends = if has_delta { news(&self.held, &link.sent) } else { SmallVec::new() };
        let firsts: SmallVec<[u64; 8]> = ends.iter().map(|&(origin, _)| link.sent.get(origin) + 1).collect();
        let runs = write_runs(&self.data, &self.origins, &firsts, &ends, &mut text);
        // Whoever takes an anchored delta holds all of the vector in it, not only what the runs bring.
        let ends = if anchored { self.held.entries().collect() } else { ends };
        let n = (!runs.is_empty()).then(|| link.launch(now, ends));
        let has_vector = purpose != Purpose::News || (anchored && n.is_some());
        let owed = link.accepted().filter(|_| link.owes_since.is_some());
        let message = Gossip::Gossip {
            me: self.incarnation,
            you: link.incarnation,
            n,
            ack: link.accepted().map(|accepted| accepted.number),
            held_ms: owed.map(|accepted| millis(now.since(accepted.at))),
            wait_ms: owed.and(wait_ms),
            vector: has_vector.then(|| self.origins.export(&self.held).collect()),
            ask: (purpose == Purpose::Ask).then_some(true),
            answer: (purpose == Purpose::Answer).then_some(true),
            again: (purpose == Purpose::Complain).then_some(true),
            lean,
            lost,
            runs: (!runs.is_empty()).then_some(runs),
        };
        context.send(peer, &message);
        drop(message);

        if has_delta {
            link.behind_since = None;
        }
        link.owes_since = None;
        link.spoke_at = Some(now);
        if purpose == Purpose::Ask {
            link.ask(now);
        }
        text.clear();
        self.scratch = text;
    }

    /// The neighbours out of reach, for the ears of other neighbours.
    fn lost_neighbours(&self, listener: usize) -> Option<List<u32>> {
        if !self.overlay.are_neighbours(self.me, listener) {
            return None;
        }
        let lost: List<u32> =
            self.out_of_reach().filter(|&peer| peer != listener).map(|peer| peer as u32).collect();
        (!lost.is_empty()).then_some(lost)
    }

    /// How long the last delta of a child waited, or will, until this node passes it up (or, at the root, down).
    fn wait_at_this_nodes_round(&self, peer: usize) -> Option<u64> {
        let is_child = self.overlay.parent(peer) == Some(self.me);
        let accepted = self.links.get(&peer)?.accepted().filter(|_| is_child && self.rounds.aligned())?;
        Some(millis(self.rounds.after(accepted.at).since(accepted.at)))
    }
}

/// What of `held` is beyond `sent`, by origin.
fn news(held: &super::Vector, sent: &super::Vector) -> SmallVec<[(usize, u64); 8]> {
    held.entries().filter(|&(origin, count)| count > sent.get(origin)).collect()
}

fn write_runs<'t, D: Replicated>(
    data: &D,
    origins: &super::Origins,
    firsts: &[u64],
    ends: &[(usize, u64)],
    text: &'t mut String,
) -> List<Run<'t>> {
    let mut spans: SmallVec<[usize; 9]> = smallvec::smallvec![0];
    for (&first, &(origin, last)) in firsts.iter().zip(ends) {
        data.write_run(origin, first, last, text);
        spans.push(text.len());
    }
    let text = &*text;
    let runs = firsts.iter().zip(ends).zip(spans.windows(2));
    runs.map(|((&first, &(origin, last)), span)| {
        let (node, incarnation) = origins.get(origin);
        (node, incarnation, first, last, Json::trusted(&text[span[0]..span[1]]))
    })
    .collect()
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis() as u64
}
