//! Feeds the body `decode` from libFuzzer: `cargo fuzz run decode --features libfuzzer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| clarifai_fuzz::decode(data));
