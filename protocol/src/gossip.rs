//! What the nodes of the replication engine say to each other (`machines`, module `engine`, has the protocol).
//!
//! The number in the type is the version of the format: a node that speaks another one is refused as `not-supported`,
//! not misunderstood. Unknown keys are skipped, so fields can be added within a version. Fields that say nothing are
//! left out; an ordinary message in a busy cluster is `me`, `you`, `n`, `ack` and `runs`.

use crate::json::Json;
use crate::shapes::List;
use crate::vocabulary::messages;

/// One origin's part of a delta: node, incarnation, first and last sequence number, and the updates in a form that is
/// the data type's own.
pub type Run<'a> = (u32, u64, u64, u64, Json<'a>);

/// One origin's entry in a version vector: node, incarnation, number of updates held.
pub type Count = (u32, u64, u64);

messages! {
    /// What nodes say.
    pub enum Gossip<'a> {
        /// News, acknowledgements and repair: one message has room for all of it.
        "gossip1" => Gossip {
            /// The sender's incarnation.
            me: u64,
            /// The receiver's incarnation, if the sender has heard from it.
            you: Option<u64>,
            /// The number of the delta on this link, if there is one.
            n: Option<u64>,
            /// The number of the last delta taken from the receiver.
            ack: Option<u64>,
            /// How long ago that one came, in milliseconds.
            held_ms: Option<u64>,
            /// How long that one waited, or will, for the sender's round, in milliseconds.
            wait_ms: Option<u64>,
            /// Everything that the sender holds.
            vector: Option<List<Count>>,
            /// The sender's own incarnation, and how many updates it has made in it.
            own: Option<(u64, u64)>,
            /// The receiver should answer this request, by its number, at once.
            ask: Option<u64>,
            /// This answers the request of that number.
            answer: Option<u64>,
            /// The last delta did not follow on what the sender holds: begin again from `vector`.
            again: Option<bool>,
            /// Under whom the sender stands, from the root down, if it is not where the node list has it.
            under: Option<List<u32>>,
            /// Children of the sender that it has lost.
            lost: Option<List<u32>>,
            /// What has become known to be held by everyone: going down, by all nodes; going up, by all nodes at or below
            /// the sender. Counts only if the delta is taken.
            settled: Option<List<Count>>,
            /// The delta.
            runs: Option<List<Run<'a>>>,
        },
    }
}
