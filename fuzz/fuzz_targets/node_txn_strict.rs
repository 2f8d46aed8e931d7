//! The whole life of a consensus node.
#![no_main]

libfuzzer_sys::fuzz_target!(|life: &[u8]| fuzz::life::live::<machines::TxnStrict>(life));
