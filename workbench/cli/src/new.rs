//! `workbench new`: a node to begin with.

use super::arguments;
use super::verdict::Exit;
use super::{refuse, say};
use clap::Parser;
use std::ffi::OsString;

/// `workbench new`: write a small node that runs as it is.
#[derive(Clone, Debug, Parser)]
pub(super) struct NewArguments {
    /// Workload
    workload: String,
}

/// Carries out the command.
pub(super) fn command(words: &[OsString]) -> Exit {
    match arguments::parse("new", words) {
        Ok(NewArguments { workload }) => {
            say(&workload);
            Exit::Valid
        }
        Err(reason) => refuse(reason),
    }
}
