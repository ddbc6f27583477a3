//! Runs the fuzz target `decode` with libFuzzer: `fuzz/run.sh decode`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| clarifai_fuzz::decode(data));
