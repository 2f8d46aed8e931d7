//! What the two counters promise, shown on the real machines in virtual time: every line goes through the codec and the
//! network that ship.
//!
//! | promise | where |
//! | --- | --- |
//! | `Counter` is exact at the end, whatever the network does, and answers at once | `replicated` |
//! | it costs little | `replicated` |

mod replicated;
mod world;
