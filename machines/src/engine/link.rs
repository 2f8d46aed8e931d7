//! One link: what is known of a peer, what is on its way there, and whether it can be reached at all.
//!
//! **Deltas.** What this replica sends over a link is a numbered stream of deltas, each from where the last one left off
//! (delta-intervals; Almeida, Shoker, Baquero, *Delta state replicated data types*, 2018, algorithm 2). The peer takes
//! number n+1 only after number n, so it always holds at least a prefix of what was sent, and acknowledging a number
//! acknowledges all before it. A delta that does not follow is not taken; the peer says so once (`again`), with its
//! vector, and the stream begins anew from there. Such a first delta is *anchored*: it carries the sender's whole
//! vector, from which the receiver can tell for itself whether it follows on what it holds. So nothing is resent while
//! nothing is lost, a lost message is noticed by the next one (the last one by the end of patience), and a wrong guess
//! about a peer is harmless.
//!
//! **Reach.** Whatever is sent must be acknowledged in the time that the peer may take plus a round trip (estimated as
//! TCP does, RFC 6298). If it is not, it is sent once more with the request to answer at once; if that fails too, the
//! peer is *out of reach*: it gets small probes instead of data, until one is answered. Requests are numbered like deltas.
//! So every acknowledgement and every answer can be timed, even of what has long been given up (there is none of TCP's
//! ambiguity about what is acknowledged; RFC 6298, section 3): a network slower than was thought is soon known to be. And
//! the answer to an earlier request does not pass for the answer to a later one.
//!
//! **Lives.** A link is with one life of the peer, the first that speaks. It goes over to another one, and begins anew from
//! nothing, when that one answers a request that was sent after the former was last heard. A life that had ended by then cannot
//! have heard that request, so a link only ever goes over to later ones. Until another life answers, nothing that it says
//! counts, and it is told no more than to answer. So what comes late from a former life does no harm, and whoever makes up
//! lives must answer for each, and wait when it is told again what it was told before ([`repeats`](super::repeats)).

use alloc::collections::VecDeque;
use core::time::Duration;

use smallvec::SmallVec;

use super::place::Place;
use super::repeats::Repeats;
use super::sent::Sent;
use super::vector::{Span, Vector};
use crate::Time;

/// Deltas in flight on one link; with so many unacknowledged the peer must catch up first.
pub(crate) const MAX_FLIGHTS: usize = 64;

/// One end of a link.
#[derive(Clone, Debug, Default)]
pub(crate) struct Link {
    /// The peer's life, once heard from.
    pub(crate) life: Option<u64>,
    /// The peer's own incarnation, and how many updates it had made when it first said so, in this life and since it is in
    /// reach.
    pub(crate) own: Option<(u64, u64)>,
    /// Since when it has answered in time, and has stood where it stands.
    pub(crate) steady_since: Time,
    /// Whether the peer has ever shown that it has heard of this node's life.
    pub(crate) knows_me: bool,
    /// What the peer surely holds.
    pub(crate) known: Vector,
    /// What it will hold when all that is in flight arrives.
    pub(crate) sent: Vector,
    flights: VecDeque<Flight>,
    /// When deltas were sent that have been given up.
    given_up: Sent,
    last_number: u64,
    /// Whether the next delta follows on the last one. If not, it is anchored.
    follows: bool,
    /// What everyone on the peer's side holds, as the peer says.
    pub(crate) settled: Vector,
    /// What the peer has been told, in what is in flight too, of what everyone on this side holds.
    pub(crate) told: Vector,
    accepted: Option<Accepted>,
    has_complained: bool,
    /// Since when the peer lacks something that it has not been sent.
    pub(crate) behind_since: Option<Time>,
    /// Since when a delta of the peer's waits to be acknowledged.
    pub(crate) owes_since: Option<Time>,
    /// When this end last spoke.
    pub(crate) spoke_at: Option<Time>,
    /// Since when the peer has not answered.
    asked_at: Option<Time>,
    /// When requests were sent that have not been answered.
    asks: Sent,
    last_ask: u64,
    /// What that was when the peer was last heard.
    asked_before: u64,
    misses: u32,
    /// Whether any of these was not only suspected.
    has_missed: bool,
    /// Whether others have heard that this child is lost.
    pub(crate) is_noticed: bool,
    /// When the peer last showed that messages arrive there.
    pub(crate) reached_at: Time,
    round_trip: RoundTrip,
    /// How long the last acknowledgement took, waiting included.
    pub(crate) turnaround: Option<Duration>,
    /// Where the peer says that it stands.
    pub(crate) place: Place,
    /// Whether the peer must hear where this node stands now.
    pub(crate) must_hear: bool,
    repeats: Repeats,
}

/// A delta on its way.
#[derive(Clone, Debug)]
struct Flight {
    number: u64,
    sent_at: Time,
    ends: SmallVec<[(usize, u64); 8]>,
}

/// The last delta taken from the peer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepted {
    pub(crate) number: u64,
    pub(crate) at: Time,
}

impl Link {
    /// A link to a peer that is thought to stand here.
    pub(crate) fn at(place: Place) -> Self {
        Link { place, ..Link::default() }
    }

    /// Whether this link is with the life of the peer that speaks. If it is not, it goes over to that life and begins anew if
    /// the message answers a request that only a later life can have heard.
    pub(crate) fn hear(&mut self, life: u64, answer: Option<u64>) -> bool {
        let is_another = self.life.is_some_and(|known| known != life);
        if is_another {
            let is_later = answer.is_some_and(|number| number > self.asked_before && self.asks.holds(number));
            if !is_later {
                return false;
            }
            let Link { last_number, last_ask, asks, round_trip, repeats, .. } = core::mem::take(self);
            *self = Link { last_number, last_ask, asks, round_trip, repeats, ..Link::default() };
        }
        self.life = Some(life);
        self.asked_before = self.last_ask;
        true
    }

    /// Takes note of what the peer says of its own updates, if it has not before, or if it has to prove itself again.
    pub(crate) fn hear_own(&mut self, now: Time, own: Option<(u64, u64)>, is_again: bool) {
        if is_again || self.own.is_none() {
            self.own = own.or(self.own);
            self.steady_since = now;
        }
    }

    /// Whether the peer was asked less than a round ago, and has not been heard since.
    pub(crate) fn was_just_asked(&self, now: Time, round: Duration) -> bool {
        let is_open = self.last_ask > self.asked_before;
        is_open && self.asks.last().is_some_and(|asked_at| now.since(asked_at) < round)
    }

    /// From when on data may be sent: a stream that begins anew has to wait if too much has been repeated.
    pub(crate) fn open_at(&self) -> Time {
        if self.follows { Time::ZERO } else { self.repeats.open_at() }
    }

    /// Whether the peer may be shown what it may have been shown before.
    pub(crate) fn may_repeat(&self, now: Time) -> bool {
        self.repeats.open_at() <= now
    }

    /// Notes what a message is to say, perhaps not for the first time: runs, each so many bytes long, and a vector of so many
    /// entries.
    pub(crate) fn note_said<'s>(
        &mut self,
        now: Time,
        runs: impl Iterator<Item = (&'s Span, usize)>,
        entries: usize,
    ) {
        if !self.follows {
            self.repeats.begin(now);
        }
        runs.for_each(|(span, bytes)| self.repeats.run(now, span, bytes));
        self.repeats.vector(now, entries);
    }

    /// Whether a delta must carry the vector because it follows on nothing.
    pub(crate) fn is_anchored(&self) -> bool {
        !self.follows
    }

    /// Whether there is room for one more delta.
    pub(crate) fn has_room(&self) -> bool {
        self.flights.len() < MAX_FLIGHTS
    }

    /// How many deltas are in flight.
    #[cfg(test)]
    pub(crate) fn flights(&self) -> usize {
        self.flights.len()
    }

    /// Numbers a delta that raises the peer's counts to `ends`, and counts it as sent.
    pub(crate) fn launch(&mut self, now: Time, ends: SmallVec<[(usize, u64); 8]>) -> u64 {
        for &(origin, count) in &ends {
            self.sent.raise(origin, count);
        }
        self.last_number += 1;
        self.follows = true;
        self.flights.push_back(Flight { number: self.last_number, sent_at: now, ends });
        self.last_number
    }

    /// Gives up what is in flight: the next delta begins from what the peer surely holds.
    pub(crate) fn restart(&mut self) {
        self.flights.drain(..).for_each(|flight| self.given_up.push(flight.number, flight.sent_at));
        self.follows = false;
        self.sent = self.known.clone();
        self.told = Vector::default();
    }

    /// If nothing is on its way, the peer holds only what it is known to hold, whatever had been guessed.
    pub(crate) fn drop_guess(&mut self) {
        if self.flights.is_empty() {
            self.sent = self.known.clone();
        }
    }

    /// The peer surely holds this.
    pub(crate) fn learn(&mut self, origin: usize, count: u64) {
        self.known.raise(origin, count);
        self.sent.raise(origin, count);
    }

    /// The peer has taken the delta of this `number`, `held` before it said so, and so holds all that was sent up to it.
    /// Returns when that one was sent, if this was news.
    pub(crate) fn acknowledge(
        &mut self,
        now: Time,
        number: u64,
        held: Option<Duration>,
        round: Duration,
    ) -> Option<Time> {
        let mut last = self.given_up.take(number).map(|sent_at| (number, sent_at));
        while self.flights.front().is_some_and(|flight| flight.number <= number) {
            let flight = self.flights.pop_front().expect("it has a front");
            for (origin, count) in flight.ends {
                self.known.raise(origin, count);
            }
            last = Some((flight.number, flight.sent_at));
        }
        let (acknowledged, sent_at) = last?;
        self.turnaround = Some(now.since(sent_at));
        self.reached(now);
        let held = held.filter(|_| acknowledged == number)?;
        self.round_trip.sample((sent_at, now), held, round);
        Some(sent_at)
    }

    /// Takes note of a delta that follows on the last one, or is anchored and fits.
    pub(crate) fn accept(&mut self, now: Time, number: u64) {
        self.accepted = Some(Accepted { number, at: now });
        self.owes_since.get_or_insert(now);
        self.has_complained = false;
    }

    /// The last delta taken.
    pub(crate) fn accepted(&self) -> Option<Accepted> {
        self.accepted
    }

    /// Whether a delta of this number was taken before, or has been overtaken by an anchored one.
    pub(crate) fn is_old(&self, number: u64) -> bool {
        self.accepted.is_some_and(|accepted| number <= accepted.number)
    }

    /// Whether a delta of this number follows on the last one taken.
    pub(crate) fn is_next(&self, number: u64) -> bool {
        self.accepted.is_some_and(|accepted| number == accepted.number + 1)
    }

    /// Whether to tell the peer that its delta did not follow: once, until one does.
    pub(crate) fn complain(&mut self) -> bool {
        !core::mem::replace(&mut self.has_complained, true)
    }

    /// Numbers a request to answer at once.
    pub(crate) fn ask(&mut self, now: Time) -> u64 {
        self.asked_at.get_or_insert(now);
        self.last_ask += 1;
        self.asks.push(self.last_ask, now);
        self.last_ask
    }

    /// When the peer was last asked.
    pub(crate) fn last_asked_at(&self) -> Option<Time> {
        self.asks.last()
    }

    /// When the peer last answered, or was last asked.
    pub(crate) fn tried_at(&self) -> Time {
        self.asks.last().unwrap_or_default().max(self.reached_at)
    }

    /// When the peer last brought something that was taken.
    pub(crate) fn heard_at(&self) -> Time {
        self.accepted.map_or(Time::ZERO, |accepted| accepted.at)
    }

    /// The peer has answered the request of this number.
    pub(crate) fn answer(&mut self, now: Time, number: u64, round: Duration) {
        if let Some(asked_at) = self.asks.take(number) {
            self.reached(now);
            self.round_trip.sample((asked_at, now), Duration::ZERO, round);
        }
    }

    /// The peer has shown that messages arrive there. Returns whether it had been out of reach.
    pub(crate) fn reached(&mut self, now: Time) -> bool {
        self.asked_at = None;
        self.reached_at = now;
        self.is_noticed = false;
        self.has_missed = false;
        core::mem::take(&mut self.misses) >= MISSES_OUT_OF_REACH
    }

    /// Whether the peer has missed something, and not only by hearsay, and has not answered since.
    pub(crate) fn has_missed(&self) -> bool {
        self.has_missed
    }

    /// Whether the peer is out of reach.
    pub(crate) fn is_out_of_reach(&self) -> bool {
        self.misses >= MISSES_OUT_OF_REACH
    }

    /// When silence becomes a miss. The peer may keep an acknowledgement back for `hold`, but must answer a request at
    /// once.
    pub(crate) fn patience_ends(&self, round: Duration, hold: Duration) -> Option<Time> {
        let timeout = self.round_trip.timeout(round);
        let flight = self.flights.front().map(|flight| flight.sent_at + hold + timeout);
        let asked = self.asked_at.map(|asked_at| asked_at + timeout);
        flight.into_iter().chain(asked).min()
    }

    /// Counts a miss; what was in flight counts as lost.
    pub(crate) fn miss(&mut self) {
        self.misses = self.misses.saturating_add(1);
        self.has_missed = true;
        self.asked_at = None;
        self.restart();
    }

    /// Counts a miss, or as many as it takes, before anything has been missed.
    pub(crate) fn suspect(&mut self, is_lost: bool) {
        self.misses = self.misses.max(if is_lost { MISSES_OUT_OF_REACH } else { 1 });
    }

    /// Whether the peer has missed something, and has not answered since.
    pub(crate) fn is_suspect(&self) -> bool {
        self.misses > 0
    }

    /// Whether an answer of the peer is awaited.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked_at.is_some()
    }

    /// Forgets that the peer needs or is owed anything, and where it stands: it is out of reach, and does not belong
    /// next to this node.
    pub(crate) fn forsake(&mut self) {
        self.place = Place::Unknown;
        self.must_hear = false;
        self.behind_since = None;
        self.owes_since = None;
        self.misses = 0;
    }

    /// How long an answer that is sent at once may take.
    pub(crate) fn timeout(&self, round: Duration) -> Duration {
        self.round_trip.timeout(round)
    }

    /// Answers may take as long as they do from another, as long as nothing better is known.
    pub(crate) fn expect_like(&mut self, other: &Link) {
        if self.round_trip.smoothed.is_none() {
            self.round_trip = other.round_trip;
        }
    }
}

/// A lost message is a miss, and so is its repetition; then the peer is out of reach.
const MISSES_OUT_OF_REACH: u32 = 2;

/// Estimate of the round trip (RFC 6298, section 2).
#[derive(Clone, Copy, Debug, Default)]
struct RoundTrip {
    smoothed: Option<Duration>,
    variation: Duration,
    /// When the last sample came.
    sampled_at: Time,
}

impl RoundTrip {
    /// Something was sent, and answered after the peer had `held` it. A sample counts for no more than an answer could have
    /// taken by what is known so far, and only if it was sent after the last sample came: a peer that stood still answers
    /// all that waited for it at once, and taken at their word, these answers would have this end wait for lost messages
    /// for many rounds. If it is the network that has slowed down, more samples will tell.
    fn sample(&mut self, (sent_at, now): (Time, Time), held: Duration, round: Duration) {
        if sent_at < self.sampled_at {
            return;
        }
        self.sampled_at = now;
        let sample = now.since(sent_at).saturating_sub(held).min(self.timeout(round));
        let Some(smoothed) = self.smoothed else {
            (self.smoothed, self.variation) = (Some(sample), sample / 4);
            return;
        };
        self.variation = self.variation * 3 / 4 + smoothed.abs_diff(sample) / 4;
        self.smoothed = Some(smoothed * 7 / 8 + sample / 8);
    }

    /// How long an answer that is sent at once may take.
    fn timeout(&self, round: Duration) -> Duration {
        match self.smoothed {
            Some(smoothed) => smoothed + (self.variation * 4).max(round / 8),
            None => round.max(INITIAL_TIMEOUT),
        }
    }
}

/// While nothing is known of the network, answers may take so long. RFC 6298 would have a second; a partition from the
/// very beginning should be noticed within that.
const INITIAL_TIMEOUT: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests;
