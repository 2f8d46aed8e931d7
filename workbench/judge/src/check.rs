//! What a history can be checked as: our workloads, and those that only others run.
//!
//! Each knows its operations and the form that they have; what is not of that form is not judged ([`crate::audit`]).

use crate::Workload;
use crate::history::{Kind, Op};
use edn::Value;

/// What a history is checked as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// A workload of this bench, with its verdict alone.
    Workload(Workload),
    /// Accounts between which money is moved: what they hold together stays the same.
    Bank,
    /// Additions, and reads that must lie between what is certain and what is possible.
    Counter,
    /// Writes that all readers must see in one order.
    LongFork,
    /// Elements that are added, and one read in the end.
    Set,
    /// Elements that are added, and reads of all of them at any time.
    SetFull,
    /// One linearizable register, or one a key.
    Register,
    /// A lock that one process holds at a time.
    Mutex,
    /// Blind inserts, and reads of all of them: whoever sees one sees all that were there before it began.
    Comments,
    /// Keys that are written in order, and read in the opposite order.
    Sequential,
    /// A queue that keeps the order.
    FifoQueue,
    /// A queue that keeps no order.
    UnorderedQueue,
    /// A set whose reads show all that is in it at one moment.
    LinearizableSet,
    /// Registers that transactions read and write at one moment.
    MultiRegister,
}

impl Check {
    /// All names, and what they stand for; several may stand for the same. The first is the one that is used in words.
    pub const NAMES: [(&'static str, Check); 26] = [
        ("bank", Check::Bank),
        ("broadcast", Check::Workload(Workload::Broadcast)),
        ("cas-register", Check::Register),
        ("comments", Check::Comments),
        ("counter", Check::Counter),
        ("echo", Check::Workload(Workload::Echo)),
        ("fifo-queue", Check::FifoQueue),
        ("g-counter", Check::Workload(Workload::GCounter)),
        ("g-set", Check::Workload(Workload::GSet)),
        ("kafka", Check::Workload(Workload::Kafka)),
        ("lin-kv", Check::Workload(Workload::LinKv)),
        ("linearizable-set", Check::LinearizableSet),
        ("list-append", Check::Workload(Workload::TxnListAppend)),
        ("long-fork", Check::LongFork),
        ("multi-register", Check::MultiRegister),
        ("mutex", Check::Mutex),
        ("pn-counter", Check::Workload(Workload::PnCounter)),
        ("register", Check::Register),
        ("rw-register", Check::Workload(Workload::TxnRwRegister)),
        ("sequential", Check::Sequential),
        ("set", Check::Set),
        ("set-full", Check::SetFull),
        ("txn-list-append", Check::Workload(Workload::TxnListAppend)),
        ("txn-rw-register", Check::Workload(Workload::TxnRwRegister)),
        ("unique-ids", Check::Workload(Workload::UniqueIds)),
        ("unordered-queue", Check::UnorderedQueue),
    ];

    /// What a name stands for.
    pub fn named(name: &str) -> Option<Check> {
        Check::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, check)| check)
    }

    /// Its name in words.
    pub fn name(self) -> &'static str {
        match self {
            Check::Workload(workload) => workload.name(),
            Check::Register => "register",
            _ => Check::NAMES.into_iter().find(|(_, check)| *check == self).map_or("", |(name, _)| name),
        }
    }

    /// Whether consistency models decide.
    pub fn is_transactional(self) -> bool {
        matches!(self, Check::Workload(Workload::TxnListAppend | Workload::TxnRwRegister))
    }

    /// Whether answers without what was asked can be judged.
    pub(crate) fn takes_answers_alone(self) -> bool {
        self.is_transactional() || self == Check::LongFork
    }

    /// The operations that there are.
    fn operations(self) -> &'static [&'static str] {
        match self {
            Check::Workload(Workload::Broadcast) => &["broadcast", "read"],
            Check::Workload(Workload::Echo) => &["echo"],
            Check::Workload(Workload::GCounter | Workload::PnCounter) | Check::Counter => &["add", "read"],
            Check::Workload(Workload::GSet) | Check::Set | Check::SetFull => &["add", "read"],
            Check::Workload(Workload::Kafka) => {
                &["assign", "crash", "debug-topic-partitions", "poll", "send", "subscribe"]
            }
            Check::Workload(Workload::LinKv) | Check::Register => &["read", "write", "cas"],
            Check::Workload(Workload::TxnListAppend | Workload::TxnRwRegister) => &["txn", ""],
            Check::Workload(Workload::UniqueIds) => &["generate"],
            Check::Bank => &["read", "transfer"],
            Check::LongFork => &["read", "write", "txn", ""],
            Check::Mutex => &["acquire", "release"],
            Check::Comments | Check::Sequential => &["read", "write"],
            Check::FifoQueue | Check::UnorderedQueue => &["dequeue", "enqueue"],
            Check::LinearizableSet => &["add", "read"],
            Check::MultiRegister => &["txn"],
        }
    }

    /// What is amiss with an operation, if anything is.
    pub(crate) fn objection(self, op: &Op) -> Option<String> {
        if !self.operations().contains(&op.f) {
            let known: Vec<&str> = self.operations().iter().copied().filter(|f| !f.is_empty()).collect();
            let what = if op.f.is_empty() { "no :f".to_owned() } else { format!(":f :{}", op.f) };
            return Some(format!(
                "{what} is an operation of {}, which has {}",
                self.name(),
                known.join(", ")
            ));
        }
        let ok = op.kind == Kind::Ok;
        match self {
            Check::Workload(Workload::TxnRwRegister) => steps(op, "w", false),
            Check::Workload(Workload::TxnListAppend) => steps(op, "append", true),
            Check::LongFork => steps(op, "w", false),
            Check::Workload(Workload::LinKv) => keyed(op),
            Check::Register => compared(op),
            Check::Workload(Workload::Kafka) => log(op),
            Check::Workload(Workload::Broadcast | Workload::GSet)
            | Check::Set
            | Check::SetFull
            | Check::LinearizableSet
            | Check::Comments => {
                let is_list = !matches!(op.value, Value::Map(_)) && op.value.items().is_some();
                (ok && op.f == "read" && !is_list)
                    .then(|| format!("{} is not a list of what was read", op.value))
            }
            Check::Workload(Workload::GCounter | Workload::PnCounter) | Check::Counter => {
                let is_sum = op.value.as_integer().is_some();
                (op.f == "add" && op.kind == Kind::Invoke && !is_sum)
                    .then(|| format!("{} is not an integer of at most 64 bits to add", op.value))
            }
            Check::Bank => {
                let is_map = matches!(op.value, Value::Map(_));
                (ok && op.f == "read" && !is_map).then(|| format!("{} is not a map of accounts", op.value))
            }
            Check::Sequential => (ok && op.f == "read" && reversed_keys(op).is_none())
                .then(|| format!("{} is not a key and what its parts held, the last first", op.value)),
            Check::MultiRegister => registers(op),
            Check::Workload(Workload::Echo | Workload::UniqueIds) | Check::Mutex => None,
            Check::FifoQueue | Check::UnorderedQueue => None,
        }
    }
}

/// A transaction is a list of steps of three parts.
fn steps(op: &Op, write: &str, lists: bool) -> Option<String> {
    let Some(steps) = op.value.elements() else {
        return Some(format!("{} is not a list of steps", op.value));
    };
    steps.iter().find_map(|step| {
        let Some([name, _, value]) = step.elements() else {
            return Some(format!("the step {step} has not three parts, as in [:{write} key value]"));
        };
        let is_read = name.as_name() == Some("r");
        if !is_read && name.as_name() != Some(write) {
            return Some(format!("the step {step} does what is unknown: it can be :r or :{write}"));
        }
        let is_list = matches!(value, Value::Nil | Value::List(_) | Value::Vector(_));
        (is_read && lists && op.kind == Kind::Ok && !is_list)
            .then(|| format!("the step {step} does not read a list"))
    })
}

/// What a read of keys that are written in order found, the last key first.
pub(crate) fn reversed_keys(op: &Op) -> Option<&[Value]> {
    let [_, parts] = op.value.elements()? else { return None };
    parts.elements()
}

/// A transaction on registers that happens at one moment.
fn registers(op: &Op) -> Option<String> {
    let Some(steps) = op.value.elements() else {
        return Some(format!("{} is not a list of steps", op.value));
    };
    let is_step = |step: &&Value| match step.elements() {
        Some([name, _, _]) => matches!(name.as_name(), Some("r" | "read" | "w" | "write")),
        _ => false,
    };
    let wrong = steps.iter().find(|step| !is_step(step))?;
    Some(format!("the step {wrong} is neither [:read key value] nor [:write key value]"))
}

/// Each operation is about a key.
fn keyed(op: &Op) -> Option<String> {
    let Some([_, argument]) = op.value.elements() else {
        return Some(format!("{} is not a key and a value", op.value));
    };
    let is_pair = argument.elements().is_some_and(|pair| pair.len() == 2);
    (op.f == "cas" && !is_pair).then(|| format!("{argument} is not the old and the new value"))
}

/// A comparison has an old and a new value, perhaps with a key.
fn compared(op: &Op) -> Option<String> {
    let is_pair = op.value.elements().is_some_and(|pair| pair.len() == 2);
    (op.f == "cas" && op.kind == Kind::Invoke && !is_pair)
        .then(|| format!("{} is not the old and the new value", op.value))
}

/// Sends and polls are lists of steps; offsets are integers of at most 64 bits.
fn log(op: &Op) -> Option<String> {
    if op.f != "send" && op.f != "poll" {
        return None;
    }
    let Some(steps) = op.value.elements() else {
        return Some(format!("{} is not a list of steps", op.value));
    };
    steps.iter().find_map(|step| match step.elements() {
        Some([name, _, value]) if name.as_name() == Some("send") => match value {
            Value::Vector(pair) | Value::List(pair) if op.kind == Kind::Ok => match &pair[..] {
                [offset, _] => not_an_offset(offset),
                _ => Some(format!("{value} is not an offset and a message")),
            },
            _ => None,
        },
        Some([name]) if name.as_name() == Some("poll") => None,
        Some([name, Value::Map(logs)]) if name.as_name() == Some("poll") => logs.iter().find_map(polled),
        Some([name, Value::Nil]) if name.as_name() == Some("poll") => None,
        _ => Some(format!(
            "the step {step} is neither [:send key message] nor [:poll {{key [[offset message] …]}}]"
        )),
    })
}

fn polled((_, messages): &(Value, Value)) -> Option<String> {
    let Some(messages) = messages.elements() else {
        return Some(format!("{messages} is not a list of messages"));
    };
    messages.iter().find_map(|pair| match pair.elements() {
        Some([offset, _]) => not_an_offset(offset),
        _ => Some(format!("{pair} is not an offset and a message")),
    })
}

fn not_an_offset(offset: &Value) -> Option<String> {
    offset.as_integer().is_none().then(|| format!("the offset {offset} is not an integer of at most 64 bits"))
}
