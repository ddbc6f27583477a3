//! Policies: when a call is repeated, how long to wait before that, how many requests are sent per second, and how
//! often a wait polls.

pub(crate) mod backoff;
mod options;
mod rate_limiter;
pub(crate) mod retry;
mod schedule;

pub use options::CallOptions;
pub use rate_limiter::RateLimiter;
pub use retry::RetryPolicy;
pub use schedule::Schedule;
