//! How things may stand at one moment, and what can change that.

use std::hash::{Hash, Hasher};

/// What nobody asks for.
pub(super) const WHATEVER: u32 = u32::MAX;

/// What a call does. Values are told by their numbers.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Step {
    Read(u32),
    Write(u32),
    CompareAndSet(u32, u32),
}

/// What the register holds, and which calls in progress (by their slots, as bits) must still take effect, or may.
#[derive(Clone, Copy)]
pub(super) struct Configuration {
    /// A value's number; all that nobody asks for are [`WHATEVER`].
    pub(super) state: u32,
    pub(super) must: u128,
    pub(super) may: u128,
    /// The value, or one of those that make no difference.
    pub(super) shown: u32,
}

impl PartialEq for Configuration {
    fn eq(&self, other: &Configuration) -> bool {
        (self.state, self.must, self.may) == (other.state, other.must, other.may)
    }
}

impl Eq for Configuration {}

impl Hash for Configuration {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.state, self.must, self.may).hash(hasher);
    }
}

impl Configuration {
    /// What must or may take effect.
    pub(super) fn available(&self) -> u128 {
        self.must | self.may
    }
}
