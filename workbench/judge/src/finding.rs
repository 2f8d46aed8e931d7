//! What a checker found, in words and with the operations that prove it.

use super::Validity;
use crate::history::Process;
use edn::Value;
use std::fmt::{self, Display, Formatter};

/// Of one kind of problem, at most this many cases become findings; the last of them counts the rest.
pub(super) const MAX_FINDINGS_PER_KIND: usize = 8;

/// Longer values are cut in evidence, in characters.
const MAX_VALUE_LENGTH: usize = 120;

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name that the results map has for it: `lost`, `G1a`, `availability`, …
    pub kind: &'static str,
    /// The verdict it leads to.
    pub costs: Validity,
    /// What is wrong, in a sentence without its period.
    pub explanation: String,
    /// The operations that prove it, in the order in which the explanation needs them.
    pub evidence: Vec<Evidence>,
    /// On the last finding of a kind: how many more cases there are that are not told.
    pub more: usize,
}

/// An operation that proves something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Its place in the history.
    pub index: usize,
    /// Who did it.
    pub process: Process,
    /// The node that the process talks to; none for the nemesis.
    pub node: Option<String>,
    /// What it did and how it ended: `ok read [0,1,2]`.
    pub what: String,
}

impl Finding {
    /// Whether this is about what the workload's clients saw, and not about how many of them saw anything.
    pub fn is_anomaly(&self) -> bool {
        !matches!(self.kind, "availability" | "consistency-models" | "stats")
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.explanation)?;
        self.evidence.iter().try_for_each(|evidence| write!(f, "\n    {evidence}"))?;
        match self.more {
            0 => Ok(()),
            more => write!(f, "\n    … and {more} more of this kind"),
        }
    }
}

/// Why an operation failed or nobody knows, for people: histories say it in EDN.
pub(super) fn reason(error: &Value) -> String {
    match (error, error.elements()) {
        (Value::Keyword(name), _) if name == "net-timeout" => "no answer in time".to_owned(),
        (Value::Keyword(name), _) => name.to_string(),
        (Value::Text(text), _) => brief_text(text),
        (_, Some([Value::Keyword(name), Value::Nil])) => format!("error {name}"),
        (_, Some([Value::Keyword(name), Value::Text(text)])) => brief_text(&format!("error {name}: {text}")),
        _ => brief(error),
    }
}

/// The findings of one kind about what was found, as many as are told.
pub(super) fn findings<T>(found: &[T], finding: impl Fn(&T) -> Finding) -> Vec<Finding> {
    let mut findings: Vec<Finding> = found.iter().take(MAX_FINDINGS_PER_KIND).map(finding).collect();
    let more = found.len() - findings.len();
    findings.iter_mut().last().into_iter().for_each(|last| last.more = more);
    findings
}

impl Display for Evidence {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "op {}, process {}", self.index, self.process.to_value())?;
        if let Some(node) = &self.node {
            write!(f, " at {node}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// `value` in print, as JSON, cut if it is long.
pub(super) fn brief(value: &Value) -> String {
    let mut printed = edn::json::compact(value);
    if let Some((cut, _)) = printed.char_indices().nth(MAX_VALUE_LENGTH) {
        printed.truncate(cut);
        printed.push('…');
    }
    printed
}

/// A text, cut if it is long. What is quoted in it may well be.
fn brief_text(text: &str) -> String {
    match text.char_indices().nth(2 * MAX_VALUE_LENGTH) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}
