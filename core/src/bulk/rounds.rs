//! Retries of bulk work after the retries of single calls are used up, and the pauses before them.

use std::time::Duration;

use crate::config::Config;
use crate::error::Cause;
use crate::policy::backoff::Backoff;
use crate::policy::retry::RetryPolicy;
use crate::types::{Flag, Status};

/// The retries of items that failed with a transient status of their own, in a request that succeeded. They follow the
/// retry policy of single calls, because a service that asks one item for patience is as busy as one that asks a call.
#[derive(Debug)]
pub(super) struct ItemRetries(Backoff);

impl ItemRetries {
    pub(super) fn new(config: &Config) -> Self {
        Self(Backoff::new(config.retry()))
    }

    /// Returns the pause before these items are sent again. Returns `None` if the policy or the budget of the client
    /// allows no other attempt.
    pub(super) fn next<'a>(
        &mut self,
        config: &Config,
        statuses: impl IntoIterator<Item = &'a Status>,
    ) -> Option<Duration> {
        let is_throttled = statuses.into_iter().any(|status| status.has(Flag::Throttled));
        let cause = if is_throttled { Cause::Throttled } else { Cause::Transient };
        let pause = self.0.next(cause, None, || config.shared().next_seed())?;
        config.shared().budget.withdraw().then_some(pause)
    }
}

/// The retries that are left, and the pauses before them: up to 1, 2, 4 … 30 seconds, with full jitter.
#[derive(Debug)]
pub(super) struct Rounds(Backoff);

impl Rounds {
    pub(super) fn new(config: &Config, rounds: u32) -> Self {
        let policy = RetryPolicy {
            max_attempts: rounds.saturating_add(1),
            base_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(30),
            max_server_wait: config.retry().max_server_wait,
            ..RetryPolicy::default()
        };
        Self(Backoff::new(&policy))
    }

    /// Returns the pause before the next retry. Returns `None` if no retry is left, or if the server demands a longer
    /// wait than the configuration allows.
    pub(super) fn next(&mut self, config: &Config, hint: Option<Duration>) -> Option<Duration> {
        self.0.next(Cause::Transient, hint, || config.shared().next_seed())
    }

    /// Restores all retries, after a success.
    pub(super) fn restart(&mut self) {
        self.0.restart();
    }
}
