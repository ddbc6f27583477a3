//! Bodies of the fuzz targets: what must hold for any answer, any course of events, and any text in an address.
//!
//! `fuzz_targets` feeds them from libFuzzer, `tests/bodies.rs` from a seeded mutator on the stable compiler.

mod decode;
mod events;
mod target;

pub use decode::decode;
pub use events::events;
pub use target::target;

use clarifai_core::Error;

/// The most an error may say, in bytes.
const MAX_MESSAGE: usize = 2048;

/// What any error must be, whatever it is about.
fn check_error(error: &Error, secret: &str) {
    let shown = error.to_string();
    assert!(shown.len() < MAX_MESSAGE, "{} bytes: {shown}", shown.len());
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
    assert!(!shown.contains(secret), "the secret shows in {shown}");
    assert!(!format!("{error:?}").contains(secret), "the secret shows in {error:?}");
    let _ = (error.advice(), error.is_retryable(), error.is_auth(), error.is_not_found(), error.request_id());
}
