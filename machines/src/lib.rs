//! What nodes do: one pure state machine for each challenge, all on the same wrapper and the same replication engine.
//!
//! There is no IO here, no clock, no randomness and no environment: the crate is `no_std`, so it cannot even name them.
//! A machine is handed one [`Input`] at a time and answers with messages; the time is a number inside the input, the
//! seed an argument of the constructor. The same inputs give the same bytes, always.
//!
//! | machine | challenge |
//! | --- | --- |
//! | [`Echo`] | 1: echo |
//! | [`UniqueIds`] | 2: unique ids |
//! | [`Broadcast`], [`GSet`] | 3a–3e: broadcast, on the [`engine`] |
//! | [`Counter`] | 4: counter, on the [`engine`] |
//! | [`CounterKv`] | 4: counter, in the service `seq-kv` |
//! | [`Log`] | 5a–5c: a log by key, on the engine |
//! | [`Txn`] | 6a–6c: transactions over registers, on the engine |
//! | [`LinKv`] | beyond: linearizable registers, on [`consensus`] |
//! | [`TxnStrict`] | beyond: strictly serializable transactions, on consensus |
//!
//! Whoever owns a node drives it through [`Node`], bytes in and bytes out, codec included: the
//! [`driver`](../driver/index.html) over pipes, the [`workbench`](../workbench/index.html) in virtual time, tests, benches
//! and fuzz targets all run the code that ships. What the bytes mean is in [`protocol`].
//!
//! ```
//! use machines::{Echo, Node, Outputs, Time};
//!
//! let mut node = Node::<Echo>::new((), 7);
//! let mut outputs = Outputs::default();
//! let init = br#"{"src":"c0","dest":"n1","body":{"type":"init","node_id":"n1","node_ids":["n1"],"msg_id":1}}"#;
//! node.on_line(Time::ZERO, init, &mut outputs)?;
//! let echo = br#"{"src":"c1","dest":"n1","body":{"type":"echo","echo":[1.0,"x"],"msg_id":9}}"#;
//! node.on_line(Time::from_millis(3), echo, &mut outputs)?;
//! let last = outputs.lines().last().map(core::str::from_utf8);
//! let said = r#"{"src":"n1","dest":"c1","body":{"type":"echo_ok","in_reply_to":9,"echo":[1.0,"x"]}}"#;
//! assert_eq!(last, Some(Ok(said)));
//! # Ok::<(), machines::NotAMessage>(())
//! ```
#![no_std]

extern crate alloc;

mod broadcast;
mod calls;
mod canonical;
mod cluster;
pub mod consensus;
mod counter;
mod counter_kv;
mod echo;
pub mod engine;
mod horizon;
pub mod journal;
mod lin_kv;
mod log;
mod machine;
mod node;
mod outputs;
pub mod service;
mod texts;
mod time;
mod txn;
mod txn_strict;
mod unique_ids;

pub use broadcast::{Broadcast, GSet};
pub use calls::CallError;
pub use cluster::Cluster;
pub use counter::Counter;
pub use counter_kv::CounterKv;
pub use echo::Echo;
pub use journal::{BadRecord, Extent, Records, Refused, Start};
pub use lin_kv::LinKv;
pub use log::Log;
pub use machine::{Context, Input, Machine, Ticket};
pub use node::{Node, NotAMessage};
pub use outputs::Outputs;
pub use time::Time;
pub use txn::Txn;
pub use txn_strict::TxnStrict;
pub use unique_ids::UniqueIds;
