//! Taking JSON apart that is known to be JSON: in [`Json`] there is nothing else, so nothing is validated
//! again, and what nobody asks for is stepped over as fast as brackets and quotes can be found.
//!
//! Text that is no JSON all the same is misread, but nothing worse.

use crate::find::{plain_length, scalar_length};
use crate::json::Json;

/// A place in a JSON text.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// In front of a value.
    pub fn new(json: Json<'a>) -> Cursor<'a> {
        Cursor { text: json.as_str(), at: 0 }
    }

    /// The next value, as written.
    #[inline]
    pub fn value(&mut self) -> Option<Json<'a>> {
        let length = match self.peek()? {
            b'"' => string_length(self.rest()),
            b'[' | b'{' => nest_length(self.rest()),
            _ => scalar_length(self.rest()),
        };
        let start = self.at;
        self.at += length;
        self.text.get(start..self.at).filter(|value| !value.is_empty()).map(Json::trusted)
    }

    /// Steps into an array or an object, or over a colon; nothing if there is none.
    #[inline]
    pub fn enter(&mut self, mark: u8) -> Option<()> {
        let is_there = self.peek()? == mark;
        self.at += usize::from(is_there);
        is_there.then_some(())
    }

    /// Whether there is another element before the closing `bracket`, which otherwise is then behind.
    #[inline]
    pub fn goes_on(&mut self, bracket: u8) -> bool {
        let next = self.peek();
        let goes_on = next != Some(bracket);
        self.at += usize::from(!goes_on || next == Some(b','));
        goes_on
    }

    /// The next byte that is not white space.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.as_bytes().get(self.at)? {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }
}

// Out of the way, so that what steps over numbers is short.
#[inline(never)]
fn string_length(text: &[u8]) -> usize {
    let mut at = 1;
    loop {
        at += plain_length(&text[at..]);
        match text.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at = (at + 2).min(text.len()),
            Some(_) => at += 1,
            None => return text.len(),
        }
    }
}

/// Length of an array or an object, with all that is in it.
#[inline(never)]
fn nest_length(text: &[u8]) -> usize {
    let (mut at, mut level) = (0, 0_usize);
    while at < text.len() {
        match text[at] {
            b'"' => at += string_length(&text[at..]),
            b'[' | b'{' => (at, level) = (at + 1, level + 1),
            b']' | b'}' if level <= 1 => return at + 1,
            b']' | b'}' => (at, level) = (at + 1, level - 1),
            _ => at += flat_length(&text[at..]),
        }
    }
    text.len()
}

/// How many arrays and objects are open at once in a text, at the most.
pub(crate) fn depth(text: &[u8]) -> usize {
    let (mut at, mut level, mut deepest) = (0, 0_usize, 0);
    while at < text.len() {
        match text[at] {
            b'"' => at += string_length(&text[at..]),
            b'[' | b'{' => (at, level) = (at + 1, level + 1),
            b']' | b'}' => (at, level) = (at + 1, level.saturating_sub(1)),
            _ => at += flat_length(&text[at..]),
        }
        deepest = deepest.max(level);
    }
    deepest
}

/// How far there is no bracket and no quote. A block at a time, which compilers turn into vector instructions.
fn flat_length(text: &[u8]) -> usize {
    const BLOCK: usize = 32;
    // Curly brackets and square ones are the same but for one bit.
    let is_mark = |&byte: &u8| (byte == b'"') | (byte | b' ' == b'{') | (byte | b' ' == b'}');
    let has_none = |block: &&[u8]| !block.iter().fold(false, |found, byte| found | is_mark(byte));
    let blocks = text.chunks_exact(BLOCK).take_while(has_none).count() * BLOCK;
    blocks + text[blocks..].iter().position(is_mark).unwrap_or(text.len() - blocks)
}
