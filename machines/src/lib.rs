//! (being built)
#![no_std]
mod time;
pub use time::Time;
