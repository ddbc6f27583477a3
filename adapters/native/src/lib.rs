//! The clock, threads, random seed and environment of the operating system, for the adapters of `clarifai-core`: with
//! the [proxies](proxy) and root certificates that the environment names.
//!
//! The core is handed all four, so that it stays pure. Adapters take them from here, so that all clients of a program
//! agree on the time: those that share a configuration share an access token and a rate limiter, too.
//!
//! ```
//! let begin = clarifai_native::now();
//! clarifai_native::wait_until(begin.instant + std::time::Duration::from_millis(5));
//! assert!(clarifai_native::now().instant.since(begin.instant).as_millis() >= 5);
//! ```

#![forbid(unsafe_code)]

pub mod proxy;
#[cfg(feature = "rustls")]
pub mod roots;

use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clarifai_core::time::{Instant, Now};

/// The start of the monotonic clock. It counts from 1970, so that its numbers mean the same in every adapter.
static START: LazyLock<(std::time::Instant, Duration)> =
    LazyLock::new(|| (std::time::Instant::now(), duration_since_epoch()));

/// Returns the time since 1970-01-01 UTC, or zero where the system's clock is set to an earlier time.
fn duration_since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Reads both clocks.
pub fn now() -> Now {
    Now::new(instant(), duration_since_epoch())
}

/// Reads the monotonic clock.
pub fn instant() -> Instant {
    // The start is read first: a clock that is read for the first time must not be younger than its start.
    let (start, epoch) = *START;
    Instant::new(epoch + start.elapsed())
}

/// Returns the time from now to `time`, or zero where it has passed.
pub fn time_until(time: Instant) -> Duration {
    time.since(instant())
}

/// Blocks the calling thread until `time`.
pub fn wait_until(time: Instant) {
    thread::sleep(time_until(time));
}

/// Returns a random number, which is never 0.
pub fn seed() -> u64 {
    fastrand::u64(1..)
}

/// Returns an environment variable, or `None` where it is not set or not valid Unicode.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Runs `work` on up to `count` threads at the same time, the calling one among them, and returns when all have ended.
/// Where the system provides fewer threads, those that exist do the work.
pub fn concurrently(count: usize, work: &(dyn Fn() + Sync)) {
    thread::scope(|scope| {
        let start = |_: &usize| thread::Builder::new().spawn_scoped(scope, work).is_ok();
        (1..count).take_while(start).for_each(drop);
        work();
    });
}
