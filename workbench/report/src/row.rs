//! One message, as a row of the diagram.

use crate::text::cut;
use bench::network::Body;
use serde::Deserialize;
use std::borrow::Cow;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrived.
    Delivered,
    /// A cut link dropped it.
    Cut,
    /// It was lost at random.
    Lost,
    /// The run was over before it arrived, or the page ends before.
    Underway,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its network-wide number.
    pub id: u64,
    /// Sender, by its position among the names.
    pub src: usize,
    /// Recipient.
    pub dest: usize,
    /// When it was sent, in microseconds.
    pub sent_us: i64,
    /// When it arrived or was dropped.
    pub end_us: Option<i64>,
    /// What became of it.
    pub fate: Fate,
    /// The type in its body, by its position among the types.
    pub kind: usize,
    /// Its body.
    pub body: Body,
}

/// Characters of a type that are shown.
const MAX_KIND: usize = 60;

/// The type in a body, or nothing if there is none. A long one is cut.
pub(crate) fn kind(body: &str) -> Cow<'_, str> {
    #[derive(Deserialize)]
    struct Typed<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
    }
    let kind = match leading_kind(body) {
        Some(kind) => kind.into(),
        None => serde_json::from_str::<Typed<'_>>(body).map(|typed| typed.kind).unwrap_or_default(),
    };
    if kind.len() > MAX_KIND { cut(&kind, MAX_KIND).into() } else { kind }
}

/// The type if it comes first and is plain, as most nodes write it: what follows may be long.
fn leading_kind(body: &str) -> Option<&str> {
    let (kind, _) = body.strip_prefix(r#"{"type":""#)?.split_once('"')?;
    kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then_some(kind)
}
