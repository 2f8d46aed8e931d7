//! `unique-ids` (Maelstrom `doc/workloads.md`, "Workload: Unique-ids").

use crate::json::Json;
use crate::vocabulary::messages;

messages! {
    /// What clients ask.
    pub enum Request {
        /// An id that nobody else gets.
        "generate" => Generate {},
    }
}

messages! {
    /// What they are told.
    pub enum Reply<'a> {
        /// Here.
        "generate_ok" => GenerateOk {
            /// Any JSON value.
            id: Json<'a>,
        },
    }
}
