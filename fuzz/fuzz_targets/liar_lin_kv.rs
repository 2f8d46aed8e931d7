//! Two members of a consensus, and a third that lies to them.
#![no_main]

libfuzzer_sys::fuzz_target!(|life: &[u8]| fuzz::usurper::usurp(life));
