//! `broadcast` (Maelstrom `doc/workloads.md`, "Workload: Broadcast").

use crate::json::Json;
use crate::vocabulary::messages;

messages! {
    /// What clients ask.
    pub enum Request<'a> {
        /// Talk to these neighbours.
        "topology" => Topology {
            /// An object: node → list of nodes.
            topology: Json<'a>,
        },
        /// Let everyone know this.
        "broadcast" => Broadcast {
            /// Anything.
            message: Json<'a>,
        },
        /// What do you know?
        "read" => Read {},
    }
}

messages! {
    /// What they are told.
    pub enum Reply<'a> {
        /// Noted.
        "topology_ok" => TopologyOk {},
        /// It is on its way.
        "broadcast_ok" => BroadcastOk {},
        /// All of this.
        "read_ok" => ReadOk {
            /// An array of the values, in any order.
            messages: Json<'a>,
        },
    }
}
