//! What travels: the messages of Maelstrom's wire protocol, as bytes and as types.
//!
//! There is no IO here, no clock and no network. A line of bytes becomes a [`Message`] that borrows from it; a
//! *vocabulary* (one enum a workload, written as a table with [`messages!`]) picks its fields from the message's
//! [`Body`]; the same table writes it back.
//!
//! ```
//! use protocol::{Decode, Message, broadcast};
//!
//! let line = br#"{"id":7,"src":"c1","dest":"n1","body":{"type":"broadcast","message":[1,"x"],"msg_id":3}}"#;
//! let message = Message::decode(line).expect("a message");
//! assert_eq!((&*message.src, message.body.msg_id), ("c1", Some(3)));
//! let broadcast::Request::Broadcast { message } = broadcast::Request::decode(&message.body)? else { panic!() };
//! assert_eq!(message.as_str(), r#"[1,"x"]"#);
//! # Ok::<(), protocol::Unfit>(())
//! ```
//!
//! Decoding is one pass over the line and allocates nothing for ordinary messages: names and payloads are slices of it.
//! What a message may carry beyond its vocabulary (the network's own `id`, unknown keys, any order of keys) is skipped,
//! and a payload that may be any JSON is kept as the sender wrote it, byte for byte. Only how deep it is nested is limited
//! ([`Body::within`]), so that whoever is sent it can read it.
//!
//! Who uses it: [`machines`](../machines/index.html), what nodes do; [`driver`](../driver/index.html), where bytes meet the
//! world; [`workbench`](../workbench/index.html), which judges.
//!
//! Source: Maelstrom, `doc/protocol.md` and `doc/workloads.md`.
#![no_std]

extern crate alloc;

mod cursor;
mod envelope;
mod error;
mod find;
mod json;
mod length;
mod shapes;
mod vocabulary;

pub mod broadcast;
pub mod consensus;
pub mod counter;
pub mod echo;
pub mod gossip;
pub mod init;
pub mod journal;
pub mod kv;
pub mod log;
pub mod set;
pub mod tso;
pub mod txn;
pub mod unique_ids;

pub use cursor::Cursor;
pub use envelope::{Body, Broken, MAX_DEPTH, MAX_REQUEST_DEPTH, Message, MessageId, Problem, Unfit};
pub use error::{Code, ErrorBody};
pub use json::Json;
pub use shapes::{Entries, FromJson, List, Text, ToJson};
pub use vocabulary::{Decode, Encode, Nothing, write_message};

#[doc(hidden)]
pub use alloc::vec::Vec as MacroVec;
