//! The fuzz targets: rules for any response, any sequence of events, and any text in a URL.
//!
//! `fuzz_targets` runs them with inputs from libFuzzer, `tests/bodies.rs` with random mutations of seeds.

mod decode;
mod events;
mod target;

pub use decode::decode;
pub use events::events;
pub use target::target;

use clarifai_core::Error;

/// The maximum length of an error message, in bytes.
const MAX_MESSAGE: usize = 2048;

/// Checks what every error must fulfil.
fn check_error(error: &Error, secret: &str) {
    let shown = error.to_string();
    assert!(shown.len() < MAX_MESSAGE, "{} bytes: {shown}", shown.len());
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
    assert!(!shown.contains(secret), "the error contains the secret: {shown}");
    assert!(!format!("{error:?}").contains(secret), "the error contains the secret: {error:?}");
    let _ = (error.advice(), error.is_retryable(), error.is_auth(), error.is_not_found(), error.request_id());
}
