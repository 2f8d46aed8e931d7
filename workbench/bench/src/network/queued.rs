//! What waits in the network, in the order in which its turn comes.

use super::Message;
use machines::Time;
use std::cmp::Ordering;

/// A message in a queue: the earliest (deadline, sequence) first.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) deadline: Time,
    pub(super) sequence: u64,
    pub(super) message: Message,
}

impl Ord for Queued {
    /// Reversed, as the heap pops the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.deadline, other.sequence).cmp(&(self.deadline, self.sequence))
    }
}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Queued {}
