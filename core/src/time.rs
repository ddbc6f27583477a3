//! Moments and clocks as plain numbers: what the caller hands in instead of a clock.

use std::ops::Add;
use std::time::Duration;

/// A moment on a monotonic clock, counted from an arbitrary start.
///
/// This is not [`std::time::Instant`], because that type cannot be created from a number, which tests and fuzzers
/// need, and does not work on `wasm32-unknown-unknown`.
///
/// ```
/// use std::time::Duration;
///
/// use clarifai_core::time::Instant;
///
/// let start = Instant::new(Duration::from_secs(10));
/// assert_eq!((start + Duration::from_secs(5)).since(start), Duration::from_secs(5));
/// assert_eq!(start.since(start + Duration::from_secs(5)), Duration::ZERO, "a later moment counts as now");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Duration);

impl Instant {
    /// Creates the moment that lies `since_start` after the start of the clock.
    pub const fn new(since_start: Duration) -> Self {
        Self(since_start)
    }

    /// Returns the time since the start of the clock.
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// Returns the time from `earlier` to this moment, or zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// Returns the moment that lies `duration` later, saturating at the end of time.
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

/// The current time on both clocks that a machine needs, as the caller reads them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Monotonic clock. All waits and deadlines are on this one.
    pub instant: Instant,
    /// Time since 1970-01-01 UTC, for responses that name a date. It may be wrong or jump: only the length of a wait
    /// depends on it.
    pub unix: Duration,
}

impl Now {
    /// Creates a reading of both clocks.
    pub const fn new(instant: Instant, unix: Duration) -> Self {
        Self { instant, unix }
    }
}

/// The latest moment that a machine has seen, so that a clock that runs backwards does no harm.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Latest(Instant);

impl Latest {
    /// Records a reading and returns it, with the monotonic clock held at the latest moment seen.
    pub(crate) fn observe(&mut self, now: Now) -> Now {
        self.0 = self.0.max(now.instant);
        Now { instant: self.0, ..now }
    }

    /// Returns the latest moment seen.
    pub(crate) fn instant(self) -> Instant {
        self.0
    }
}
