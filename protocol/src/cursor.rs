//! Taking JSON apart that is known to be JSON: in [`Json`] there is nothing else, so nothing is validated
//! again, and what nobody asks for is stepped over as fast as brackets and quotes can be found.
//!
//! Text that is no JSON all the same is misread, but nothing worse.

use crate::find::scalar_length;
use crate::json::Json;
use crate::length::{nest_length, string_length};

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
