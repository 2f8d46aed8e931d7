//! Messages between nodes, and which of them are dead.

use protocol::consensus::Raft;
use protocol::{Decode, Message};

use super::NODES;
use super::facts::Shown;

/// A message from one node to another.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) line: Vec<u8>,
    matter: Matter,
}

/// What it is about, as far as that tells when it is dead.
#[derive(Clone, Copy, Debug)]
enum Matter {
    Report { term: u64 },
    Vote { term: u64, granted: bool, pre: bool, hints: bool },
    Other,
}

impl Letter {
    /// What a node says; none, if that is to a client.
    pub(crate) fn read(from: usize, line: &[u8]) -> Option<Letter> {
        let message = Message::decode(line).expect("nodes write messages");
        let to = message.dest.strip_prefix('n')?.parse().expect("a node has a number");
        let matter = match Raft::decode(&message.body).expect("nodes say nothing else to each other") {
            Raft::Report { term, .. } => Matter::Report { term },
            Raft::Vote { term, granted, pre, leader } => {
                Matter::Vote { term, granted, pre: pre.unwrap_or(false), hints: leader.is_some() }
            }
            _ => Matter::Other,
        };
        Some(Letter { from, to, line: line.to_vec(), matter })
    }

    /// The link that it is on.
    pub(crate) fn link(&self) -> usize {
        self.from * NODES + self.to
    }

    /// Whether it changes nothing at its receiver, now and ever, and has it say nothing.
    pub(crate) fn is_dead_for(&self, shown: &Shown) -> bool {
        // It did not stand in this term, or was elected; so it does not stand in it any more.
        let stands_no_more = shown.leads || shown.vote != Some(shown.number);
        match self.matter {
            Matter::Report { term } => {
                term < shown.term || term == shown.term && shown.vote != Some(shown.number)
            }
            Matter::Vote { term, granted: true, pre: true, .. } => term <= shown.term,
            Matter::Vote { term, granted: true, pre: false, .. } => {
                term < shown.term || term == shown.term && stands_no_more
            }
            Matter::Vote { term, granted: false, pre: true, hints: false } => term <= shown.term,
            Matter::Vote { term, granted: false, .. } => term < shown.term,
            Matter::Other => false,
        }
    }
}
