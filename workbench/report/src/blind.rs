//! Runs in which no read ever saw a write, whatever is read and written: their verdicts say little.

use edn::Value;
use judge::history::{History, Kind, Op};

/// Whether there were reads that began after some write had been acknowledged, and none of all reads saw any write.
pub(super) fn no_read_saw_a_write(history: &History) -> bool {
    let pairs = history.pairs();
    let (mut written_at, mut had_a_chance) = (None, false);
    for op in history.ops.iter().filter(|op| op.is_client() && op.kind == Kind::Ok) {
        if saw_something(op) {
            return false;
        }
        if wrote_something(op) {
            written_at.get_or_insert(op.index);
        }
        let began = pairs[op.index].unwrap_or(op.index);
        had_a_chance |= reads(op) && written_at.is_some_and(|written| written < began);
    }
    had_a_chance
}

fn steps(op: &Op) -> impl Iterator<Item = (&str, &Value)> {
    let steps = op.value.elements().unwrap_or_default().iter();
    steps.filter_map(|step| {
        let parts = step.elements()?;
        Some((parts.first()?.as_name()?, parts.last()?))
    })
}

fn reads(op: &Op) -> bool {
    match op.f {
        "read" | "poll" => true,
        "txn" => steps(op).any(|(name, _)| name == "r"),
        _ => false,
    }
}

fn wrote_something(op: &Op) -> bool {
    match op.f {
        "broadcast" | "send" | "write" => true,
        "add" => op.value != Value::Integer(0),
        "txn" => steps(op).any(|(name, _)| name != "r"),
        _ => false,
    }
}

fn saw_something(op: &Op) -> bool {
    match op.f {
        "read" => !is_nothing(key_less(&op.value)),
        "poll" => steps(op).any(|(_, polled)| has_messages(polled)),
        "txn" => steps(op).any(|(name, read)| name == "r" && !is_nothing(read)),
        // Whoever compared and set has seen what was there.
        "cas" => true,
        _ => false,
    }
}

/// Registers are read with their key: `[3 nil]`. Sets are read as such.
fn key_less(value: &Value) -> &Value {
    match value.elements() {
        Some([_, read @ Value::Nil]) => read,
        _ => value,
    }
}

fn is_nothing(value: &Value) -> bool {
    *value == Value::Nil || *value == Value::Integer(0) || value.elements().is_some_and(<[Value]>::is_empty)
}

fn has_messages(polled: &Value) -> bool {
    let Value::Map(logs) = polled else { return false };
    logs.iter().any(|(_, log)| log.elements().is_some_and(|log| !log.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blind(ops: &[(&str, &str, &str)]) -> bool {
        let line = |(index, (kind, f, value)): (usize, &(&str, &str, &str))| {
            format!("{{:index {index}, :time {index}, :type :{kind}, :process 0, :f :{f}, :value {value}}}\n")
        };
        let text: String = ops.iter().enumerate().map(line).collect();
        no_read_saw_a_write(&judge::history::read(&text).unwrap())
    }

    #[test]
    fn reads_that_had_something_to_see_and_never_did_are_blind() {
        let write = [("invoke", "broadcast", "7"), ("ok", "broadcast", "7")];
        let read = |seen| [("invoke", "read", "nil"), ("ok", "read", seen)];
        assert!(blind(&[write, read("[]")].concat()));
        assert!(!blind(&[write, read("[]"), read("[7]")].concat()));
        assert!(!blind(&[read("[]"), write].concat()), "too early to see anything");
        assert!(!blind(&write));
    }

    #[test]
    fn every_workload_has_its_own_way_to_see_nothing() {
        let after = |f, wrote, reads, seen| {
            blind(&[("invoke", f, wrote), ("ok", f, wrote), ("invoke", reads, "nil"), ("ok", reads, seen)])
        };
        assert!(after("txn", "[[:append 1 2]]", "txn", "[[:r 1 nil] [:append 3 4]]"));
        assert!(!after("txn", "[[:append 1 2]]", "txn", "[[:r 1 [2]]]"));
        assert!(after("send", "[[:send \"1\" [0 5]]]", "poll", "[[:poll {\"1\" []}]]"));
        assert!(!after("send", "[[:send \"1\" [0 5]]]", "poll", "[[:poll {\"1\" [[0 5]]}]]"));
        assert!(after("write", "[0 3]", "read", "[0 nil]") && !after("write", "[0 3]", "read", "[0 3]"));
        assert!(after("add", "3", "read", "0") && !after("add", "0", "read", "0"));
    }
}
