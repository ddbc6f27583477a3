//! How long to wait before the next attempt: exponential with full jitter, capped, never before the server's hint.

use std::time::Duration;

use super::retry::{Cause, RetryPolicy};
use crate::app::App;

/// The waits of one machine.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    policy: RetryPolicy,
    /// Drawn when it is needed: by then whoever drives the machine has seeded the app.
    random: Option<u64>,
    retries: u32,
}

impl Backoff {
    pub(crate) fn new(policy: &RetryPolicy) -> Self {
        Self { policy: policy.clone(), random: None, retries: 0 }
    }

    /// The wait before the next attempt, or `None` where there shall be none.
    pub(crate) fn next(&mut self, app: &App, cause: Cause, hint: Option<Duration>) -> Option<Duration> {
        let policy = &self.policy;
        if self.retries + 1 >= policy.max_attempts {
            return None;
        }
        if hint.is_some_and(|hint| hint > policy.max_server_wait) {
            return None;
        }
        let base = match cause {
            Cause::Throttled => policy.throttled_delay,
            Cause::Transient => policy.base_delay,
        };
        let ceiling = base.saturating_mul(1_u32.checked_shl(self.retries).unwrap_or(u32::MAX)).min(policy.max_delay);
        self.retries += 1;
        let jitter = self.up_to(ceiling, app);
        // Everybody who was given the same hint comes back at the same time, so the jitter goes on top of it.
        Some(hint.unwrap_or_default().saturating_add(jitter))
    }

    /// Begins anew: what failed went well once.
    pub(crate) fn restart(&mut self) {
        self.retries = 0;
    }

    /// A duration in `0..=ceiling`, evenly spread.
    fn up_to(&mut self, ceiling: Duration, app: &App) -> Duration {
        let nanos = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
        let scaled = (u128::from(self.random(app)) * (u128::from(nanos) + 1)) >> 64;
        Duration::from_nanos(u64::try_from(scaled).unwrap_or(nanos))
    }

    /// `SplitMix64` (Steele, Lea and Flood, 2014): enough to spread waits, and a crate less.
    fn random(&mut self, app: &App) -> u64 {
        let next = self.random.unwrap_or_else(|| app.shared().next_seed()).wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.random = Some(next);
        let mut z = next;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(seed: u64, cause: Cause, hint: Option<u64>, attempts: u32) -> Vec<f64> {
        let policy = RetryPolicy::default().with_max_attempts(attempts);
        let mut backoff = Backoff::new(&policy);
        let app = App::new(crate::Credentials::key("key").expect("a key")).with_seed(seed);
        std::iter::from_fn(|| backoff.next(&app, cause, hint.map(Duration::from_secs)))
            .map(|wait| wait.as_secs_f64())
            .collect()
    }

    #[test]
    fn waits_grow_are_capped_and_spread() {
        let policy = RetryPolicy::default();
        let many: Vec<_> = (0..2000).map(|seed| waits(seed, Cause::Transient, None, 12)).collect();
        for retry in 0..11 {
            let ceiling = (policy.base_delay.as_secs_f64() * f64::from(1 << retry)).min(policy.max_delay.as_secs_f64());
            let column: Vec<_> = many.iter().map(|waits| waits[retry]).collect();
            assert!(column.iter().all(|wait| (0.0..=ceiling).contains(wait)));
            let mean = column.iter().sum::<f64>() / 2000.0;
            assert!((mean / ceiling - 0.5).abs() < 0.05, "retry {retry}: mean {mean} of {ceiling}");
        }
        assert_eq!(waits(7, Cause::Transient, None, 4), waits(7, Cause::Transient, None, 4), "a seed repeats");
        assert_eq!(waits(7, Cause::Transient, None, 1), [] as [f64; 0], "one attempt means no retry");
    }

    #[test]
    fn never_before_the_hint_and_never_beyond_patience() {
        for seed in 0..100 {
            assert!(waits(seed, Cause::Throttled, Some(7), 4).iter().all(|wait| *wait >= 7.0));
        }
        assert!(waits(1, Cause::Throttled, Some(100_000), 4).is_empty());
        assert!(waits(1, Cause::Throttled, Some(u64::MAX), 4).is_empty());
    }
}
