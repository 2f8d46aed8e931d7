//! What the nodes of a consensus cluster say to each other (`machines`, module `consensus`, has the protocol): Raft's three
//! calls and their answers (Ongaro and Ousterhout, *In search of an understandable consensus algorithm*, 2014, figures 2 and
//! 13), with what rides along.
//!
//! The number in a type is the version of the format, as in [`gossip`](crate::gossip). Fields that say nothing are left out.

use alloc::string::String;
use alloc::vec::Vec;

use crate::json::Json;
use crate::shapes::{List, Text};
use crate::vocabulary::{Encode, messages};

/// An entry of the log: its term, the session of the request in it, the request's number in that session, the command.
///
/// Session 0 is none: with number 0 the entry is a leader's first, which says nothing; with number `i + 1` it opens a
/// session for the node at position `i`, in the life that the command names.
pub type Entry<'a> = (u64, u64, u64, Json<'a>);

/// A request on its way to the leader: an [`Entry`] without its term.
pub type Request<'a> = (u64, u64, Json<'a>);

/// A place in a log: index and term of an entry.
pub type Place = (u64, u64);

messages! {
    /// What nodes say.
    pub enum Raft<'a> {
        /// A leader has a follower's log go on as its own does (AppendEntries).
        "append1" => Append {
            /// The leader's.
            term: u64,
            /// The number of this message among the leader's to this follower in this term.
            n: u64,
            /// Whether the follower is to report at once.
            ask: Option<bool>,
            /// The place before the first entry.
            prev: Place,
            /// [`Entry`] after [`Entry`].
            entries: Option<Json<'a>>,
            /// All up to here is committed, once the follower holds what this message brings.
            commit: u64,
            /// The follower's life, as the leader knows it; what follows counts only there.
            you: Option<u64>,
            /// The last report that has come, by its number: its requests are in the leader's log.
            ack: Option<u64>,
            /// The read of this number may see the state, once this index is in it.
            read: Option<(u64, u64)>,
        },
        /// A leader brings a follower a piece of its state, as the log that led there is gone (InstallSnapshot).
        "snapshot1" => Snapshot {
            /// The leader's.
            term: u64,
            /// As in `append1`.
            n: u64,
            /// The last place that is in the state.
            last: Place,
            /// How many bytes come before this piece.
            at: u64,
            /// How many bytes there are.
            length: u64,
            /// The piece.
            piece: Text<'a>,
        },
        /// A follower says what it holds, and what its clients want (the answer to both).
        "report1" => Report {
            /// The follower's.
            term: u64,
            /// The follower's life.
            me: u64,
            /// The number of this message among the follower's in this life.
            n: u64,
            /// The last of the leader's messages that has come.
            ack: u64,
            /// Up to here the follower's log is the leader's.
            holds: u64,
            /// The last message did not follow on what is held; something up to here may do.
            back: Option<u64>,
            /// How many bytes have come of the state that the leader is bringing.
            has: Option<u64>,
            /// What clients want done.
            requests: Option<List<Request<'a>>>,
            /// The number of the last read that wants to see the state.
            read: Option<u64>,
        },
        /// A candidate wants to be elected (RequestVote).
        "ask_vote1" => AskVote {
            /// The term that it stands for.
            term: u64,
            /// The last place of its log.
            last: Place,
            /// Whether it only wants to know if it would be.
            pre: Option<bool>,
        },
        /// What it is told.
        "vote1" => Vote {
            /// The term that was asked about, or the voter's own if that is why it refuses.
            term: u64,
            /// Whether it is granted.
            granted: bool,
            /// As it was asked.
            pre: Option<bool>,
            /// The position of the leader that the voter hears, if that is why it refuses.
            leader: Option<u64>,
        },
        /// A message between two nodes that do not reach each other, by way of a third.
        "pass1" => Pass {
            /// The position of its sender.
            from: u64,
            /// The position of its receiver.
            to: u64,
            /// Its body.
            message: Json<'a>,
        },
    }
}

/// A message's body as text.
pub fn text_of(message: &Raft<'_>) -> String {
    let mut text = Vec::from(&b"{\"type\":\""[..]);
    text.extend_from_slice(message.kind().as_bytes());
    text.push(b'"');
    message.encode_fields(&mut text);
    text.push(b'}');
    String::from_utf8(text).expect("JSON is UTF-8")
}
