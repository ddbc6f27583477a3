//! How many requests are sent in a second, and when the service wants none at all.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::machine::Mono;

/// Keeps the requests of all machines that share it below a limit: never more than so many in any window of time,
/// and none before the moment the service asked to wait until, or two minutes of it where it asked for more
/// ([`max_server_wait`](super::RetryPolicy::max_server_wait)).
///
/// Cheap to clone; clones share their count. An [`App`](crate::App) that [has one](crate::App::with_pacer) sends every
/// request by it. A moment is counted when a request is sent, not when it is asked for, so an adapter that wakes late
/// does not send what it saved up all at once.
///
/// ```
/// use std::time::Duration;
///
/// use clarifai_core::machine::Mono;
/// use clarifai_core::policy::Pacer;
///
/// let pacer = Pacer::per_second(2);
/// let at = |millis| Mono::new(Duration::from_millis(millis));
/// assert_eq!(pacer.ask(at(0)), Ok(()));
/// assert_eq!(pacer.ask(at(300)), Ok(()));
/// assert_eq!(pacer.ask(at(400)), Err(at(1_020)), "a second after the first one, and a little for the way");
/// assert_eq!(pacer.ask(at(1_020)), Ok(()));
/// ```
#[derive(Clone, Debug)]
pub struct Pacer {
    limit: u32,
    window: Duration,
    shared: Arc<Mutex<Sends>>,
}

#[derive(Debug, Default)]
struct Sends {
    /// When the last requests were sent, the oldest first, as many as the limit.
    times: VecDeque<Mono>,
    /// The service wants nothing before.
    hold: Mono,
}

impl Pacer {
    /// What the service allows each user unless it was asked for more: 15 requests a second.
    pub const DEFAULT_PER_SECOND: u32 = 15;

    /// At most so many requests in any second; 0 counts as 1.
    pub fn per_second(limit: u32) -> Self {
        Self::new(limit, Duration::from_secs(1))
    }

    /// At most so many requests in any stretch of time as long as `window`; 0 counts as 1.
    ///
    /// A fiftieth is added to the window: requests do not all take equally long to arrive, and the service counts
    /// when they do.
    pub fn new(limit: u32, window: Duration) -> Self {
        let window = window.saturating_add(window / 50);
        Self { limit: limit.max(1), window, shared: Arc::default() }
    }

    /// How many requests a window holds.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Asks to send a request now.
    ///
    /// # Errors
    ///
    /// The moment to ask again. Another machine may be first then, so ask, and do not count on it.
    pub fn ask(&self, now: Mono) -> Result<(), Mono> {
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
        // Threads read the clock before they get here, so they may come in another order than their times.
        let latest = sends.times.back().map_or(now, |last| now.max(*last));
        sends.times.push_back(latest);
        Ok(())
    }

    /// Sends nothing before `time`: the service asked for it. An earlier moment than the one known changes nothing.
    pub fn hold_until(&self, time: Mono) {
        let mut sends = self.sends();
        sends.hold = sends.hold.max(time);
    }

    /// The service answered "too many requests", and asks to wait for `hint`, if it says.
    pub(crate) fn throttled(&self, now: Mono, hint: Option<Duration>, most: Duration) {
        self.hold_until(now + hint.unwrap_or(self.window).min(most));
    }

    fn sends(&self) -> std::sync::MutexGuard<'_, Sends> {
        // Each change is whole before the lock is left.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Pacer {
    /// The service's own limit: 15 requests a second.
    fn default() -> Self {
        Self::per_second(Self::DEFAULT_PER_SECOND)
    }
}
