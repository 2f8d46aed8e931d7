//! Speaking: one message with all that there is to say to a peer.

use alloc::string::String;
use core::time::Duration;

use protocol::gossip::{Gossip, Run};
use protocol::{Json, List};
use smallvec::{SmallVec, smallvec};

use super::vector::{Origins, Span, Vector};
use super::{Cuts, Engine, Replicated};
use crate::Context;

/// What a message is for, beyond the news and the acknowledgement that every message takes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Nothing beyond: without news or an owed acknowledgement nothing is said.
    News,
    /// The peer should hear where this node stands.
    Tell,
    /// The same, and who is lost: children, or that node, which was called and does not answer.
    Notify(Option<u32>),
    /// The peer should answer at once.
    Ask,
    /// The same, and is sent nothing before it has shown what it holds.
    Meet,
    /// The same, of a stranger, who is sent news: this node has lost its parent.
    Call,
    /// The peer asked for an answer at once, by this number.
    Answer(u64),
    /// The peer's delta did not follow. It may have come with a request, of this number.
    Complain(Option<u64>),
}

impl Purpose {
    fn shows_vector(self) -> bool {
        !matches!(self, Purpose::News | Purpose::Tell | Purpose::Notify(_))
    }

    /// The number of the request that it answers.
    fn answer(self) -> Option<u64> {
        match self {
            Purpose::Answer(number) => Some(number),
            Purpose::Complain(number) => number,
            _ => None,
        }
    }
}

impl<D: Replicated> Engine<D> {
    /// Says to `peer` all that there is to say.
    pub(super) fn speak<C>(&mut self, context: &mut Context<'_, C>, peer: usize, purpose: Purpose) {
        let lost = match purpose {
            Purpose::Notify(None) => Some(self.noticed()),
            Purpose::Notify(Some(node)) => Some(List::from_iter([node])),
            _ => None,
        };
        let is_unsure = self.is_unsure_before(peer);
        let under = self.under(peer);
        let wait_ms = self.wait_at_this_nodes_round(peer);
        if purpose.shows_vector() && self.is_behind(peer) {
            // Whoever takes a delta by its vector may have missed those before it, and with them what they told.
            self.links.entry(peer).and_modify(|link| link.told = Vector::default());
        }
        let is_to_be_asked = self.is_to_be_asked(context.now, peer);
        let is_overdue = self.is_to_be_checked(context.now, peer);
        let settled = self.untold(peer);
        let may_bring_news = self
            .links
            .get(&peer)
            .is_some_and(|link| purpose == Purpose::Call || self.may_bring_news(peer, link));
        let Engine { data, origins, held, cuts, stable, links, scratch, tree, hearsay, .. } = self;
        let Some(link) = links.get_mut(&peer) else { return };

        let may_bring_news = may_bring_news && link.open_at() <= context.now;
        let has_delta = may_bring_news && !matches!(purpose, Purpose::Complain(_) | Purpose::Meet);
        let together = if D::CUTS == Cuts::BehindStable { stable } else { Vector::EMPTY };
        let cut = next_cut(cuts, together, &link.sent);
        let target = cut.filter(|_| has_delta).unwrap_or(held);
        let news = if has_delta { target.beyond(&link.sent) } else { SmallVec::new() };
        let runs = write_runs(data, origins, &news, scratch);
        // What is reported counts on top of all that this node holds.
        let settled = if has_delta && cut.is_none() { settled } else { SmallVec::new() };
        let is_numbered = !runs.is_empty() || !settled.is_empty();
        if has_delta {
            link.behind_since = cut.map(|_| context.now);
        }
        let owed = link.owes_since.take().and(link.accepted());
        if purpose == Purpose::News && !is_numbered && owed.is_none() {
            return;
        }
        let may_show_vector = purpose.shows_vector() && link.may_repeat(context.now);
        let shows_vector = may_show_vector || (link.is_anchored() && is_numbered);
        let entries = if shows_vector { target.entries().count() } else { 0 };
        let lengths = runs.iter().map(|(.., payload)| payload.as_str().len());
        link.note_said(context.now, news.iter().zip(lengths), entries);
        let n = is_numbered.then(|| {
            settled.iter().for_each(|span| link.told.raise(span.origin, span.last));
            // Whoever takes a delta with a vector holds all of the vector, not only what the runs bring.
            let ends =
                if shows_vector { target.entries().collect() } else { news.iter().map(Span::end).collect() };
            link.launch(context.now, ends)
        });
        link.spoke_at = Some(context.now);
        tree.left.take_if(|left| *left == peer);
        let answer = purpose.answer();
        link.must_hear = is_unsure && answer.is_some();
        // Who is heard again is asked whether it hears, once: if each asked with each answer, they would go on for ever.
        let is_asked = matches!(purpose, Purpose::Ask | Purpose::Meet | Purpose::Call)
            || is_to_be_asked
            || answer.is_some() && link.is_out_of_reach() && !link.is_asked();
        let ask = is_asked.then(|| link.ask(context.now));
        ask.into_iter().for_each(|number| hearsay.note_asked(peer, number, is_overdue));
        let message = Gossip::Gossip {
            me: self.life,
            you: link.life,
            n,
            ack: link.accepted().map(|accepted| accepted.number),
            held_ms: owed.map(|accepted| millis(context.now.since(accepted.at))),
            wait_ms: owed.and(wait_ms),
            vector: shows_vector.then(|| origins.export(target).collect()),
            own: (shows_vector || answer.is_some()).then(|| (origins.get(0).1, held.get(0))),
            ask,
            answer,
            again: matches!(purpose, Purpose::Complain(_)).then_some(true),
            under,
            lost,
            settled: (!settled.is_empty()).then(|| origins.export_ends(&settled).collect()),
            runs: (!runs.is_empty()).then_some(runs),
        };
        context.send(peer, &message);
    }

    /// Whether the place of this node may be gone. Then it is not offered to strangers.
    fn is_unsure_before(&self, peer: usize) -> bool {
        self.is_in_doubt() && self.links.get(&peer).is_some_and(|link| !self.is_in_use(peer, link))
    }

    /// What the peer is told of this node's place.
    fn under(&self, peer: usize) -> Option<List<u32>> {
        if self.is_unsure_before(peer) { Some(List::from_iter([])) } else { self.tree.place.to_under() }
    }

    /// Asks a life of the peer that the link is not with whether it is there, in few words, unless it has just been asked.
    /// Nothing was taken of what it said, so it should begin again.
    pub(super) fn challenge<C>(
        &mut self,
        context: &mut Context<'_, C>,
        peer: usize,
        life: u64,
        answer: Option<u64>,
    ) {
        let (me, under, round) = (self.life, self.under(peer), self.rounds.length());
        let Some(link) = self.links.get_mut(&peer) else { return };
        if link.was_just_asked(context.now, round) {
            return;
        }
        let ask = Some(link.ask(context.now));
        let message = Gossip::Gossip {
            me,
            you: Some(life),
            n: None,
            ack: None,
            held_ms: None,
            wait_ms: None,
            vector: None,
            own: None,
            ask,
            answer,
            again: Some(true),
            under,
            lost: None,
            settled: None,
            runs: None,
        };
        context.send(peer, &message);
    }

    /// How long the last delta of a child waited, or will, until this node passes it up (or, at the root, down).
    fn wait_at_this_nodes_round(&self, peer: usize) -> Option<u64> {
        let link = self.links.get(&peer)?;
        let is_child = self.is_child(peer, link);
        let accepted = link.accepted().filter(|_| is_child && self.rounds.aligned())?;
        Some(millis(self.rounds.after(accepted.at).since(accepted.at)))
    }
}

/// Where the next delta for a peer that has been `sent` this must end, if it cannot bring everything: at the first cut that
/// brings something, and all of what must go together.
pub(super) fn next_cut<'c>(cuts: &'c [Vector], together: &Vector, sent: &Vector) -> Option<&'c Vector> {
    let is_past = |cut: &Vector| sent.covers(cut) || !cut.covers(together);
    cuts.get(cuts.partition_point(is_past))
}

/// The runs that a peer lacks, as they travel.
pub(super) fn write_runs<'t, D: Replicated>(
    data: &D,
    origins: &Origins,
    news: &[Span],
    text: &'t mut String,
) -> List<Run<'t>> {
    text.clear();
    text.shrink_to(KEPT_BYTES);
    let mut cuts: SmallVec<[usize; 9]> = smallvec![0];
    for span in news {
        data.write_run(span.origin, span.first, span.last, text);
        cuts.push(text.len());
    }
    let text = &*text;
    let runs = news.iter().zip(cuts.windows(2)).map(|(span, cut)| {
        let (node, incarnation) = origins.get(span.origin);
        (node, incarnation, span.first, span.last, Json::trusted(&text[cut[0]..cut[1]]))
    });
    runs.collect()
}

/// A longer buffer is given back before the next message.
const KEPT_BYTES: usize = 1 << 20;

fn millis(duration: Duration) -> u64 {
    duration.as_millis() as u64
}
