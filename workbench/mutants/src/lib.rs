//! The machines, with bugs in them: who finds those, and how soon, tells what our tests are worth.
//!
//! This crate is a copy of the source of `machines`, made when it is built, in which each bug of the [`BUGS`] can be turned
//! on; `build.rs` says how. The code that ships has no switches.
#![allow(missing_docs, unreachable_pub, clippy::all, reason = "it is looked after where it comes from")]

mod catalogue;

use std::cell::Cell;

pub use catalogue::{BUGS, Bug};

thread_local! {
    static ON: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Turns on the bug of this number on this thread, and no other.
pub fn turn_on(bug: Option<usize>) {
    ON.set(bug);
}

fn is_on(bug: usize) -> bool {
    ON.get() == Some(bug)
}

include!(concat!(env!("OUT_DIR"), "/machines/lib.rs"));
