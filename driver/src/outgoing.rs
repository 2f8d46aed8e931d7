//! What a node said and nobody took yet, sans IO.
//!
//! The node appends to [`Outgoing::outputs`]; [`Outgoing::slices`] is what to write next, all of it in one call, and
//! [`Outgoing::written`] says how much of that went out. As long as all of it goes out, which is nearly always, no
//! byte is copied. What a short write leaves goes to the end of a queue, so nothing is lost and nothing reordered.
//! Whoever feeds the node stops once there is [too much](Outgoing::is_full): then memory is bounded too.

use std::collections::VecDeque;
use std::io::IoSlice;

use machines::Outputs;

/// With more than this to be written, the node is neither told anything nor woken: it could only make it more. What is
/// held at the most is this and what one input makes the node say.
pub(crate) const MAX_UNSENT: usize = 1 << 18;

/// A queue of bytes to be written.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    queue: VecDeque<u8>,
    outputs: Outputs,
}

impl Outgoing {
    /// Where the node says things.
    pub(crate) fn outputs(&mut self) -> &mut Outputs {
        &mut self.outputs
    }

    /// How many bytes are still to be written.
    pub(crate) fn unsent(&self) -> usize {
        self.queue.len() + self.outputs.bytes().len()
    }

    /// Whether there is enough to write for now.
    pub(crate) fn is_full(&self) -> bool {
        self.unsent() >= MAX_UNSENT
    }

    /// All that is to be written, in order.
    pub(crate) fn slices(&self) -> [IoSlice<'_>; 3] {
        let (first, second) = self.queue.as_slices();
        [first, second, self.outputs.bytes()].map(IoSlice::new)
    }

    /// Says that the first `length` bytes are written. What is left is set aside, to make room for more outputs.
    pub(crate) fn written(&mut self, length: usize) {
        let from_queue = length.min(self.queue.len());
        self.queue.drain(..from_queue);
        self.queue.extend(&self.outputs.bytes()[length - from_queue..]);
        if self.outputs.bytes().len() > MAX_UNSENT {
            self.outputs = Outputs::default();
        } else {
            self.outputs.clear();
        }
        if self.queue.is_empty() && self.queue.capacity() > 2 * MAX_UNSENT {
            self.queue = VecDeque::new();
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
        let line = format!(r#"{{"src":"c","dest":"n","body":{{"type":"{padding}","msg_id":{number}}}}}"#);
        let mut node = Node::<Echo>::new((), 0);
        node.on_line(Time::ZERO, line.as_bytes(), outgoing.outputs()).unwrap();
    }

    fn bytes(outgoing: &Outgoing) -> Vec<u8> {
        outgoing.slices().iter().flat_map(|slice| slice.to_vec()).collect()
    }

    #[test]
    fn what_goes_out_at_once_leaves_nothing_and_never_sees_the_queue() {
        let mut outgoing = Outgoing::default();
        say(&mut outgoing, 1, 10);
        outgoing.written(outgoing.unsent());
        assert_eq!(outgoing.unsent(), 0);
        assert_eq!(outgoing.queue.capacity(), 0);
    }

    #[test]
    fn short_writes_of_any_length_lose_nothing_and_keep_the_order() {
        for written in 0..100 {
            let mut outgoing = Outgoing::default();
            let (mut sent, mut wanted) = (Vec::new(), Vec::new());
            for number in 0..50 {
                say(&mut outgoing, number, 3);
                wanted.extend_from_slice(outgoing.outputs().bytes());
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
        let mut outgoing = Outgoing::default();
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
