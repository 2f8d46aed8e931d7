//! What the replication engine promises (`machines`, module `engine`), shown on the real broadcast machine in virtual
//! time: every line goes through the codec and the network that ship.
//!
//! | promise | where |
//! | --- | --- |
//! | nothing says nothing, each value crosses each link of the tree once | `cost` |
//! | nothing accepted is lost, all replicas agree soon after the last fault | `chaos` |
//! | each component of a partition converges by itself | `components` |
//! | everyone is silent when done | `cost`, `chaos` |
//! | a node that restarts from nothing gets everything back and confuses nobody | `restart` |

mod chaos;
mod components;
mod cost;
mod restart;
mod world;
