//! Telling states of a node apart.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

use machines::Time;

/// A number for the state of a node whose clock shows `now`.
///
/// A machine has no state but what `Debug` shows, and no sense of time but differences. So the state is that text, with
/// moments as they lie to `now`, and without what only makes looking things up faster (`positions`) or is always cleared
/// before it is used (`scratch`, `page`). Nor does it count what the caller has reasons to ignore: fields, each with
/// the character that ends it.
pub(crate) fn fingerprint(process: &impl Debug, now: Time, ignored: &[(&str, char)]) -> u64 {
    let text = format!("{process:?}");
    let mut hasher = DefaultHasher::new();
    let mut rest = &*text;
    let fields: Vec<&str> = FIELDS.into_iter().chain(ignored.iter().map(|(name, _)| *name)).collect();
    while let Some((before, field, after)) = next_field(rest, &fields) {
        before.hash(&mut hasher);
        rest = match field {
            "Time(" => {
                let (nanos, after) = after.split_once(')').expect("a time is a number");
                let nanos: i64 = nanos.parse().expect("a time is a number");
                nanos.wrapping_sub(now.as_nanos() as i64).hash(&mut hasher);
                after
            }
            "positions: {" => after.split_once('}').expect("a map has an end").1,
            "scratch: \"" | "page: \"" => after_string(after),
            field => {
                let (_, end) = ignored.iter().find(|(name, _)| *name == field).expect("it is one of these");
                after.split_once(*end).expect("a field has an end").1
            }
        };
    }
    rest.hash(&mut hasher);
    hasher.finish()
}

const FIELDS: [&str; 4] = ["Time(", "positions: {", "scratch: \"", "page: \""];

/// What comes before and after the next field that is not to be taken as it is.
fn next_field<'t>(text: &'t str, fields: &[&'t str]) -> Option<(&'t str, &'t str, &'t str)> {
    let mut begins = [false; 256];
    fields.iter().for_each(|field| begins[usize::from(field.as_bytes()[0])] = true);
    let bytes = text.as_bytes();
    let mut places = (0..bytes.len()).filter(|&place| begins[usize::from(bytes[place])]);
    places.find_map(|place| {
        let field = fields.iter().find(|field| bytes[place..].starts_with(field.as_bytes()))?;
        Some((&text[..place], *field, &text[place + field.len()..]))
    })
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
