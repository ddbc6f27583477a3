//! When a call is repeated, and how long to wait before.

pub(crate) mod backoff;
pub(crate) mod retry;

pub use retry::RetryPolicy;
