//! Values of a map by their keys, and what is amiss by its key.

use edn::Value;
use std::time::Duration;

/// A map.
pub(super) struct Fields<'a>(pub(super) &'a Value);

impl Fields<'_> {
    /// What must be there.
    pub(super) fn required<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<T, String> {
        self.0.get(key).and_then(read).ok_or_else(|| amiss(key))
    }

    /// What may be missing or `nil`.
    pub(super) fn optional<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, String> {
        match self.0.get(key) {
            None | Some(Value::Nil) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| amiss(key)),
        }
    }
}

fn amiss(key: &str) -> String {
    format!("no usable :{key}")
}

pub(super) fn count(value: &Value) -> Option<usize> {
    usize::try_from(value.as_integer()?).ok()
}

pub(super) fn unsigned(value: &Value) -> Option<u64> {
    u64::try_from(value.as_integer()?).ok()
}

pub(super) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(integer) => Some(*integer as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

pub(super) fn texts(value: &Value) -> Option<Vec<String>> {
    value.elements()?.iter().map(|text| text.as_text().map(str::to_owned)).collect()
}

/// A time that somebody asked for, to the nanosecond.
pub(super) fn seconds(duration: Duration) -> Value {
    Value::Float(duration.as_secs_f64())
}

pub(super) fn from_seconds(value: &Value) -> Option<Duration> {
    Duration::try_from_secs_f64(float(value)?).ok()
}
