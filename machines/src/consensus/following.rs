//! What a follower knows of its leader, and what is on its way from there.

use alloc::string::String;

use protocol::Json;
use protocol::consensus::{Entry, Place, Raft};
use smallvec::SmallVec;

use super::log::MAX_NUMBER;
use super::requests::Told;
use crate::Time;

/// What a follower knows of its leader in this term.
#[derive(Clone, Debug)]
pub(super) struct Following {
    pub(super) leader: usize,
    /// The last message from it that has come.
    pub(super) heard: u64,
    /// Up to here the log is known to be the leader's.
    pub(super) holds: u64,
    /// Whether the leader wants to know.
    pub(super) must_report: bool,
    /// The last message did not follow on the log; something up to here may do.
    pub(super) back: Option<u64>,
    pub(super) reported_at: Option<Time>,
    /// How many clients wanted something when it last told the leader.
    pub(super) batch: usize,
    /// The last report with something that clients want, until the leader is known to have seen it.
    pub(super) unseen: Option<(u64, Told)>,
}

/// A state that is coming piece after piece.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    pub(super) last: Place,
    pub(super) length: u64,
    pub(super) text: String,
}

impl Following {
    /// Of one that speaks.
    pub(super) fn new(leader: usize) -> Following {
        Following {
            leader,
            heard: 0,
            holds: 0,
            must_report: false,
            back: None,
            reported_at: None,
            batch: 0,
            unseen: None,
        }
    }

    /// Of one that has only been heard of: it is to hear of this node.
    pub(super) fn seeking(leader: usize) -> Following {
        Following { must_report: true, ..Following::new(leader) }
    }

    /// What is held, and nothing else.
    pub(super) fn report<'a>(&self, term: u64, life: u64, n: u64) -> Raft<'a> {
        let Following { heard: ack, holds, back, .. } = *self;
        Raft::Report { term, me: life, n, ack, holds, back, has: None, requests: None, read: None }
    }
}

/// Reads entries that go on behind `prev` in a leader's log of this term; nothing if they make no sense.
pub(super) fn read_entries(
    entries: Option<Json<'_>>,
    (prev, term): (Place, u64),
) -> Option<SmallVec<[Entry<'_>; 8]>> {
    let (index, mut last_term) = prev;
    let list = entries.map(Json::elements);
    let entries: SmallVec<[Entry<'_>; 8]> = match list {
        None => SmallVec::new(),
        Some(elements) => elements?.map(Json::parse).collect::<Option<_>>()?,
    };
    for entry in &entries {
        if entry.0 < last_term || entry.0 > term {
            return None;
        }
        last_term = entry.0;
    }
    let makes_sense = last_term <= term && term <= MAX_NUMBER && index <= MAX_NUMBER;
    makes_sense.then_some(entries)
}
