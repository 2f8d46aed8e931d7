//! What tests see of a member.

use protocol::consensus::Place;

use super::log::Log;
use super::{Consensus, Role, StateMachine};

/// What a member holds, for tests that check what must hold between members (figure 3).
#[derive(Clone, Copy, Debug)]
pub struct View<'c> {
    /// The latest term that it knows of.
    pub term: u64,
    /// Whom it voted for in that.
    pub vote: Option<usize>,
    /// Whether it leads in that.
    pub leads: bool,
    /// All up to here is committed, as far as it knows.
    pub commit: u64,
    /// All up to here has been carried out.
    pub applied: u64,
    /// Up to here its log has been dropped.
    pub base: u64,
    /// Index and term of the last entry.
    pub last: Place,
    log: &'c Log,
}

impl<'c> View<'c> {
    /// The entry at `index` as it is in the log, with its term; none if it is not there.
    pub fn entry(&self, index: u64) -> Option<(u64, &'c str)> {
        let is_there = self.base < index && index <= self.last.0;
        is_there.then(|| (self.log.entry(index).0, self.log.text(index - 1, index)))
    }
}

impl<S: StateMachine> Consensus<S> {
    /// What a test may want to see: figure 2's variables.
    pub fn view(&self) -> View<'_> {
        View {
            term: self.term,
            vote: self.vote,
            leads: matches!(self.role, Role::Leader(_)),
            commit: self.commit,
            applied: self.applied,
            base: self.log.base().0,
            last: self.log.last(),
            log: &self.log,
        }
    }
}
