//! A clock that is set by hand.

use std::time::Duration;

use crate::time::{Instant, Now};

/// A monotonic clock and a calendar clock that stand still until they are moved.
///
/// ```
/// use std::time::Duration;
///
/// use clarifai_core::testing::ManualClock;
///
/// let mut clock = ManualClock::new();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.elapsed(), Duration::from_secs(60));
/// assert_eq!(clock.now().unix, ManualClock::UNIX + Duration::from_secs(60), "both clocks move together");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManualClock(Now);

impl ManualClock {
    /// Calendar time of a new clock, since 1970: `Sun, 06 Nov 1994 08:49:37 GMT`, the example of RFC 9110.
    pub const UNIX: Duration = Duration::from_secs(784_111_777);

    /// Creates a clock at its start.
    pub const fn new() -> Self {
        Self(Now::new(Instant::new(Duration::ZERO), Self::UNIX))
    }

    /// Returns the time of both clocks.
    pub const fn now(&self) -> Now {
        self.0
    }

    /// Returns the time since the start of the monotonic clock.
    pub const fn elapsed(&self) -> Duration {
        self.0.instant.since_start()
    }

    /// Moves both clocks forward by this duration.
    pub fn advance(&mut self, by: Duration) {
        self.0 = Now::new(self.0.instant + by, self.0.unix.saturating_add(by));
    }

    /// Moves both clocks forward to this time. Has no effect if the time has passed.
    pub fn advance_to(&mut self, time: Instant) {
        self.advance(time.since(self.0.instant));
    }

    /// Sets both clocks to any time, including an earlier one, as faulty clocks do.
    pub fn set(&mut self, now: Now) {
        self.0 = now;
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}
