//! What the two counters promise, shown on the real machines in virtual time: every line goes through the codec and the
//! network that ship.
//!
//! | promise | where |
//! | --- | --- |
//! | `Counter` is exact at the end, whatever the network does, and answers at once | `replicated` |
//! | it costs little | `replicated` |
//! | `CounterKv` is exact although `seq-kv` shows the past and its messages go astray | `kept` |
//! | what it has answered survives its nodes | `kept` |

mod kept;
mod replicated;
pub(crate) mod stale;
mod world;
