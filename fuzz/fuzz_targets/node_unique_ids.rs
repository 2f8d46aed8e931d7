//! The whole life of a unique ids node.
#![no_main]

libfuzzer_sys::fuzz_target!(|life: &[u8]| fuzz::life::live::<machines::UniqueIds>(life));
