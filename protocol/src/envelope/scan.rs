//! Ordinary messages by hand, in one pass: several times as fast as through serde's visitors.
//!
//! serde_json has the last word on every line. What is taken here is JSON of the kind that programs write, and everything
//! else (escapes, fractions, deep nesting, a name that comes twice, anything missing, any error) yields nothing at all, and
//! the line is read again from its start. So what must be right is one thing: what is understood here, serde_json
//! understands too, and the same way. The tests of this module and the fuzzer hold it to that.

use smallvec::SmallVec;

use super::{Body, Message, MessageId};
use crate::find::{digits_length, plain_length};
use crate::json::Json;
use crate::shapes::Text;

/// Values within values within the body, up to so many levels.
pub(super) const MAX_LEVELS: usize = 16;

/// The message that a line is, if it is an ordinary one.
pub(super) fn message(line: &str) -> Option<Message<'_>> {
    let nobody = || Text::from("");
    let body = Body { kind: nobody(), msg_id: None, in_reply_to: None, fields: SmallVec::new(), depth: None };
    let message = Message { src: nobody(), dest: nobody(), body };
    let mut scanner = Scanner { text: line, at: 0, message, seen: 0 };
    scanner.envelope()?;
    scanner.skip_space();
    let is_whole = scanner.at == line.len() && scanner.seen & NEEDED == NEEDED;
    is_whole.then_some(scanner.message)
}

/// A text that has been read up to here, and what it said so far. Whatever fails leaves it anywhere.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    message: Message<'a>,
    /// Which keys have come.
    seen: u8,
}

const SRC: u8 = 1;
const DEST: u8 = 1 << 1;
const BODY: u8 = 1 << 2;
const TYPE: u8 = 1 << 3;
const MSG_ID: u8 = 1 << 4;
const IN_REPLY_TO: u8 = 1 << 5;

/// Without these it is no message.
const NEEDED: u8 = SRC | DEST | BODY | TYPE;

impl<'a> Scanner<'a> {
    fn envelope(&mut self) -> Option<()> {
        self.expect(b'{')?;
        self.entries(|scanner| {
            if scanner.is_next("\"src\":") {
                scanner.note(SRC)?;
                scanner.message.src = scanner.name()?;
            } else if scanner.is_next("\"dest\":") {
                scanner.note(DEST)?;
                scanner.message.dest = scanner.name()?;
            } else if scanner.is_next("\"body\":") {
                scanner.note(BODY)?;
                scanner.body()?;
            } else {
                let key = scanner.key()?;
                scanner.skip(MAX_LEVELS)?;
                return (!matches!(key, "src" | "dest" | "body")).then_some(());
            }
            Some(())
        })
    }

    fn body(&mut self) -> Option<()> {
        self.expect(b'{')?;
        self.entries(|scanner| {
            if scanner.is_next("\"type\":") {
                scanner.note(TYPE)?;
                scanner.message.body.kind = scanner.name()?;
            } else if scanner.is_next("\"msg_id\":") {
                scanner.note(MSG_ID)?;
                scanner.message.body.msg_id = Some(scanner.number()?);
            } else if scanner.is_next("\"in_reply_to\":") {
                scanner.note(IN_REPLY_TO)?;
                scanner.message.body.in_reply_to = Some(scanner.number()?);
            } else {
                let key = scanner.key()?;
                let value = Json::trusted(scanner.value()?);
                scanner.message.body.fields.push((Text::from(key), value));
                return (!matches!(key, "type" | "msg_id" | "in_reply_to")).then_some(());
            }
            Some(())
        })
    }

    /// Steps over what is mostly next, a key as programs write it; if it is written otherwise, [`Scanner::key`] finds it.
    fn is_next(&mut self, text: &str) -> bool {
        let is_next = self.text.as_bytes()[self.at..].starts_with(text.as_bytes());
        self.at += if is_next { text.len() } else { 0 };
        is_next
    }

    /// A key and its colon.
    fn key(&mut self) -> Option<&'a str> {
        self.expect(b'"')?;
        let key = self.string()?;
        self.expect(b':')?;
        Some(key)
    }

    /// Notes that this key has come, for the first time.
    fn note(&mut self, name: u8) -> Option<()> {
        let is_first = self.seen & name == 0;
        self.seen |= name;
        is_first.then_some(())
    }

    fn name(&mut self) -> Option<Text<'a>> {
        self.expect(b'"')?;
        self.string().map(Text::from)
    }

    fn number(&mut self) -> Option<MessageId> {
        let digits = self.value()?;
        digits
            .parse::<i64>()
            .map(MessageId::from)
            .or_else(|_| digits.parse::<u64>().map(MessageId::from))
            .ok()
    }

    fn value(&mut self) -> Option<&'a str> {
        self.skip_space();
        let start = self.at;
        self.skip(MAX_LEVELS)?;
        Some(&self.text[start..self.at])
    }

    /// Steps over a value.
    fn skip(&mut self, levels: usize) -> Option<()> {
        match self.peek()? {
            b'-' | b'0'..=b'9' => return self.integer(),
            _ => self.at += 1,
        }
        match self.text.as_bytes()[self.at - 1] {
            b'"' => self.string().map(drop),
            b'[' => self.elements(levels.checked_sub(1)?),
            b'{' => {
                let levels = levels.checked_sub(1)?;
                self.entries(|scanner| {
                    scanner.key()?;
                    scanner.skip(levels)
                })
            }
            b'n' => self.word("ull"),
            b't' => self.word("rue"),
            b'f' => self.word("alse"),
            _ => None,
        }
    }

    /// Stops in front of each key of an object whose brace is behind.
    fn entries(&mut self, mut entry: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            entry(self)?;
            match self.token()? {
                b',' => self.skip_space(),
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    /// Steps over the elements of an array whose bracket is behind. Most of the longest arrays are integers, so these do not
    /// take the longer way.
    fn elements(&mut self, levels: usize) -> Option<()> {
        if self.peek()? == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            match self.peek()? {
                b'-' | b'0'..=b'9' => self.integer()?,
                _ => self.skip(levels)?,
            }
            match self.token()? {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    /// A string without escapes whose first quote is behind.
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let length = plain_length(rest);
        self.at += length + 1;
        (rest.get(length) == Some(&b'"')).then(|| &self.text[start..start + length])
    }

    #[inline]
    fn integer(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let digits = self.at + usize::from(bytes[self.at] == b'-');
        let end = digits + digits_length(&bytes[digits..]);
        self.at = end;
        let has_leading_zero = end > digits + 1 && bytes[digits] == b'0';
        let goes_on = matches!(bytes.get(end), Some(b'.' | b'e' | b'E'));
        (end > digits && !has_leading_zero && !goes_on).then_some(())
    }

    fn word(&mut self, rest: &str) -> Option<()> {
        let is_there = self.text.as_bytes()[self.at..].starts_with(rest.as_bytes());
        self.at += rest.len();
        is_there.then_some(())
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.token()? == byte).then_some(())
    }

    /// The next byte that is not white space, which is then behind.
    fn token(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.text.as_bytes().get(self.at) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests;
