//! Messages that nearly make sense.
#![no_main]

libfuzzer_sys::fuzz_target!(|recipe: &[u8]| fuzz::structured::structured(recipe));
