//! How long to wait before the next attempt: exponential with full jitter, capped, and never less than the server asks
//! for.

use std::time::Duration;

use super::retry::RetryPolicy;
use crate::error::Cause;

/// The waits of one machine.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    policy: RetryPolicy,
    /// Created at the first wait: by then the code that drives the machine has set the seed of the client.
    random: Option<SplitMix64>,
    retries: u32,
}

impl Backoff {
    pub(crate) fn new(policy: &RetryPolicy) -> Self {
        Self { policy: policy.clone(), random: None, retries: 0 }
    }

    /// Returns the wait before the next attempt, `None` if there must be no other attempt.
    ///
    /// `hint` is the wait that the server asks for. `seed` is called once, before the first wait.
    pub(crate) fn next(
        &mut self,
        cause: Cause,
        hint: Option<Duration>,
        seed: impl FnOnce() -> u64,
    ) -> Option<Duration> {
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
        let jitter = self.random.get_or_insert_with(|| SplitMix64(seed())).up_to(ceiling);
        // Clients that received the same hint would all return at the same time, so the jitter is added to it.
        Some(hint.unwrap_or_default().saturating_add(jitter))
    }

    /// Starts again with the first wait, after something succeeded.
    pub(crate) fn restart(&mut self) {
        self.retries = 0;
    }
}

/// A random number generator (Steele, Lea and Flood, 2014). It is good enough to spread waits, and it saves a
/// dependency.
#[derive(Clone, Debug)]
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns a duration from 0 to `ceiling`, evenly distributed.
    fn up_to(&mut self, ceiling: Duration) -> Duration {
        let nanos = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
        let scaled = (u128::from(self.next()) * (u128::from(nanos) + 1)) >> 64;
        Duration::from_nanos(u64::try_from(scaled).unwrap_or(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(seed: u64, cause: Cause, hint: Option<u64>, attempts: u32) -> Vec<f64> {
        let policy = RetryPolicy::default().with_max_attempts(attempts);
        let mut backoff = Backoff::new(&policy);
        std::iter::from_fn(|| backoff.next(cause, hint.map(Duration::from_secs), || seed))
            .map(|wait| wait.as_secs_f64())
            .collect()
    }

    #[test]
    fn waits_grow_and_are_capped_and_spread() {
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
    fn waits_are_never_shorter_than_the_hint_and_long_hints_end_the_retries() {
        for seed in 0..100 {
            assert!(waits(seed, Cause::Throttled, Some(7), 4).iter().all(|wait| *wait >= 7.0));
        }
        assert!(waits(1, Cause::Throttled, Some(100_000), 4).is_empty());
        assert!(waits(1, Cause::Throttled, Some(u64::MAX), 4).is_empty());
    }
}
