//! Challenges 4 to 6 with the flags that Fly.io publishes (Maelstrom behaviour §15), in virtual time: the machines that
//! ship, judged as a run over real pipes is, seed after seed.
//!
//! | challenge | promise | where |
//! | --- | --- | --- |
//! | 4 | exact in every run, every operation ok, ≤ 0.1 messages an operation, ≤ 0.15 under partitions | `counter` |
//! | 4 | the counter in `seq-kv` is exact in every run although the store shows the past | `counter` |
//! | 5a | valid without a message between nodes | `log` |
//! | 5b, 5c | valid with ≤ 0.03 messages an operation, every send, poll and assignment ok | `log` |
//! | 5c, 5 nodes, 100 ms, partitions | valid with ≤ 0.15, every send and poll ok | `log` |
//! | beyond | registers linearizable, transactions strictly serializable, at a bounded number of messages | `consensus` |
//! | all | what pauses and kills do to it | `kills` |
//! | 6a, 6b, 6c | valid under four models, totally available under partitions, ≤ 0.1 | `txn` |

mod consensus;
mod counter;
mod kills;
mod log;
mod sweep;
mod txn;
