//! What a node must not forget (figure 2, "persistent state on all servers"): its term, its vote, and its log; the latter from
//! a state on, once its beginning has been dropped.
//!
//! Each record is a JSON list that begins with a word: `["ballot",term,vote]`, where votes are positions counted from one, and 0 is
//! none; `["log",after,[entry,…]]`, which takes the place of all entries behind `after`; and `["state",index,term,state]`, which
//! takes the place of the whole log up to there, and of what follows too. Recovery carries them out again. What is committed is
//! not recorded: a leader will say.

use protocol::consensus::Entry;
use protocol::{Json, Text};

use super::log::{Log, as_list};
use super::{Consensus, MAX_NUMBER, StateMachine};

/// How much of all that the journal holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorded {
    ballot: (u64, Option<usize>),
    /// Up to here the log is there.
    last: u64,
    /// A state came from elsewhere, and is not there.
    lacks_state: bool,
}

impl Recorded {
    /// The entries behind `last` are not what they were.
    pub(super) fn truncate(&mut self, last: u64) {
        self.last = self.last.min(last);
    }

    /// The log begins anew, behind a state.
    pub(super) fn replace(&mut self) {
        self.lacks_state = true;
    }
}
