//! Three-valued verdicts (§10.1).

use edn::Value;

/// A verdict. Merging several takes the greatest: one false part makes the whole false, else one unknown part unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Validity {
    /// Nothing is wrong.
    True,
    /// Too little is known to tell.
    Unknown,
    /// Something is wrong.
    False,
}

impl From<bool> for Validity {
    fn from(valid: bool) -> Validity {
        if valid { Validity::True } else { Validity::False }
    }
}

impl From<Validity> for Value {
    fn from(validity: Validity) -> Value {
        match validity {
            Validity::True => Value::Bool(true),
            Validity::Unknown => Value::keyword("unknown"),
            Validity::False => Value::Bool(false),
        }
    }
}
