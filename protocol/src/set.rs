//! `g-set` (Maelstrom `doc/workloads.md`, "Workload: G-set").

use crate::json::Json;
use crate::vocabulary::messages;

messages! {
    /// What clients ask.
    pub enum Request<'a> {
        /// Put this in.
        "add" => Add {
            /// Anything.
            element: Json<'a>,
        },
        /// What is in it?
        "read" => Read {},
    }
}

messages! {
    /// What they are told.
    pub enum Reply<'a> {
        /// It is in.
        "add_ok" => AddOk {},
        /// All of this.
        "read_ok" => ReadOk {
            /// An array of the elements, in any order.
            value: Json<'a>,
        },
    }
}
