//! What a relay does: see `routes`.

use protocol::consensus::Raft;
use protocol::{Decode, Json, Message, Nothing};

use super::{Consensus, StateMachine};
use crate::Context;

impl<S: StateMachine> Consensus<S> {
    /// Passes a message on, or takes it in.
    pub(super) fn on_pass(
        &mut self,
        context: &mut Context<'_, Nothing>,
        sender: usize,
        (from, to, message): (u64, u64, Json<'_>),
    ) {
        let in_cluster = |node: u64| usize::try_from(node).ok().filter(|&node| node < self.size);
        let (Some(from), Some(to)) = (in_cluster(from), in_cluster(to)) else { return };
        if to != self.me && from == sender {
            let (from, to) = (from as u64, to as u64);
            return context.send(to as usize, &Raft::Pass { from, to, message });
        }
        if to != self.me || from == self.me || from == sender {
            return;
        }
        let line = alloc::format!(r#"{{"src":"","dest":"","body":{}}}"#, message.as_str());
        let Ok(message) = Message::decode(line.as_bytes()) else { return };
        match Raft::decode(&message.body) {
            Err(_) | Ok(Raft::Pass { .. }) => {}
            Ok(message) => {
                self.routes.note(from, Some(sender), context.now);
                self.take(context, from, message);
            }
        }
    }
}
