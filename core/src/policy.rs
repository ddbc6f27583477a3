//! When a call is repeated, how long to wait before, how many are made in a second, and how often a wait looks.

pub(crate) mod backoff;
mod pace;
pub(crate) mod retry;
mod schedule;

pub use pace::Pacer;
pub use retry::RetryPolicy;
pub use schedule::Schedule;
