//! What is in the store.

use alloc::string::String;
use alloc::vec::Vec;

use protocol::{Json, ToJson};

/// What a node's key holds: `[total, life, save]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// The sum of all that the node has saved.
    pub(super) total: i128,
    /// Which life of the node saved it.
    pub(super) life: u64,
    /// Which attempt of that life.
    pub(super) save: u64,
}

/// No node's total gets further from 0 than this: 2⁴⁶ times what one `add` can ask for. What the store claims may be twice
/// that, as what a node took before it knew its own key goes on top of what it finds there; beyond that it is no total.
const MAX_TOTAL: u128 = 1 << 109;

impl Value {
    pub(super) fn read(json: Json<'_>) -> Option<Value> {
        let (total, life, save) = json.parse()?;
        Some(Value { total, life, save }).filter(|value| is_sound(value.total / 2))
    }

    pub(super) fn write(self) -> String {
        let Value { total, life, save } = self;
        alloc::format!("[{total},{life},{save}]")
    }
}

/// Whether a node may count this far.
pub(super) fn is_sound(total: i128) -> bool {
    total.unsigned_abs() <= MAX_TOTAL
}

/// The key for a node's sum.
pub(super) fn sum_key(node: &str) -> String {
    key("sum", node)
}

/// The key for a node's marks.
pub(super) fn mark_key(node: &str) -> String {
    key("mark", node)
}

/// A key, as JSON: `[kind, node]`, which nobody takes for another's by chance.
fn key(kind: &str, node: &str) -> String {
    let mut name = Vec::new();
    node.to_json(&mut name);
    let name = String::from_utf8(name).expect("JSON is UTF-8");
    alloc::format!("[\"{kind}\",{name}]")
}
