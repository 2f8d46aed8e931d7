//! The service `lin-tso`, a linearizable source of timestamps (Maelstrom `doc/services.md`).

use crate::vocabulary::messages;

messages! {
    /// What is asked.
    pub enum Request {
        /// The next timestamp.
        "ts" => Timestamp {},
    }
}

messages! {
    /// What is answered.
    pub enum Reply {
        /// Larger than any before.
        "ts_ok" => TimestampOk {
            /// 0, 1, 2, …
            ts: u64,
        },
    }
}
