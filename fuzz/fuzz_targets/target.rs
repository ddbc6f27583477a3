//! Feeds the body `target` from libFuzzer: `cargo fuzz run target --features libfuzzer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| clarifai_fuzz::target(data));
