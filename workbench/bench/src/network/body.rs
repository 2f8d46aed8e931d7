//! Bodies of messages, as a journal keeps them.
//!
//! A node that is read again and again answers with all that it answered before, and a little more. So a long body is kept as
//! what it has in place of a part of the one before it from the same sender (the number of the request, say, up to the next
//! comma), and what it adds at the end.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::ops::Range;
use std::sync::Arc;

/// Bodies of fewer bytes are kept as they are.
const LONG: usize = 1 << 10;
/// Bodies in a row that are kept as what they add: to read the last of them is to put together all.
const LONGEST_ROW: u8 = 32;
/// Bytes that are compared at a time.
const BLOCK: usize = 64;

/// A body, as JSON text.
#[derive(Clone)]
pub struct Body(Arc<Kept>);

struct Kept {
    like: Option<Like>,
    /// What is in place of the part that differs, and what is added at the end; or all of it.
    rest: Box<str>,
    /// How many are to be put together with it.
    row: u8,
}

/// What a body has in common with another.
#[derive(Clone, Debug)]
struct Like {
    body: Body,
    /// The part of the other that this has something else for.
    differs: Range<usize>,
    /// How many bytes it has in its place.
    replaced: usize,
    /// Where what they have in common ends, in the other.
    end: usize,
}

impl Body {
    /// The text.
    pub fn text(&self) -> Cow<'_, str> {
        if self.0.like.is_none() {
            return Cow::Borrowed(&self.0.rest);
        }
        let mut text = String::new();
        self.write(&mut text);
        Cow::Owned(text)
    }

    /// Bytes that it takes.
    pub(super) fn size(&self) -> usize {
        self.0.rest.len()
    }

    fn write(&self, text: &mut String) {
        let Some(Like { body, differs, replaced, end }) = &self.0.like else {
            return text.push_str(&self.0.rest);
        };
        body.write(text);
        text.truncate(*end);
        text.push_str(&self.0.rest[*replaced..]);
        text.replace_range(differs.clone(), &self.0.rest[..*replaced]);
    }

    /// The same text, kept as how it differs from another body, if that is less than half of it.
    fn like(before: &Body, text_before: &str, text: &str) -> Option<Body> {
        let row = before.0.row + 1;
        let start = common(text_before, text);
        let comma = |text: &str| text[start..].find(',').map_or(text.len(), |comma| start + comma);
        let (differs, replaced) = (start..comma(text_before), start..comma(text));
        let length = common(&text_before[differs.end..], &text[replaced.end..]);
        let is_worth_it = row < LONGEST_ROW && 2 * (start + length) > text.len();
        is_worth_it.then(|| {
            let rest = [&text[replaced.clone()], &text[replaced.end + length..]].concat().into();
            let end = differs.end + length;
            let like = Like { body: before.clone(), differs, replaced: replaced.len(), end };
            Body(Arc::new(Kept { like: Some(like), rest, row }))
        })
    }
}

impl From<&str> for Body {
    fn from(text: &str) -> Body {
        Body(Arc::new(Kept { like: None, rest: text.into(), row: 0 }))
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Body) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Body {}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text(), f)
    }
}

impl Display for Body {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// How many bytes two texts have in common at their beginnings, up to a character's end.
fn common(one: &str, other: &str) -> usize {
    let blocks = one.as_bytes().chunks_exact(BLOCK).zip(other.as_bytes().chunks_exact(BLOCK));
    let start = blocks.take_while(|(one, other)| one == other).count() * BLOCK;
    let rest = one.as_bytes()[start..].iter().zip(&other.as_bytes()[start..]);
    let length = start + rest.take_while(|(one, other)| one == other).count();
    (0..=length).rev().find(|&length| other.is_char_boundary(length)).unwrap_or(0)
}

/// Makes bodies of texts: of each sender what the last long one was.
#[derive(Clone, Debug, Default)]
pub(super) struct Bodies {
    last: HashMap<Arc<str>, (Body, Arc<str>)>,
    /// Of the messages under way, by their numbers, those with a long body.
    under_way: HashMap<u64, Body>,
}

impl Bodies {
    /// The body of a message that is sent.
    pub(super) fn sent(&mut self, id: u64, src: &Arc<str>, text: &Arc<str>) -> Body {
        if text.len() < LONG {
            return (&**text).into();
        }
        let before = self.last.get(src);
        let like = before.and_then(|(body, text_before)| Body::like(body, text_before, text));
        let body = like.unwrap_or_else(|| (&**text).into());
        self.last.insert(src.clone(), (body.clone(), text.clone()));
        self.under_way.insert(id, body.clone());
        body
    }

    /// The body of a message that arrives or is dropped: that with which it was sent, if nothing was done with it before.
    pub(super) fn ended(&mut self, id: u64, text: &str) -> Body {
        self.under_way.remove(&id).unwrap_or_else(|| text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_that_grow_take_what_they_add() {
        let (mut bodies, src) = (Bodies::default(), Arc::from("n0"));
        let (mut list, mut size) = ("1000".repeat(LONG), 0);
        for id in 0..300 {
            list.push_str(&format!(",{id}"));
            let text: Arc<str> = format!("{{\"in_reply_to\":{id},\"messages\":[{list}],\"é\":{id}}}").into();
            let body = bodies.sent(id, &src, &text);
            assert_eq!(body.text(), &*text);
            assert_eq!(bodies.ended(id, "").text(), &*text);
            assert_eq!(bodies.ended(id, "again").text(), "again", "it was only sent once");
            size += body.size();
        }
        assert!(size < 16 * list.len(), "{size} bytes");
    }

    #[test]
    fn what_has_little_in_common_is_kept_as_it_is() {
        let (mut bodies, src) = (Bodies::default(), Arc::from("n0"));
        for letter in ["a", "b"] {
            let text: Arc<str> = letter.repeat(LONG).into();
            assert_eq!(bodies.sent(0, &src, &text).size(), LONG);
        }
        assert_eq!(common("aé", "aè"), 1, "a character is not cut");
        assert_eq!(common("", "a"), 0);
    }
}
