//! `g-counter` and `pn-counter` (Maelstrom `doc/workloads.md`, "Workload: G-counter", "Workload: Pn-counter").

use crate::vocabulary::messages;

messages! {
    /// What clients ask.
    pub enum Request {
        /// Count this.
        "add" => Add {
            /// Not negative in `g-counter`.
            delta: i64,
        },
        /// What is the sum?
        "read" => Read {},
    }
}

messages! {
    /// What they are told.
    pub enum Reply {
        /// Counted.
        "add_ok" => AddOk {},
        /// The sum of all that this node knows of.
        "read_ok" => ReadOk {
            /// An integer; 128 bits hold the sum of any number of deltas that fits a run.
            value: i128,
        },
    }
}
