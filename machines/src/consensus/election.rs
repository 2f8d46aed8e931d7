//! Elections (sections 5.2 and 5.4.1), with pre-vote and check-quorum (thesis, sections 9.6, 4.2.3 and 6.2).
//!
//! A follower that has not heard of a leader for a while asks whether it *would* be elected, in a term that does not begin
//! by that; only with a majority's consent does it begin that term and stand. So a node that was cut off, or that alone does
//! not hear the leader, disturbs nobody when it comes back. And who hears a leader, or is one, neither consents nor votes:
//! a leader that reaches a majority stays.

use core::time::Duration;

use protocol::Nothing;
use protocol::consensus::{Place, Raft};

use super::following::Following;
use super::leader::Leader;
use super::log::MAX_NUMBER;
use super::{Consensus, Role, StateMachine};
use crate::{Cluster, Context, Time};

/// Silence of a leader that nobody minds; after at most twice as long everyone does.
pub(super) const SILENCE: Duration = Duration::from_millis(500);

/// Who has not been elected asks again after so long, and at most twice as long.
const CAMPAIGN: Duration = Duration::from_millis(250);

/// At its very first start the first node stands soon, when the others will have been started, too; the others later, one
/// after the other.
const FIRST_DELAY: Duration = Duration::from_millis(30);
const FIRST_STAGGER: Duration = Duration::from_millis(200);

impl<S: StateMachine> Consensus<S> {
    /// When a node that knows of no other term yet stands. One that is alone waits for nobody.
    pub(super) fn first_election(cluster: &Cluster, now: Time) -> Time {
        let delay = FIRST_DELAY + FIRST_STAGGER * cluster.me() as u32;
        if cluster.size() > 1 { now + delay } else { now }
    }

    /// A leader has been heard of, or a vote given: this node waits again.
    pub(super) fn put_off_election(&mut self, now: Time) {
        self.election_at = now + SILENCE + self.draw(SILENCE);
    }

    /// Begins a term that somebody else has begun.
    pub(super) fn enter(&mut self, term: u64) {
        (self.term, self.vote, self.role) = (term, None, Role::Follower(None));
        self.requests.forget_leader();
    }

    /// There has been no leader for too long.
    ///
    /// Who stands already has not been answered by enough. A vote of this term stays one, however late it comes, so it asks
    /// the others once more: where messages take longer than this, elections take longer, too. Only if somebody
    /// has refused, having voted for another, a new term is called for.
    pub(super) fn stand(&mut self, context: &mut Context<'_, Nothing>) {
        self.requests.forget_leader();
        match &self.role {
            Role::Candidate { pre: false, votes } if votes.contains(&Some(false)) => {
                self.begin_campaign(true)
            }
            Role::Candidate { .. } => {}
            Role::Follower(_) | Role::Leader(_) => self.begin_campaign(true),
        }
        self.campaign(context);
    }

    fn begin_campaign(&mut self, pre: bool) {
        if !pre {
            (self.term, self.vote) = (self.term + 1, Some(self.me));
        }
        let mut votes = alloc::vec![None; self.size];
        votes[self.me] = Some(true);
        self.role = Role::Candidate { pre, votes };
    }

    /// Asks whoever has not voted for this node.
    fn campaign(&mut self, context: &mut Context<'_, Nothing>) {
        self.election_at = context.now + CAMPAIGN + self.draw(CAMPAIGN);
        let Role::Candidate { pre, votes } = &self.role else { return };
        let (term, last) = (self.term + u64::from(*pre), self.log.last());
        if term > MAX_NUMBER {
            return;
        }
        for (peer, _) in votes.iter().enumerate().filter(|(_, vote)| **vote != Some(true)) {
            context.send(peer, &Raft::AskVote { term, last, pre: pre.then_some(true) });
        }
        self.count_votes(context);
    }

    /// Somebody wants to be elected.
    pub(super) fn on_ask_vote(
        &mut self,
        context: &mut Context<'_, Nothing>,
        from: usize,
        (term, last, pre): (u64, Place, bool),
    ) {
        let pre_field = pre.then_some(true);
        if self.hears_leader(context.now) {
            // Whoever hears it by way of another would pass on what nobody takes: that is passed on once.
            let leader = self.leader().filter(|&leader| self.routes.is_straight(leader));
            let leader = leader.map(|leader| leader as u64);
            return context
                .send(from, &Raft::Vote { term: self.term, granted: false, pre: pre_field, leader });
        }
        let (last_index, last_term) = last;
        let own = self.log.last();
        let is_complete = (last_term, last_index) >= (own.1, own.0);
        if pre {
            let granted = term > self.term && is_complete;
            let term = if granted { term } else { self.term };
            return context.send(from, &Raft::Vote { term, granted, pre: pre_field, leader: None });
        }
        if term > self.term {
            self.enter(term);
        }
        let granted = term == self.term && is_complete && self.vote.is_none_or(|vote| vote == from);
        if granted {
            self.vote = Some(from);
            self.put_off_election(context.now);
        }
        context.send(from, &Raft::Vote { term: self.term, granted, pre: None, leader: None });
    }

    /// A vote, or a refusal.
    pub(super) fn on_vote(
        &mut self,
        context: &mut Context<'_, Nothing>,
        from: usize,
        (term, granted, pre): (u64, bool, bool),
    ) {
        if !granted && term > self.term {
            return self.enter(term);
        }
        let Role::Candidate { pre: is_asking, votes } = &mut self.role else { return };
        let stands_for = self.term + u64::from(*is_asking && granted);
        if (*is_asking, stands_for) == (pre, term) && votes[from] != Some(true) {
            votes[from] = Some(granted);
            self.count_votes(context);
        }
    }

    fn count_votes(&mut self, context: &mut Context<'_, Nothing>) {
        let Role::Candidate { pre, votes } = &self.role else { return };
        if votes.iter().filter(|&&vote| vote == Some(true)).count() <= self.size / 2 {
            return;
        }
        if !pre {
            return self.lead(context.now);
        }
        self.begin_campaign(false);
        self.campaign(context);
    }

    /// It is elected. An entry of its own term tells it what is committed (section 8), so it begins with one.
    fn lead(&mut self, now: Time) {
        let mut logged = self.sessions.clone();
        for index in self.applied + 1..=self.log.last_index() {
            logged.take(index, &self.log.entry(index));
        }
        self.log.append((self.term, 0, 0, protocol::Json::NULL));
        self.role = Role::Leader(Leader::new(self.me, self.size, &self.log, logged, now));
    }

    /// Somebody hears a leader that this node, which looks for one, does not hear: it is followed by way of that.
    pub(super) fn on_hint(&mut self, now: Time, from: usize, (term, leader): (u64, Option<u64>)) {
        let leader = leader.and_then(|leader| usize::try_from(leader).ok());
        let Some(leader) = leader.filter(|&leader| leader < self.size && leader != self.me) else { return };
        let seeks = matches!(self.role, Role::Follower(None) | Role::Candidate { pre: true, .. });
        if term == self.term && seeks {
            self.role = Role::Follower(Some(Following::seeking(leader)));
            if leader != from {
                self.routes.note(leader, Some(from), now);
            }
        }
    }

    /// Who leads in this term, if that is known.
    fn leader(&self) -> Option<usize> {
        match &self.role {
            Role::Leader(_) => Some(self.me),
            Role::Follower(following) => following.as_ref().map(|following| following.leader),
            Role::Candidate { .. } => None,
        }
    }

    /// Whether there is a leader: this node, or one that it has just heard of.
    fn hears_leader(&self, now: Time) -> bool {
        match &self.role {
            Role::Leader(_) => true,
            _ => self.heard_at.is_some_and(|heard_at| now.since(heard_at) < SILENCE),
        }
    }

    /// Less than this long, by chance.
    fn draw(&mut self, most: Duration) -> Duration {
        // Splitmix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.random;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        let share = (bits ^ bits >> 31) >> 32;
        Duration::from_nanos((most.as_nanos() as u64).saturating_mul(share) >> 32)
    }
}
