//! What somebody types.
#![no_main]

libfuzzer_sys::fuzz_target!(|words: &[u8]| fuzz::command_line::command_line(words));
