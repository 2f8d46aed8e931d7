//! Messages: how each is read and written, what real nodes were sent, and what is said of lines that are none.

mod allocations;
mod broken;
mod envelope;
mod gossip;
mod properties;
mod recorded;
mod vocabularies;

#[path = "../../../fuzz/src/decode.rs"]
pub mod decode;
