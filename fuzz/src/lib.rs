//! What the fuzz targets do with their input. A target is one line: it gives its input to a function of this crate.
//!
//! | target | input | function |
//! | --- | --- | --- |
//! | `decode` | one line | [`decode::decode`] |
//! | `node_…` | a life: lines, and `+350` where 350 ms pass | [`life::live`] |
//!
//! `cargo +nightly fuzz run <target> -- -dict=fuzz/dictionary` looks for new input. The modules here need no fuzzer, so the
//! tests of the main workspace include them by path and replay the whole corpus (`machines/tests/corpus.rs`): an input that
//! broke something goes to `corpus/<target>` under a name that says what it broke. A machine gets a target by one file like
//! `fuzz_targets/node_echo.rs`, its entry in `Cargo.toml` and one test there.

pub mod decode;
pub mod life;
