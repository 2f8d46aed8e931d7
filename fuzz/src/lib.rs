//! What the fuzz targets do with their input. A target is one line: it gives its input to a function of this crate.
//!
//! | target | input | function |
//! | --- | --- | --- |
//! | `decode` | one line | [`decode::decode`] |
//! | `node_…` | a life: lines, and `+350` where 350 ms pass | [`life::live`] |
//!
//! `cargo +nightly fuzz run <target>` looks for new input; what it finds goes to `corpus/<target>`. The modules here need no
//! fuzzer, so the tests of the main workspace include them by path and replay the whole corpus (`machines/tests/corpus.rs`).

pub mod decode;
pub mod life;
