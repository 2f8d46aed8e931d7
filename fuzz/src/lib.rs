//! What the fuzz targets do with their input. A target is one line: it gives its input to a function of this crate.
//!
//! | target | input | function |
//! | --- | --- | --- |
//! | `decode` | one line | [`decode::decode`] |
//! | `structured` | a recipe for one: a type, and what is changed about a sound message of it | [`structured::structured`] |
//! | `node_…` | a life: lines, and `+350` where 350 ms pass | [`life::live`] |
//! | `liar_…` | a life of two nodes beside a third, which lies | [`liar::lie`], of consensus [`usurper::usurp`] |
//! | `memory` | a journal: its file, or its records, one a line | [`memory::recover`] |
//! | `judge` | a workload, and what nodes under test say | [`judge::judge`] |
//! | `history` | a workload, and a stored history | [`stored::history`] |
//! | `foreign` | the name of a check, and a history that anybody may have made | [`stored::foreign`] |
//! | `journal` | a workload, and a stored journal of messages | [`stored::journal`] |
//! | `test_file` | what was asked of a stored run | [`stored::test_file`] |
//! | `edn` | a stored value, as EDN or JSON | [`stored::edn`] |
//! | `command_line` | the workbench's arguments, one a line | [`command_line::command_line`] |
//!
//! `just fuzz <target>` looks for new input. The modules here need no fuzzer, so the tests of the main workspace include them
//! by path and replay the whole corpus (`machines/tests/nodes/corpus.rs`, `workbench/cli/tests/workbench/corpus.rs`): an
//! input that broke something goes to `corpus/<target>` under a name that says what it broke. A machine gets a target by one file like
//! `fuzz_targets/node_echo.rs`, its entry in `Cargo.toml` and one test there.

pub mod command_line;
pub mod decode;
pub mod judge;
pub mod liar;
pub mod life;
pub mod memory;
pub mod replay;
pub mod stored;
pub mod structured;
pub mod usurper;
