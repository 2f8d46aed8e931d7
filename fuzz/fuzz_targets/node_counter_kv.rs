//! The whole life of a counter-kv node.
#![no_main]

libfuzzer_sys::fuzz_target!(|life: &[u8]| fuzz::life::live::<machines::CounterKv>(life));
