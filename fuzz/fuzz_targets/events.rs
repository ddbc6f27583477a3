//! Feeds the body `events` from libFuzzer: `cargo fuzz run events --features libfuzzer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| clarifai_fuzz::events(data));
