//! A history that anybody may have made.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| fuzz::stored::foreign(text));
