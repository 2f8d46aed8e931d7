//! Hearsay: what a peer says of a neighbour that speaks for itself.
//!
//! Whoever makes up the next update of another would be believed, and the real one, when it comes, taken for the one that is
//! here. So of what a neighbour makes while it is in reach, its own word comes first. When a peer claims more, its delta is
//! *put off*, as it may not be taken in part, and the neighbour is asked. All its updates are its own, and it holds them, so its
//! answer to a question that was sent after the claim tells:
//!
//! * It has made fewer: the claim was made up, by the peer or by somebody whom that one believed. What the peer says of the
//!   neighbour is of no concern any more. All else that it says is, so nobody who was deceived is cut off.
//! * It has made that many: it brings them. If it does not, the peer may.
//! * It does not answer in time: it may be out of reach, and what others have of it is taken. If it acknowledges other things
//!   all the same, its answer may have been lost: it is asked once more.
//!
//! As soon as one of that is known, the peer is told to begin again. Nobody is asked more than once a round for this.

use alloc::vec::Vec;
use core::mem;

use super::link::Link;
use super::receive::ReadRun;
use super::speak::Purpose;
use super::{Engine, Replicated};
use crate::{Context, Time};

/// Who has been asked so often, and has neither denied what a peer claims nor brought it, does not bring it.
const MOST_ASKED: u32 = 2;

/// Who comes home brings the news of all that come with it. A neighbour speaks for itself once it has been in reach, where it
/// stands, for so many rounds.
const SETTLING_ROUNDS: u32 = 4;

/// What peers have claimed of neighbours that speak for themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Hearsay {
    /// For each pair of a peer and a neighbour no more than one.
    claims: Vec<Claim>,
    /// Peers with a delta that has been put off.
    waiting: Vec<usize>,
}

/// That a neighbour has made so many updates.
#[derive(Clone, Debug)]
struct Claim {
    peer: usize,
    neighbour: u32,
    incarnation: u64,
    count: u64,
    state: State,
}

/// What has become of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The neighbour is to be asked, or has been in the request of this number, and has been so often before, in vain.
    Open { asked: Option<u64>, in_vain: u32 },
    /// The neighbour has made fewer.
    False,
    /// The neighbour does not deny that it has made that many, and does not bring them.
    Granted,
}

impl State {
    /// The neighbour has been asked in vain once more than so often, and is asked again in this request, or is to be.
    fn open_again(in_vain: u32, asked: Option<u64>) -> Self {
        let in_vain = in_vain + 1;
        if in_vain < MOST_ASKED { State::Open { asked, in_vain } } else { State::Granted }
    }
}

impl Claim {
    fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    fn is_of(&self, peer: usize, (node, incarnation): (u32, u64)) -> bool {
        (self.peer, self.neighbour, self.incarnation) == (peer, node, incarnation)
    }
}

impl Hearsay {
    /// Whether the peer has made a false claim of that origin.
    pub(super) fn is_false(&self, peer: usize, origin: (u32, u64)) -> bool {
        self.claims.iter().any(|claim| claim.state == State::False && claim.is_of(peer, origin))
    }

    /// The neighbour is asked, in the request of this number, perhaps because the answer to the former is overdue.
    pub(super) fn note_asked(&mut self, neighbour: usize, number: u64, is_overdue: bool) {
        for claim in self.of(neighbour) {
            claim.state = match claim.state {
                State::Open { asked: None, in_vain } => State::Open { asked: Some(number), in_vain },
                State::Open { asked: Some(_), in_vain } if is_overdue => {
                    State::open_again(in_vain, Some(number))
                }
                state => state,
            };
        }
    }

    /// The neighbour has answered the request of this number, and says that it has made so many updates of an incarnation.
    pub(super) fn hear_answer(&mut self, neighbour: usize, number: u64, own: Option<(u64, u64)>) {
        for claim in self.of(neighbour) {
            let State::Open { asked: Some(asked), in_vain } = claim.state else { continue };
            claim.state = match own {
                _ if number < asked => continue,
                Some((incarnation, made)) if incarnation == claim.incarnation && made < claim.count => {
                    State::False
                }
                _ => State::open_again(in_vain, None),
            };
        }
    }

    fn of(&mut self, neighbour: usize) -> impl Iterator<Item = &mut Claim> {
        self.claims.iter_mut().filter(move |claim| claim.neighbour as usize == neighbour)
    }

    /// Whether a claim is to be waited for: a new one is, unless it is granted.
    fn puts_off(&mut self, peer: usize, origin: (u32, u64), count: u64) -> bool {
        let claim = self.claims.iter().find(|claim| claim.is_of(peer, origin));
        // By now the peer may have even more.
        if claim.is_some_and(|claim| claim.state == State::Granted) {
            return false;
        }
        if claim.is_none_or(|claim| !claim.is_open()) {
            let ((neighbour, incarnation), state) = (origin, State::Open { asked: None, in_vain: 0 });
            self.claims.retain(|claim| (claim.peer, claim.neighbour) != (peer, neighbour));
            self.claims.push(Claim { peer, neighbour, incarnation, count, state });
        }
        if !self.waiting.contains(&peer) {
            self.waiting.push(peer);
        }
        true
    }
}

impl<D: Replicated> Engine<D> {
    /// How many updates of an origin are not for its node alone to tell, as it had made them before it was in reach;
    /// `None` if it does not speak for itself here: it is no neighbour, or out of reach, or has not been in reach for long, or
    /// that was another incarnation.
    fn told_freely(&self, now: Time, (node, incarnation): (u32, u64)) -> Option<u64> {
        let node = node as usize;
        let link = self.links.get(&node)?;
        let (_, before) = link.own.filter(|&(own, _)| own == incarnation)?;
        let is_neighbour = self.tree.parent == Some(node) || self.is_child(node, link);
        let is_steady = link.steady_since + self.rounds.length() * SETTLING_ROUNDS <= now;
        (is_neighbour && is_steady && !link.has_missed()).then_some(before)
    }

    /// Whether a delta must wait for what others say of themselves.
    pub(super) fn puts_off(&mut self, now: Time, from: usize, runs: &[ReadRun<'_, D>]) -> bool {
        let mut puts_off = false;
        for (origin, last) in runs.iter().map(|run| (run.origin(), run.last())) {
            let is_hearsay = origin.0 as usize != from && last > self.count_held(origin.0, origin.1);
            if is_hearsay && self.told_freely(now, origin).is_some_and(|before| last > before) {
                puts_off |= self.hearsay.puts_off(from, origin, last);
            }
        }
        puts_off
    }

    /// When to ask a neighbour what it has made, if somebody has claimed to know, be it again.
    ///
    /// What acknowledges something else ends the wait for an answer, though that be lost.
    pub(super) fn check_at(&self, neighbour: usize, link: &Link) -> Option<Time> {
        let is_open = |claim: &Claim| claim.is_open() && claim.neighbour as usize == neighbour;
        let is_due = self.hearsay.claims.iter().any(is_open) && !link.is_asked();
        let round = self.rounds.length();
        let gap = round.max(link.timeout(round));
        is_due.then(|| link.last_asked_at().map_or(Time::ZERO, |asked_at| asked_at + gap))
    }

    /// Whether it is time to ask that neighbour, or to ask it again.
    pub(super) fn is_to_be_checked(&self, now: Time, neighbour: usize) -> bool {
        let check_at = self.links.get(&neighbour).and_then(|link| self.check_at(neighbour, link));
        check_at.is_some_and(|check_at| check_at <= now)
    }

    /// When to ask the first of them.
    pub(super) fn checks_at(&self) -> Option<Time> {
        let neighbours = self.hearsay.claims.iter().map(|claim| claim.neighbour as usize);
        neighbours.filter_map(|neighbour| self.check_at(neighbour, self.links.get(&neighbour)?)).min()
    }

    /// Forgets the claims that do not matter any more, and tells those to begin again who need not wait any longer.
    pub(super) fn review_hearsay<C>(&mut self, context: &mut Context<'_, C>) {
        if self.hearsay.claims.is_empty() {
            return;
        }
        let Hearsay { mut claims, waiting } = mem::take(&mut self.hearsay);
        claims.retain(|claim| {
            let is_here = claim.count <= self.count_held(claim.neighbour, claim.incarnation);
            let matters = claim.state == State::False || !is_here;
            matters && self.told_freely(context.now, (claim.neighbour, claim.incarnation)).is_some()
        });
        let is_held_up = |peer: &usize| claims.iter().any(|claim| claim.peer == *peer && claim.is_open());
        let (waiting, free): (Vec<usize>, Vec<usize>) = waiting.into_iter().partition(is_held_up);
        self.hearsay = Hearsay { claims, waiting };
        free.into_iter().for_each(|peer| self.speak(context, peer, Purpose::Complain(None)));
    }
}
