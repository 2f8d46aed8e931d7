//! `txn-rw-register` and `txn-list-append` (Maelstrom `doc/workloads.md`).

use alloc::vec::Vec;

use crate::cursor::Cursor;
use crate::json::Json;
use crate::shapes::{FromJson, List, Text, ToJson};
use crate::vocabulary::messages;

messages! {
    /// What clients ask.
    pub enum Request<'a> {
        /// Do these, as one.
        "txn" => Txn {
            /// In this order.
            txn: List<Operation<'a>>,
        },
    }
}

messages! {
    /// What they are told.
    pub enum Reply<'a> {
        /// Done.
        "txn_ok" => TxnOk {
            /// The request's operations, reads with what they found.
            txn: List<Operation<'a>>,
        },
    }
}

/// One operation of a transaction: `["r", key, value]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<'a> {
    /// What to do.
    pub action: Action,
    /// With which register or list.
    pub key: Json<'a>,
    /// What to write or append; for a read `null` when asked, what was found when answered.
    pub value: Json<'a>,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// `"r"`: read a register or a list.
    Read,
    /// `"w"`: write a register (`txn-rw-register`).
    Write,
    /// `"append"`: append to a list (`txn-list-append`).
    Append,
}

impl Action {
    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Action::Read => "r",
            Action::Write => "w",
            Action::Append => "append",
        }
    }

    fn from_word(word: &str) -> Option<Action> {
        [Action::Read, Action::Write, Action::Append].into_iter().find(|action| action.word() == word)
    }
}

impl<'a> FromJson<'a> for Operation<'a> {
    fn from_json(json: Json<'a>) -> Option<Self> {
        Self::read(&mut Cursor::new(json))
    }

    fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let (word, key, value) = <(Text<'a>, Json<'a>, Json<'a>)>::read(cursor)?;
        Some(Operation { action: Action::from_word(&word)?, key, value })
    }
}

impl ToJson for Operation<'_> {
    fn to_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"[\"");
        out.extend_from_slice(self.action.word().as_bytes());
        out.extend_from_slice(b"\",");
        self.key.to_json(out);
        out.push(b',');
        self.value.to_json(out);
        out.push(b']');
    }
}
