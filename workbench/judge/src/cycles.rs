//! Dependency graphs between transactions, and the cycles in them that isolation levels forbid (§11.4).
//!
//! A transaction that wrote what another read must come before it, and so on; operations that wait for one another in a
//! circle cannot have happened in any order. Which circles are tolerable depends on the kinds of their edges, after Adya.
//! The graph code knows neither registers nor lists: `txn-rw-register`, `txn-list-append` and `kafka` all build graphs and
//! search them here.

mod components;
mod graph;
mod path;
mod reach;
mod search;

pub(super) use components::{Components, Successors, components};
pub(super) use graph::{Builder, Kind, Span, grouped};
pub(super) use path::Paths;
pub(super) use search::{Cycle, Extra, Step, search};
