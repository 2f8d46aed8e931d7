//! `kafka` (Maelstrom `doc/workloads.md`, "Workload: Kafka"): append-only logs by key.

use crate::json::Json;
use crate::shapes::{Entries, List, Text};
use crate::vocabulary::messages;

messages! {
    /// What clients ask.
    pub enum Request<'a> {
        /// Append this to a log.
        "send" => Send {
            /// The log.
            key: Text<'a>,
            /// Anything.
            msg: Json<'a>,
        },
        /// What is in these logs from these offsets on?
        "poll" => Poll {
            /// The first offset asked for, by log.
            offsets: Entries<'a, u64>,
        },
        /// All up to these offsets is dealt with.
        "commit_offsets" => CommitOffsets {
            /// The last offset dealt with, by log.
            offsets: Entries<'a, u64>,
        },
        /// What has been dealt with?
        "list_committed_offsets" => ListCommittedOffsets {
            /// The logs asked about.
            keys: List<Text<'a>>,
        },
    }
}

messages! {
    /// What they are told.
    pub enum Reply<'a> {
        /// Appended.
        "send_ok" => SendOk {
            /// Where.
            offset: u64,
        },
        /// This.
        "poll_ok" => PollOk {
            /// By log, `[offset, message]` pairs in order of their offsets.
            msgs: Entries<'a, List<(u64, Json<'a>)>>,
        },
        /// Noted.
        "commit_offsets_ok" => CommitOffsetsOk {},
        /// This; logs without a committed offset are left out.
        "list_committed_offsets_ok" => ListCommittedOffsetsOk {
            /// The last offset dealt with, by log.
            offsets: Entries<'a, u64>,
        },
    }
}
