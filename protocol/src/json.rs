//! A JSON value as a slice of the line that it came in.

use serde::de::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::length;

/// A JSON value as text, exactly as its sender wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Json<'a>(&'a str);

impl<'a> Json<'a> {
    /// JSON's `null`.
    pub const NULL: Json<'static> = Json("null");

    /// Wraps a text that the caller knows to be one JSON value: it is not looked at again, and goes out as it is.
    pub const fn trusted(text: &'a str) -> Json<'a> {
        Json(text)
    }

    /// Reads bytes that are one JSON value, white space around it aside; `None` if they are not.
    pub fn read(bytes: &'a [u8]) -> Option<Json<'a>> {
        serde_json::from_slice::<&RawValue>(bytes).ok().map(|raw| Json(raw.get()))
    }

    /// How many arrays and objects are within each other in it: none in a number, one in a list of numbers.
    pub fn depth(self) -> usize {
        length::depth(self.0.as_bytes())
    }

    /// The text.
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(|raw| Json(raw.get()))
    }
}
