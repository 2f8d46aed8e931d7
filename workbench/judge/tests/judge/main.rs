//! The checkers on histories that are long, and on those that Maelstrom itself wrote.

mod hard_registers;
mod large_histories;
mod recorded;
