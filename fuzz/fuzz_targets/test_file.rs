//! What the workbench may have stored of what was asked of a run.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| fuzz::stored::test_file(text));
