//! What a node must not forget: records, beside the lines that it says.
//!
//! A machine does no IO, so it cannot keep anything itself. At the end of a batch of steps it says what has come since
//! the last batch that it must not forget; whoever owns the node keeps that, and tells it to the machine again when the
//! node is started anew. The disk is one more peer: it is told everything once, and says it once.

mod file;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use protocol::journal::Header;
use protocol::{Decode, List, Message, Text, write_message};
use smallvec::SmallVec;

use crate::Cluster;
pub use file::{Effect, HEAD_BYTES, JournalFile, Unusable};

/// Records for a node's journal, in order: runs of bytes that only the machine understands.
///
/// # The rule: records before lines
///
/// Whoever owns a node with a journal may give it as many inputs as it likes, and then asks for the records of all of
/// them ([`Node::record`](crate::Node::record)). **No line of the batch leaves before all of its records are durable.**
/// Then nothing that a client or a peer has heard can be forgotten, and a batch costs one write and one sync, however
/// many messages it has. A batch without records waits for nothing. If writing or syncing fails, no line of the batch may
/// ever leave, nor any later one: the node is to end there and then.
///
/// Records are appended to the journal; but if they [replace](Records::replaces) it, they are all that it holds from
/// then on, and until that is so, durably, it must hold all that it held before.
///
/// At the node's next start, all records of the journal are given back in order
/// ([`Node::on_record`](crate::Node::on_record)). Of records that were never durable, the last may be missing.
#[derive(Debug, Default)]
pub struct Records {
    bytes: Vec<u8>,
    ends: SmallVec<[usize; 4]>,
    replaces: bool,
}

impl Records {
    /// The records, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.ends.iter().enumerate().map(move |(position, &end)| {
            let start = if position == 0 { 0 } else { self.ends[position - 1] };
            &self.bytes[start..end]
        })
    }

    /// Whether they take the place of all that the journal holds: a checkpoint.
    pub fn replaces(&self) -> bool {
        self.replaces
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many bytes they have together.
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Forgets them. Memory is kept, but not more than an ordinary batch needs.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
        self.ends.clear();
        self.replaces = false;
    }

    /// Adds a record: what `write` appends to the bytes.
    pub fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    /// From here on they are a checkpoint. What they held is in it.
    pub(crate) fn begin_checkpoint(&mut self) {
        self.clear();
        self.replaces = true;
    }
}

/// More is given back before the next batch.
const KEPT_BYTES: usize = 1 << 20;

/// What a machine is asked to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What has come since it was last asked.
    News,
    /// All that it must not forget: a checkpoint. Whoever takes these records in instead of all earlier ones is the same.
    All,
}

/// What tells one start of a node from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Names what the node makes, for as long as its memory lasts: the seed of the start that began its journal. A node
    /// that has no journal has a new one at each start.
    pub origin: u64,
    /// Names this start: a seed that is new each time, for whatever does not survive, such as requests in flight.
    pub life: u64,
}

impl Start {
    /// The start of a node that remembers nothing.
    pub fn afresh(seed: u64) -> Start {
        Start { origin: seed, life: seed }
    }
}

/// A record is none that the machine would have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRecord;

/// Why a journal is not the one to go on with. Nothing has been changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Its first record does not say whose it is, or in words of another version.
    NoHeader,
    /// Another kind of machine wrote it.
    OtherMachine(String),
    /// Another node wrote it.
    OtherNode(String),
    /// It is from a cluster of other nodes, or of the same in another order.
    OtherCluster,
    /// The record of this number, counted from one, makes no sense.
    Record(u64),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::NoHeader => f.write_str("it does not begin as the journals that this program writes do"),
            Refused::OtherMachine(name) => write!(f, "it was written by another kind of node, `{name}`"),
            Refused::OtherNode(name) => write!(f, "it was written by another node, `{name}`"),
            Refused::OtherCluster => f.write_str("it is from a cluster of other nodes"),
            Refused::Record(number) => write!(f, "its record {number} makes no sense"),
        }
    }
}

impl core::error::Error for Refused {}

/// What a node that keeps a journal knows of it.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    /// See [`Start::origin`].
    pub(crate) origin: u64,
    machine: &'static str,
    slack: usize,
    /// How long all of its records are.
    length: usize,
    /// How long they were after the last checkpoint in this life.
    checkpoint: usize,
    /// How many records have been read.
    count: u64,
}

impl Journal {
    /// A journal without records. It grows by at least `slack` bytes between two checkpoints.
    pub(crate) fn new(machine: &'static str, origin: u64, slack: usize) -> Journal {
        Journal { origin, machine, slack, length: 0, checkpoint: 0, count: 0 }
    }

    /// Whether it is time to write it anew: that is so if there is nothing yet, and if it has become about twice as long as it need
    /// be. `stored` is what of it is needed in any case.
    pub(crate) fn is_outgrown(&self, stored: usize) -> bool {
        self.length == 0 || self.length > 2 * self.checkpoint.max(stored) + self.slack
    }

    /// Begins a checkpoint, with the record that says whose journal it is.
    pub(crate) fn begin_checkpoint(&mut self, cluster: &Cluster, records: &mut Records) {
        let node = cluster.name(cluster.me());
        let header = Header::Journal {
            machine: Text::from(self.machine),
            node_id: Text::from(node),
            node_ids: (0..cluster.size()).map(|position| Text::from(cluster.name(position))).collect(),
            origin: self.origin,
        };
        records.begin_checkpoint();
        records.push(|bytes| write_message((node, node), (None, None), &header, bytes));
    }

    /// Takes note of so many bytes more.
    pub(crate) fn append(&mut self, length: usize) {
        self.length += length;
    }

    /// Takes note of a checkpoint of this length.
    pub(crate) fn replace(&mut self, length: usize) {
        (self.length, self.checkpoint) = (length, length);
    }

    /// Takes note of a record that was read, and which one it is.
    pub(crate) fn read(&mut self, record: &[u8]) -> u64 {
        self.length += record.len();
        self.count += 1;
        self.count
    }

    /// Learns from the first record whose journal it is.
    pub(crate) fn read_header(&mut self, cluster: &Cluster, record: &[u8]) -> Result<(), Refused> {
        let message = Message::decode(record).map_err(|_| Refused::NoHeader)?;
        let header = Header::decode(&message.body).map_err(|_| Refused::NoHeader)?;
        let Header::Journal { machine, node_id, node_ids, origin } = header;
        if *machine != *self.machine {
            return Err(Refused::OtherMachine(machine.to_string()));
        }
        if *node_id != *cluster.name(cluster.me()) {
            return Err(Refused::OtherNode(node_id.to_string()));
        }
        if !is_same(&node_ids, cluster) {
            return Err(Refused::OtherCluster);
        }
        self.origin = origin;
        Ok(())
    }
}

fn is_same(node_ids: &List<Text<'_>>, cluster: &Cluster) -> bool {
    node_ids.len() == cluster.size()
        && node_ids.iter().enumerate().all(|(position, name)| **name == *cluster.name(position))
}
