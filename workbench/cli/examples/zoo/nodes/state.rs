//! What several keepers share.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Values by key.
pub(super) type Values = BTreeMap<String, Value>;

/// A key of any kind, as one that a map can have.
pub(super) fn key(key: &Value) -> String {
    key.to_string()
}

pub(super) fn error(code: u32, text: &str) -> Value {
    json!({"type": "error", "code": code, "text": text})
}
