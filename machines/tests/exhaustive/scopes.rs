//! How much of what is searched.

use crate::bags::{BroadcastSubject, CounterSubject};
use crate::counter_kv::CounterKvSubject;
use crate::durable::Durable;
use crate::log::LogSubject;
use crate::search::{Outcome, search};
use crate::txn::TxnSubject;
use crate::world::Budget;

/// A search. It stops growing at so many states.
pub(crate) struct Scope {
    /// The machine, and how much of everything there is.
    pub(crate) name: &'static str,
    pub(crate) search: fn(usize) -> Outcome,
}

/// Searches of a second or less, even in an unoptimised build.
pub(crate) const SMALL: &[Scope] = &[
    Scope {
        name: "broadcast, 2 nodes, 2 values, a loss",
        search: |most| search(&broadcast(STAR, &[&[B0], &[B1]]), LOSS.wakes(2), most),
    },
    Scope {
        name: "broadcast, 2 nodes, a value, a restart",
        search: |most| search(&broadcast(STAR, &[&[], &[B0]]), RESTART.wakes(2), most),
    },
    Scope {
        name: "broadcast, 3 nodes in a chain, 2 values",
        search: |most| search(&broadcast(CHAIN, &[&[], &[B0], &[B1]]), NONE.wakes(2), most),
    },
    Scope {
        name: "counter, 2 nodes, 3 adds, a loss",
        search: |most| search(&counter(STAR, &[&[A0], &[A1, A2]]), LOSS.wakes(2), most),
    },
    Scope {
        name: "log, 2 nodes, 2 sends, a loss",
        search: |most| search(&log(STAR, &[&[S0], &[S1]]), LOSS.wakes(2), most),
    },
    Scope {
        name: "log, 2 nodes, 3 sends",
        search: |most| search(&log(STAR, &[&[S0, S2], &[S1]]), NONE.wakes(1), most),
    },
    Scope {
        name: "txn, 2 nodes, 2 transactions, a repetition",
        search: |most| search(&txn(STAR, &[&[T1], &[T2]]), REPEAT.wakes(1), most),
    },
    Scope {
        name: "broadcast with a journal, 2 nodes, 2 values, a loss, a restart",
        search: |most| search(&Durable(broadcast(STAR, &[&[B0], &[B1]])), LOSS.and(RESTART).wakes(1), most),
    },
    Scope {
        name: "counter with a journal, 2 nodes, 2 adds, a restart",
        search: |most| search(&Durable(counter(STAR, &[&[A0], &[A1]])), RESTART.wakes(1), most),
    },
    Scope {
        name: "log with a journal, 2 nodes, 2 sends, a restart",
        search: |most| search(&Durable(log(STAR, &[&[S0], &[S1]])), RESTART.wakes(1), most),
    },
    Scope {
        name: "txn with a journal, 2 nodes, 2 transactions, a restart",
        search: |most| search(&Durable(txn(STAR, &[&[T1], &[T2]])), RESTART.wakes(1), most),
    },
    Scope {
        name: "counter-kv, 2 nodes, an add and a read, a loss",
        search: |most| search(&counter_kv(&[&[A0], &[READ]]), LOSS.wakes(2), most),
    },
];

/// Searches of up to a minute in an optimised one.
pub(crate) const LARGE: &[Scope] = &[
    Scope {
        name: "broadcast, 2 nodes, 2 values, 2 losses",
        search: |most| search(&broadcast(STAR, &[&[B0], &[B1]]), LOSS.and(LOSS).wakes(3), most),
    },
    Scope {
        name: "broadcast, 2 nodes, 3 values, a loss, a repetition",
        search: |most| search(&broadcast(STAR, &[&[B0], &[B1, B2]]), LOSS.and(REPEAT).wakes(3), most),
    },
    Scope {
        name: "broadcast, 2 nodes, 2 values, a restart",
        search: |most| search(&broadcast(STAR, &[&[B0], &[B1]]), RESTART.wakes(3), most),
    },
    Scope {
        name: "broadcast, 3 nodes, 2 values, a loss",
        search: |most| search(&broadcast(STAR, &[&[], &[B0], &[B1]]), LOSS.wakes(3), most),
    },
    Scope {
        name: "broadcast, 3 nodes in a chain, 2 values, a loss",
        search: |most| search(&broadcast(CHAIN, &[&[B0], &[], &[B1]]), LOSS.wakes(3), most),
    },
    Scope {
        name: "counter, 3 nodes, 3 adds, a repetition",
        search: |most| search(&counter(STAR, &[&[A0], &[A1], &[A2]]), REPEAT.wakes(2), most),
    },
    Scope {
        name: "counter, 2 nodes, 2 adds, a restart",
        search: |most| search(&counter(STAR, &[&[A0], &[A1]]), RESTART.wakes(3), most),
    },
    Scope {
        name: "log, 2 nodes, 2 sends, a loss",
        search: |most| search(&log(STAR, &[&[S0], &[S1]]), LOSS.wakes(3), most),
    },
    Scope {
        name: "log, 2 nodes, 3 sends, a repetition",
        search: |most| search(&log(STAR, &[&[S0, S2], &[S1]]), REPEAT.wakes(2), most),
    },
    Scope {
        name: "log, 3 nodes in a chain, 2 sends",
        search: |most| search(&log(CHAIN, &[&[S0], &[], &[S1]]), NONE.wakes(3), most),
    },
    Scope {
        name: "txn, 2 nodes, 2 transactions, a loss",
        search: |most| search(&txn(STAR, &[&[T1], &[T2]]), LOSS.wakes(3), most),
    },
    Scope {
        name: "txn, 2 nodes, 3 transactions, a repetition",
        search: |most| search(&txn(STAR, &[&[T1], &[T2, T3]]), REPEAT.wakes(2), most),
    },
    Scope {
        name: "txn, 3 nodes, 3 transactions",
        search: |most| search(&txn(STAR, &[&[T1], &[T2], &[T3]]), NONE.wakes(2), most),
    },
    Scope {
        name: "broadcast with a journal, 2 nodes, 2 values, a loss, 2 restarts",
        search: |most| {
            search(&Durable(broadcast(STAR, &[&[B0], &[B1]])), LOSS.and(RESTART).and(RESTART).wakes(2), most)
        },
    },
    Scope {
        name: "broadcast with a journal, 3 nodes in a chain, 2 values, a restart",
        search: |most| search(&Durable(broadcast(CHAIN, &[&[B0], &[], &[B1]])), RESTART.wakes(2), most),
    },
    Scope {
        name: "counter with a journal, 2 nodes, 3 adds, a loss, a restart",
        search: |most| search(&Durable(counter(STAR, &[&[A0], &[A1, A2]])), LOSS.and(RESTART).wakes(2), most),
    },
    Scope {
        name: "log with a journal, 2 nodes, 2 sends, a loss, a restart",
        search: |most| search(&Durable(log(STAR, &[&[S0], &[S1]])), LOSS.and(RESTART).wakes(2), most),
    },
    Scope {
        name: "log with a journal, 3 nodes in a chain, 2 sends, a restart",
        search: |most| search(&Durable(log(CHAIN, &[&[S0], &[], &[S1]])), RESTART.wakes(2), most),
    },
    Scope {
        name: "txn with a journal, 2 nodes, 2 transactions, a loss, a restart",
        search: |most| search(&Durable(txn(STAR, &[&[T1], &[T2]])), LOSS.and(RESTART).wakes(2), most),
    },
    Scope {
        name: "counter-kv, 2 nodes, 2 adds and a read, a loss",
        search: |most| search(&counter_kv(&[&[A0, A1], &[READ]]), LOSS.wakes(3), most),
    },
    Scope {
        name: "counter-kv, 2 nodes, an add and a read, a repetition",
        search: |most| search(&counter_kv(&[&[A0], &[READ]]), REPEAT.wakes(3), most),
    },
    Scope {
        name: "counter-kv, 2 nodes, 2 adds, a restart",
        search: |most| search(&counter_kv(&[&[A0, A1], &[]]), RESTART.wakes(3), most),
    },
];

const B0: &str = r#"{"type":"broadcast","message":0}"#;
const B1: &str = r#"{"type":"broadcast","message":1}"#;
const B2: &str = r#"{"type":"broadcast","message":2}"#;
const A0: &str = r#"{"type":"add","delta":1}"#;
const A1: &str = r#"{"type":"add","delta":10}"#;
const A2: &str = r#"{"type":"add","delta":100}"#;
const READ: &str = r#"{"type":"read"}"#;
const S0: &str = r#"{"type":"send","key":"k","msg":0}"#;
const S1: &str = r#"{"type":"send","key":"k","msg":1}"#;
const S2: &str = r#"{"type":"send","key":"k","msg":2}"#;
const T1: &str = r#"{"type":"txn","txn":[["r","x",null],["w","x",1],["w","y",1]]}"#;
const T2: &str = r#"{"type":"txn","txn":[["r","x",null],["w","x",2],["w","y",2]]}"#;
const T3: &str = r#"{"type":"txn","txn":[["r","x",null],["w","x",3],["w","y",3]]}"#;

type Script = &'static [&'static [&'static str]];

/// Most children of a node.
const STAR: usize = 24;
const CHAIN: usize = 1;

/// What goes wrong, before deadlines pass.
const NONE: Budget = Budget { losses: 0, repeats: 0, restarts: 0, wakes: 0 };
const LOSS: Budget = Budget { losses: 1, ..NONE };
const REPEAT: Budget = Budget { repeats: 1, ..NONE };
const RESTART: Budget = Budget { restarts: 1, ..NONE };

impl Budget {
    fn and(self, other: Budget) -> Budget {
        Budget {
            losses: self.losses + other.losses,
            repeats: self.repeats + other.repeats,
            restarts: self.restarts + other.restarts,
            wakes: self.wakes + other.wakes,
        }
    }

    fn wakes(self, wakes: u8) -> Budget {
        Budget { wakes, ..self }
    }
}

fn broadcast(fan_out: usize, script: Script) -> BroadcastSubject {
    BroadcastSubject { fan_out, script }
}

fn counter(fan_out: usize, script: Script) -> CounterSubject {
    CounterSubject { fan_out, script }
}

fn log(fan_out: usize, script: Script) -> LogSubject {
    LogSubject { fan_out, script }
}

fn txn(fan_out: usize, script: Script) -> TxnSubject {
    TxnSubject { fan_out, script }
}

fn counter_kv(script: Script) -> CounterKvSubject {
    CounterKvSubject { script }
}
