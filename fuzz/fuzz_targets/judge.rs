//! A test of nodes that say anything.
#![no_main]

libfuzzer_sys::fuzz_target!(|script: &[u8]| fuzz::judge::judge(script));
