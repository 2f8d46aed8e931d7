//! What a node says: lines of bytes in memory that the caller owns and reuses.

use alloc::vec::Vec;
use core::mem;

use protocol::{Encode, MessageId, write_message};
use smallvec::SmallVec;

/// Messages in the order in which they were said, ready for a pipe.
///
/// Steps append; nothing is ever taken back. The owner writes [`bytes`](Outputs::bytes) out in one call, however many
/// steps they come from, or walks the [`lines`](Outputs::lines), and then [`clear`](Outputs::clear)s: memory is kept.
#[derive(Debug, Default)]
pub struct Outputs {
    bytes: Vec<u8>,
    ends: SmallVec<[usize; 8]>,
}

impl Outputs {
    /// Everything said, one line a message, each with its newline.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The messages, without newlines.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.ends.iter().enumerate().map(move |(position, &end)| {
            let start = if position == 0 { 0 } else { self.ends[position - 1] };
            &self.bytes[start..end - 1]
        })
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Forgets everything said.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Forgets everything said, and leaves its bytes to the owner in exchange for an empty buffer to go on with.
    pub fn swap(&mut self, buffer: &mut Vec<u8>) {
        mem::swap(&mut self.bytes, buffer);
        self.clear();
    }

    pub(crate) fn push(
        &mut self,
        (src, dest): (&str, &str),
        (msg_id, in_reply_to): (Option<MessageId>, Option<MessageId>),
        body: &impl Encode,
    ) {
        write_message((src, dest), (msg_id, in_reply_to), body, &mut self.bytes);
        self.ends.push(self.bytes.len());
    }
}
