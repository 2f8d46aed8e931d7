//! The programs that ship, as somebody with pipes, files, terminals and signals sees them.
#![allow(clippy::unwrap_used, reason = "this is a test, helpers and all")]

mod by_hand;
mod common;
mod durable;
mod hostile;
mod overload;
mod streams;
