//! The workbench as a command: what it prints, what it leaves behind, and the status it ends with.

mod analyze;
mod begin;
mod beginners;
mod bench;
mod challenge;
mod check;
mod command_line;
mod demo;
mod flags;
mod kills;
mod misbehaving_nodes;
mod simulation;
mod strangers;
mod zoo;
