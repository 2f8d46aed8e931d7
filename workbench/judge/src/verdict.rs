//! What one checker says: its part of the results, and what it found.

use crate::finding::Finding;
use crate::validity::Validity;
use edn::Value;

/// What one checker says.
pub(crate) struct Verdict {
    pub(crate) valid: Validity,
    /// Its entry in the results map, `:valid?` included.
    pub(crate) value: Value,
    pub(crate) findings: Vec<Finding>,
}

impl Verdict {
    pub(crate) fn valid(value: Value) -> Verdict {
        Verdict { valid: Validity::True, value, findings: Vec::new() }
    }
}
