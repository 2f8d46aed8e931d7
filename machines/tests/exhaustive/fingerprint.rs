//! Telling states of a node apart.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

use machines::Time;

/// A number for the state of a node whose clock shows `now`.
///
/// A machine has no state but what `Debug` shows, and no sense of time but differences. So the state is that text, with
/// moments as they lie to `now`, and without what only makes looking things up faster (`positions`) or is always cleared
/// before it is used (`scratch`, `page`).
pub(crate) fn fingerprint(process: &impl Debug, now: Time) -> u64 {
    let text = format!("{process:?}");
    let mut hasher = DefaultHasher::new();
    let mut rest = &*text;
    while let Some((before, field, after)) = next_field(rest) {
        before.hash(&mut hasher);
        rest = match field {
            "Time(" => {
                let (nanos, after) = after.split_once(')').expect("a time is a number");
                let nanos: i64 = nanos.parse().expect("a time is a number");
                nanos.wrapping_sub(now.as_nanos() as i64).hash(&mut hasher);
                after
            }
            "positions: {" => after.split_once('}').expect("a map has an end").1,
            _ => after_string(after),
        };
    }
    rest.hash(&mut hasher);
    hasher.finish()
}

/// What comes before and after the next field that is not to be taken as it is.
fn next_field(text: &str) -> Option<(&str, &str, &str)> {
    let fields = ["Time(", "positions: {", "scratch: \"", "page: \""];
    let bytes = text.as_bytes();
    let mut position = 0;
    while position < bytes.len() {
        if matches!(bytes[position], b'T' | b'p' | b's')
            && let Some(field) = fields.iter().find(|field| text[position..].starts_with(**field))
        {
            return Some((&text[..position], field, &text[position + field.len()..]));
        }
        position += 1;
    }
    None
}

/// What comes after the end of a quoted string.
fn after_string(text: &str) -> &str {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let is_end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        is_end
    });
    &text[end.expect("a string has an end") + 1..]
}
