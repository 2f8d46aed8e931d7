//! What is sent, by whom, and why a line is not.

use super::line::BadLine;
use std::sync::Arc;

/// Somebody who can send and receive: an index that is valid for the network that gave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Participant(pub(super) u32);

/// What a participant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A node under test, by its position in the list of nodes.
    Node(usize),
    /// A service of the workbench, by the number its owner gave it.
    Service(usize),
    /// A client, by the number its owner gave it.
    Client(u64),
}

/// A message in the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Network-wide number.
    pub id: u64,
    /// Who sent it.
    pub src: Participant,
    /// Who it is for.
    pub dest: Participant,
    /// Its body: the text of a JSON object.
    pub body: Arc<str>,
}

/// A line of a node's stdout that entered the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The message's network-wide number.
    pub id: u64,
    /// There is something behind the message on its line, which nobody will read.
    pub has_more: bool,
}

/// Why a line of a node's stdout did not enter the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no message, or from or for somebody unknown. Maelstrom stops listening to the node for good.
    Bad(BadLine),
    /// It is for a client that is gone, most likely an answer that came too late. Maelstrom treats this like a bad line,
    /// a well-known trap; we only drop it.
    ClientGone(Arc<str>),
}
