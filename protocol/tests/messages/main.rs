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

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// The same cases every time: looking for new ones is the fuzzer's work.
fn the_same_each_time() -> ProptestConfig {
    ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() }
}
