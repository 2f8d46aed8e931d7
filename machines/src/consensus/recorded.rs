//! How far the journal is behind: see `journal`.

/// How much of all that the journal holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorded {
    pub(super) ballot: (u64, Option<usize>),
    /// Up to here the log is there.
    pub(super) last: u64,
    /// A state came from elsewhere, and is not there.
    pub(super) lacks_state: bool,
}

impl Recorded {
    /// The entries behind `last` are not what they were.
    pub(super) fn truncate(&mut self, last: u64) {
        self.last = self.last.min(last);
    }
}
