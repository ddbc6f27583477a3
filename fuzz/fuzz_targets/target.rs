//! Runs the fuzz target `target` with libFuzzer: `fuzz/run.sh target`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| clarifai_fuzz::target(data));
