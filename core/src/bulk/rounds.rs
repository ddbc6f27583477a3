//! The pauses of work in bulk between one try and the next, when the retries of single calls were not enough.

use std::time::Duration;

use crate::app::App;
use crate::policy::backoff::Backoff;
use crate::policy::retry::{Cause, RetryPolicy};

/// How often something is tried again, and the pauses before: up to 1, 2, 4 … 30 seconds, with full jitter.
#[derive(Debug)]
pub(super) struct Rounds(Backoff);

impl Rounds {
    pub(super) fn new(app: &App, rounds: u32) -> Self {
        let policy = RetryPolicy {
            max_attempts: rounds.saturating_add(1),
            base_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(30),
            max_server_wait: app.retry().max_server_wait,
            ..RetryPolicy::default()
        };
        Self(Backoff::new(&policy))
    }

    /// The pause before the next round, or `None` where there is none left, or the server asks for too long a wait.
    pub(super) fn next(&mut self, app: &App, hint: Option<Duration>) -> Option<Duration> {
        self.0.next(app, Cause::Transient, hint)
    }

    /// Something got through: all rounds are there again.
    pub(super) fn restart(&mut self) {
        self.0.restart();
    }
}
