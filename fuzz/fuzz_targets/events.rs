//! Runs the fuzz target `events` with libFuzzer: `fuzz/run.sh events`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| clarifai_fuzz::events(data));
