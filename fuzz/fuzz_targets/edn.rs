//! A text that the workbench may have stored.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| fuzz::stored::edn(text));
