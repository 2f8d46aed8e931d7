//! (being built)
pub mod edn;
pub mod history;
pub mod network;
pub mod options;
pub mod service;
pub mod store;
pub mod world;
