//! Why a text is not a history, and where.

use edn::{ReadError, json};
use std::fmt::{self, Display, Formatter};

/// Why a text is not a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryError {
    line: usize,
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Syntax(ReadError),
    Json(String),
    NoOperation,
    Key(&'static str),
    /// An index that is not beyond the one before.
    Index(u64, u64),
    Names,
}

impl HistoryError {
    /// What is amiss in JSON.
    pub(super) fn json(error: &json::JsonError) -> HistoryError {
        let text = error.to_string();
        let words = text.split(" at line ").next().unwrap_or_default().to_owned();
        HistoryError { line: error.line(), reason: Reason::Json(words) }
    }

    /// What is amiss at a byte of a text.
    pub(super) fn at(text: &str, position: usize, reason: Reason) -> HistoryError {
        let before = &text.as_bytes()[..position];
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let reason = match reason {
            Reason::Syntax(error) => Reason::Syntax(ReadError { position: error.position - start, ..error }),
            reason => reason,
        };
        HistoryError { line: 1 + newlines(before), reason }
    }
}

impl Display for HistoryError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.reason {
            Reason::Syntax(error) => write!(f, "{error}"),
            Reason::Json(error) => write!(f, "{error}"),
            Reason::NoOperation => {
                write!(f, "not an operation: a map such as {{:type :invoke, :process 0, :f :read}}")
            }
            Reason::Key(key) => write!(f, "no usable :{key}{}", due(key)),
            Reason::Index(index, before) => {
                write!(f, "index {index} comes after {before}: indices must grow, though they may have gaps")
            }
            Reason::Names => write!(f, "too many different names to be a history"),
        }
    }
}

/// What a key must hold.
fn due(key: &str) -> &'static str {
    match key {
        "type" => ": it must be :invoke, :ok, :fail or :info",
        "process" => ": it must be there, and not nil",
        "time" => ": it must be a number of nanoseconds",
        "index" => ": it must be an integer, not negative",
        _ => ": it must be a keyword",
    }
}

impl std::error::Error for HistoryError {}

/// How many lines end in a text.
pub(super) fn newlines(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}
