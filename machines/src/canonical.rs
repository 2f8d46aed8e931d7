//! One way of writing a JSON value: without white space and needless escapes, objects in order of their keys.
//!
//! Numbers stay as they were written: 1 and 1.0 are two values, as they are to Maelstrom.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use protocol::{Entries, Json, Text, ToJson};

/// What is nested deeper than this is left as it is.
const MAX_DEPTH: u32 = 64;

/// The value, written that way.
pub(crate) fn canonical(json: Json<'_>) -> Cow<'_, str> {
    let text = json.as_str();
    let is_plain = match text.as_bytes() {
        [b'[' | b'{', ..] => false,
        _ => !text.contains('\\'),
    };
    if is_plain {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::new();
    match write(json, MAX_DEPTH, &mut out) {
        Some(()) => Cow::Owned(String::from_utf8(out).expect("JSON is UTF-8")),
        None => Cow::Borrowed(text),
    }
}

/// Whether two values are the same.
pub(crate) fn is_same(one: Json<'_>, other: Json<'_>) -> bool {
    one == other || canonical(one) == canonical(other)
}

fn write(json: Json<'_>, depth: u32, out: &mut Vec<u8>) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    match json.as_str().as_bytes() {
        [b'"', ..] => json.parse::<Text<'_>>()?.to_json(out),
        [b'[', ..] => {
            out.push(b'[');
            for (position, element) in json.elements()?.enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                write(element, depth, out)?;
            }
            out.push(b']');
        }
        [b'{', ..] => {
            let Entries(mut entries) = json.parse::<Entries<'_, Json<'_>>>()?;
            entries.sort_by(|(one, _), (other, _)| one.cmp(other));
            out.push(b'{');
            for (position, (key, value)) in entries.iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                key.to_json(out);
                out.push(b':');
                write(*value, depth, out)?;
            }
            out.push(b'}');
        }
        _ => json.to_json(out),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        is_same(Json::trusted(one), Json::trusted(other))
    }

    #[test]
    fn how_a_value_is_written_makes_no_difference() {
        for (one, other) in [
            (r#""a""#, r#""\u0061""#),
            ("[1, [2 ,3]]", "[1,[2,3]]"),
            (r#"{"b":1,"a":[ ]}"#, r#"{ "a" : [], "\u0062":1}"#),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn different_values_differ() {
        for (one, other) in [("1", "1.0"), ("1", r#""1""#), ("[1,2]", "[2,1]"), (r#"{"a":1}"#, r#"{"a":2}"#)]
        {
            assert!(!same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = alloc::format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(same(&deep, &deep) && !same(&deep, "[]"));
    }
}
