//! Any bytes as a line.
#![no_main]

libfuzzer_sys::fuzz_target!(|line: &[u8]| fuzz::decode::decode(line));
