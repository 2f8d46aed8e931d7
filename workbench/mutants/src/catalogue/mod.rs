//! The bugs: mistakes that somebody might make, each in one place.

mod consensus;
mod data_types;
mod engine;

use std::sync::LazyLock;

/// A bug.
#[derive(Clone, Copy, Debug)]
pub struct Bug {
    /// The machine that it is looked for in; others may have it too.
    pub machine: &'static str,
    /// What is wrong.
    pub name: &'static str,
    /// The file of `machines` that it is in.
    pub file: &'static str,
    /// What is right. It stands there once.
    pub code: &'static str,
    /// What the bug makes of it.
    pub instead: &'static str,
}

/// All of them.
pub static BUGS: LazyLock<Vec<Bug>> =
    LazyLock::new(|| [data_types::BUGS, engine::BUGS, consensus::BUGS].concat());
