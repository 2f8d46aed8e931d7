//! The handshake: who the node is and who else there is (Maelstrom `doc/protocol.md`, "Initialization").

use crate::shapes::{List, Text};
use crate::vocabulary::messages;

messages! {
    /// The first message that a node gets.
    pub enum Request<'a> {
        /// You are `node_id`, one of `node_ids`.
        "init" => Init {
            /// The receiver's name.
            node_id: Text<'a>,
            /// All nodes, the receiver among them, in the same order for everyone.
            node_ids: List<Text<'a>>,
        },
    }
}

messages! {
    /// The answer.
    pub enum Reply {
        /// Ready.
        "init_ok" => InitOk {},
    }
}
