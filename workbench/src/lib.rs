//! (being built)
pub mod check;
pub mod cli;
pub mod edn;
pub mod frontier;
pub mod generator;
pub mod history;
pub mod nemesis;
pub mod network;
pub mod options;
pub mod run;
pub mod scaling;
pub mod service;
pub mod store;
#[cfg(test)]
mod testing;
pub mod thresholds;
pub mod workload;
pub mod world;
