//! How many requests are sent per second, and until when the service wants no requests at all.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::time::Instant;

/// A rate limit for all machines that share it: at most `limit` requests in any window of time, and no request before
/// the end of the wait that the service asked for. Of that wait at most two minutes are honored
/// ([`max_server_wait`](super::RetryPolicy::max_server_wait)).
///
/// Cheap to clone; clones share their count. An [`Config`](crate::Config) that [has one](crate::Config::with_rate_limiter) applies it
/// to every request. A request is counted when it is sent and not when it was planned, so an adapter that wakes late
/// does not send a burst.
///
/// ```
/// use std::time::Duration;
///
/// use clarifai_core::time::Instant;
/// use clarifai_core::policy::RateLimiter;
///
/// let limiter = RateLimiter::per_second(2);
/// let at = |millis| Instant::new(Duration::from_millis(millis));
/// assert_eq!(limiter.try_acquire(at(0)), Ok(()));
/// assert_eq!(limiter.try_acquire(at(300)), Ok(()));
/// assert_eq!(limiter.try_acquire(at(400)), Err(at(1_020)), "a second after the first request, and a small margin");
/// assert_eq!(limiter.try_acquire(at(1_020)), Ok(()));
/// ```
#[derive(Clone, Debug)]
pub struct RateLimiter {
    limit: u32,
    window: Duration,
    shared: Arc<Mutex<Sends>>,
}

#[derive(Debug, Default)]
struct Sends {
    /// When the last requests were sent, the oldest first, at most as many as the limit.
    times: VecDeque<Instant>,
    /// The service wants no requests before this moment.
    hold: Instant,
}

impl RateLimiter {
    /// Default limit of the service for each user: 15 requests per second.
    pub const DEFAULT_PER_SECOND: u32 = 15;

    /// Creates a limit of `limit` requests in any second. 0 counts as 1.
    pub fn per_second(limit: u32) -> Self {
        Self::new(limit, Duration::from_secs(1))
    }

    /// Creates a limit of `limit` requests in any period as long as `window`. 0 requests count as 1.
    ///
    /// A fiftieth is added to the window: requests do not all take the same time to arrive, and the service counts them
    /// when they arrive.
    pub fn new(limit: u32, window: Duration) -> Self {
        let window = window.saturating_add(window / 50);
        Self { limit: limit.max(1), window, shared: Arc::default() }
    }

    /// Returns the maximum number of requests in a window.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Requests permission to send a request now, and counts the request if it is permitted.
    ///
    /// # Errors
    ///
    /// Returns the moment to ask again. Another machine may be faster at that moment, so it does not reserve a request.
    pub fn try_acquire(&self, now: Instant) -> Result<(), Instant> {
        let mut sends = self.sends();
        if now < sends.hold {
            return Err(sends.hold);
        }
        while sends.times.front().is_some_and(|oldest| now >= *oldest + self.window) {
            sends.times.pop_front();
        }
        if sends.times.len() >= self.limit as usize {
            return Err(sends.times.front().map_or(now, |oldest| *oldest + self.window));
        }
        // Threads read the clock before they take the lock, so the order of their times can differ.
        let latest = sends.times.back().map_or(now, |last| now.max(*last));
        sends.times.push_back(latest);
        Ok(())
    }

    /// Permits no requests before `time`, because the service asked for it. An earlier moment than the current one has
    /// no effect.
    pub fn hold_until(&self, time: Instant) {
        let mut sends = self.sends();
        sends.hold = sends.hold.max(time);
    }

    /// Records that the service responded with "too many requests" and asked to wait for `hint`. Without a hint it is
    /// one window. At most `most` is honored.
    pub(crate) fn throttled(&self, now: Instant, hint: Option<Duration>, most: Duration) {
        self.hold_until(now + hint.unwrap_or(self.window).min(most));
    }

    fn sends(&self) -> std::sync::MutexGuard<'_, Sends> {
        // Every change is complete before the lock is released, so a poisoned lock contains valid data.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for RateLimiter {
    /// Creates the service's own limit: 15 requests per second.
    fn default() -> Self {
        Self::per_second(Self::DEFAULT_PER_SECOND)
    }
}
