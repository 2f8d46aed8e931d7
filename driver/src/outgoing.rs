//! What a node said and nobody took yet, sans IO.
//!
//! The node appends to [`Outgoing::outputs`]; [`Outgoing::slices`] is what to write next, all of it in one call, and
//! [`Outgoing::written`] says how much of that went out. No byte is ever copied: what a short write leaves stays where it is
//! until it is out, and meanwhile the node goes on in another buffer. So nothing is lost and nothing reordered. Whoever
//! feeds the node stops once there is [too much](Outgoing::is_full): then memory is bounded too.

use std::io::IoSlice;

use machines::Outputs;

/// With more than this to be written, the node is neither told anything nor woken: it could only make it more. What is
/// held at the most is twice this and what one input makes the node say.
pub(crate) const MAX_UNSENT: usize = 1 << 18;

/// The same if what is to be written waits for a sync: the more of it there is, the fewer syncs.
pub(crate) const MAX_UNSENT_SYNCED: usize = 3 << 18;

/// A larger buffer is given back as soon as it is empty.
const KEPT_SIZE: usize = 1 << 20;

/// Bytes to be written: the rest of an older buffer, and then a newer one.
#[derive(Debug)]
pub(crate) struct Outgoing {
    max_unsent: usize,
    older: Vec<u8>,
    /// So much of the older one is out.
    sent: usize,
    newer: Outputs,
}

impl Outgoing {
    /// Nothing yet, and too much if it is so much.
    pub(crate) fn new(max_unsent: usize) -> Self {
        Outgoing { max_unsent, older: Vec::new(), sent: 0, newer: Outputs::default() }
    }

    /// Where the node says things.
    pub(crate) fn outputs(&mut self) -> &mut Outputs {
        &mut self.newer
    }

    /// How many bytes are still to be written.
    pub(crate) fn unsent(&self) -> usize {
        self.older.len() - self.sent + self.newer.bytes().len()
    }

    /// Whether there is enough to write for now.
    pub(crate) fn is_full(&self) -> bool {
        self.unsent() >= self.max_unsent
    }

    /// All that is to be written, in order.
    pub(crate) fn slices(&self) -> [IoSlice<'_>; 2] {
        [&self.older[self.sent..], self.newer.bytes()].map(IoSlice::new)
    }

    /// Says that the first `length` bytes are written.
    pub(crate) fn written(&mut self, length: usize) {
        self.sent += length;
        let Some(sent_of_newer) = self.sent.checked_sub(self.older.len()) else { return };
        self.older.clear();
        self.older.shrink_to(KEPT_SIZE);
        self.sent = 0;
        if sent_of_newer < self.newer.bytes().len() {
            self.newer.swap(&mut self.older);
            self.sent = sent_of_newer;
        } else if sent_of_newer > KEPT_SIZE {
            self.newer = Outputs::default();
        } else {
            self.newer.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use machines::{Echo, Node, Time};

    use super::*;

    /// Lets a node say something of about `length` bytes, with a number in it.
    fn say(outgoing: &mut Outgoing, number: usize, length: usize) {
        let padding = "x".repeat(length);
        let line = format!(r#"{{"src":"{padding}","dest":"n","body":{{"type":"x","msg_id":{number}}}}}"#);
        let mut node = Node::<Echo>::new((), 0);
        node.on_line(Time::ZERO, line.as_bytes(), outgoing.outputs()).unwrap();
    }

    fn bytes(outgoing: &Outgoing) -> Vec<u8> {
        outgoing.slices().iter().flat_map(|slice| slice.to_vec()).collect()
    }

    #[test]
    fn what_goes_out_at_once_leaves_nothing_and_needs_one_buffer() {
        let mut outgoing = Outgoing::new(MAX_UNSENT);
        say(&mut outgoing, 1, 10);
        let place = outgoing.outputs().bytes().as_ptr();
        for number in 2..100 {
            outgoing.written(outgoing.unsent());
            assert_eq!(outgoing.unsent(), 0);
            say(&mut outgoing, number, 10);
            assert_eq!(outgoing.outputs().bytes().as_ptr(), place);
        }
        assert_eq!(outgoing.older.capacity(), 0);
    }

    #[test]
    fn the_buffers_that_a_long_message_took_are_given_back() {
        for first_write in [0, 1000, usize::MAX] {
            let mut outgoing = Outgoing::new(MAX_UNSENT);
            say(&mut outgoing, 1, 4 << 20);
            outgoing.written(first_write.min(outgoing.unsent()));
            outgoing.written(outgoing.unsent());
            let mut buffer = Vec::new();
            outgoing.newer.swap(&mut buffer);
            assert!(outgoing.older.capacity().max(buffer.capacity()) <= KEPT_SIZE);
        }
    }

    #[test]
    fn short_writes_of_any_length_lose_nothing_and_keep_the_order() {
        for written in 0..100 {
            let mut outgoing = Outgoing::new(MAX_UNSENT);
            let (mut sent, mut wanted) = (Vec::new(), Vec::new());
            for number in 0..50 {
                let before = outgoing.outputs().bytes().len();
                say(&mut outgoing, number, 3);
                wanted.extend_from_slice(&outgoing.outputs().bytes()[before..]);
                let ready = bytes(&outgoing);
                let length = written.min(ready.len());
                sent.extend_from_slice(&ready[..length]);
                outgoing.written(length);
                assert_eq!(outgoing.unsent(), wanted.len() - sent.len());
            }
            sent.extend(bytes(&outgoing));
            assert_eq!(sent, wanted);
        }
    }

    #[test]
    fn it_is_full_at_the_limit_and_no_longer_once_enough_is_written() {
        let mut outgoing = Outgoing::new(MAX_UNSENT);
        for number in 0.. {
            if outgoing.is_full() {
                break;
            }
            assert!(outgoing.unsent() < MAX_UNSENT);
            say(&mut outgoing, number, 10);
            outgoing.written(0);
        }
        assert!(outgoing.unsent() >= MAX_UNSENT);
        outgoing.written(1000);
        assert!(!outgoing.is_full());
    }
}
