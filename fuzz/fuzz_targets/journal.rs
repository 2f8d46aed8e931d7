//! A journal of messages that the workbench may have stored.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::stored::journal(input));
