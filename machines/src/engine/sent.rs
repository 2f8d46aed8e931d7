//! When messages were sent that have not been answered yet.

use alloc::collections::VecDeque;

use crate::Time;

/// When the last few messages of some kind were sent, by number.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent(VecDeque<(u64, Time)>);

impl Sent {
    /// One more is sent.
    pub(super) fn push(&mut self, number: u64, time: Time) {
        self.0.drain(..self.0.len().saturating_sub(MAX_SENT - 1));
        self.0.push_back((number, time));
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether this one is remembered.
    pub(super) fn holds(&self, number: u64) -> bool {
        self.0.iter().any(|&(sent, _)| sent == number)
    }

    /// When the last one was sent.
    pub(super) fn last(&self) -> Option<Time> {
        self.0.back().map(|&(_, time)| time)
    }

    /// When this one was sent, if it is remembered. It and those before it need not be any longer.
    pub(super) fn take(&mut self, number: u64) -> Option<Time> {
        let position = self.0.iter().position(|&(sent, _)| sent == number)?;
        self.0.drain(..=position).next_back().map(|(_, time)| time)
    }
}

/// So many are remembered.
pub(super) const MAX_SENT: usize = 8;
