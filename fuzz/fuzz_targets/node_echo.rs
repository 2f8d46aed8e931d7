//! The whole life of an echo node.
#![no_main]

libfuzzer_sys::fuzz_target!(|life: &[u8]| fuzz::life::live::<machines::Echo>(life));
