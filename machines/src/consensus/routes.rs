//! Ways around links that are cut: where two nodes do not reach each other, a third that reaches both passes on what they say.
//!
//! Raft needs nothing of the kind; but where each node reaches another majority, as in Maelstrom's `majorities-ring`, its leader
//! serves only its neighbours. So whoever looks for a leader and is told "I hear one" by somebody whom that one reaches itself follows it
//! by way of whoever told. Answers come back the way that the last message came. What is passed on is passed on once, so nothing
//! goes in circles, and what it says is no less true for that: no argument in this module rests on ways. The straight way is
//! tried again now and then, and whenever an answer is missed: the relay may have lost its own way.

use alloc::vec::Vec;
use core::time::Duration;

use protocol::consensus::{Raft, text_of};
use protocol::{Json, Nothing};

use crate::{Context, Time};

/// After so long the straight way is tried again.
const DETOUR: Duration = Duration::from_secs(5);

/// How to reach whom, by position.
#[derive(Clone, Debug)]
pub(super) struct Routes(Vec<Option<(usize, Time)>>);

impl Routes {
    /// All ways are straight.
    pub(super) fn new(nodes: usize) -> Routes {
        Routes(alloc::vec![None; nodes])
    }

    /// Says something to a node, as it can be reached.
    pub(super) fn say(&mut self, context: &mut Context<'_, Nothing>, peer: usize, message: &Raft<'_>) {
        self.0[peer] = self.0[peer].filter(|(_, since)| *since + DETOUR > context.now);
        let Some((relay, _)) = self.0[peer] else { return context.send(peer, message) };
        let (from, to) = (context.cluster.me() as u64, peer as u64);
        let text = text_of(message);
        context.send(relay, &Raft::Pass { from, to, message: Json::trusted(&text) });
    }

    /// Whether a node is reached without the help of another, as far as is known.
    pub(super) fn is_straight(&self, peer: usize) -> bool {
        self.0[peer].is_none()
    }

    /// What was said by that way was in vain.
    pub(super) fn forget(&mut self, peer: usize) {
        self.0[peer] = None;
    }

    /// Something came from a node, straight or by way of a relay.
    pub(super) fn note(&mut self, peer: usize, relay: Option<usize>, now: Time) {
        match relay {
            None => self.0[peer] = None,
            Some(relay) if self.0[peer].is_none_or(|(known, _)| known != relay) => {
                self.0[peer] = Some((relay, now));
            }
            Some(_) => {}
        }
    }
}
