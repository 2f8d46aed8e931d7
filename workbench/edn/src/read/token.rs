//! Words and numbers, and where they end.

use crate::Value;
use std::borrow::Cow;

/// Bytes that end a word, and those of which more must be known.
pub(super) const ENDS_TOKEN: [bool; 256] = {
    let mut ends = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let is_bracket = matches!(byte as u8, b',' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'"' | b';');
        ends[byte] = is_blank(byte as u8) || is_bracket || byte >= 128;
        byte += 1;
    }
    ends
};

/// Bytes with which something to be skipped may begin.
pub(super) const MAY_BE_SKIPPED: [bool; 256] = {
    let mut may = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        may[byte] = is_blank(byte as u8) || matches!(byte as u8, b';' | b'#') || byte >= 128;
        byte += 1;
    }
    may
};

/// Commas are blanks.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r' | b',')
}

/// Words that histories are made of, which are worth no memory of their own.
const WORDS: &[&str] = &[
    "type",
    "process",
    "f",
    "value",
    "index",
    "time",
    "invoke",
    "ok",
    "fail",
    "info",
    "txn",
    "r",
    "w",
    "append",
    "read",
    "write",
    "cas",
    "add",
    "broadcast",
    "send",
    "poll",
    "error",
    "final?",
    "node",
    "generate",
    "echo",
    "nemesis",
];

fn keyword(name: &str) -> Cow<'static, str> {
    match WORDS.iter().find(|word| **word == name) {
        Some(word) => Cow::Borrowed(word),
        None => Cow::Owned(name.to_owned()),
    }
}

/// A word that is no string and no collection.
pub(super) fn classify(token: &str) -> Value {
    if let Some(integer) = short_integer(token.as_bytes()) {
        return Value::Integer(integer);
    }
    match token {
        "nil" => return Value::Nil,
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    if let Some(name) = token.strip_prefix(':') {
        return Value::Keyword(keyword(name));
    }
    number(token).unwrap_or_else(|| Value::Symbol(token.into()))
}

/// An integer of so few digits that it cannot be too long.
fn short_integer(token: &[u8]) -> Option<i64> {
    let is_short = (1..=18).contains(&token.len());
    (is_short && token.iter().all(u8::is_ascii_digit))
        .then(|| token.iter().fold(0, |integer, digit| integer * 10 + i64::from(digit - b'0')))
}

fn number(token: &str) -> Option<Value> {
    let unsigned = token.strip_prefix(['-', '+']).unwrap_or(token);
    if let Ok(integer) = token.parse() {
        return Some(Value::Integer(integer));
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let is_integer = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_integer(unsigned.strip_suffix('N').unwrap_or(unsigned)) {
        return Some(Value::from_digits(token.strip_suffix('N').unwrap_or(token)));
    }
    token.strip_suffix('M').unwrap_or(token).parse().ok().map(Value::Float)
}
