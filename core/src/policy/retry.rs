//! When a call is repeated: the rules, and the budget that all machines of a client share.
//!
//! The rules apply in this order, and the first that decides wins: what the operation permits; the wait that the
//! service asks for; the status code of the API; the HTTP status; the transport.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Cause, Error, ErrorKind, TransportErrorKind};
use crate::spec::Replay;

/// When and how many times calls are repeated, and how long to wait before each repetition.
///
/// Waits are random, with an even distribution from zero to a ceiling that doubles with each retry ("full jitter"), so
/// that clients which failed together do not return together. A wait that the server asks for is honored, and the
/// random wait is added to it.
///
/// ```
/// use std::time::Duration;
///
/// use clarifai_core::policy::RetryPolicy;
///
/// let policy = RetryPolicy::default().with_max_attempts(6).with_max_server_wait(Duration::from_secs(30));
/// assert_eq!(policy.max_attempts, 6);
/// assert_eq!(policy.base_delay, Duration::from_millis(500), "the default");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Maximum number of attempts, including the first. 0 and 1 both mean that nothing is repeated. Default: 4.
    pub max_attempts: u32,
    /// Ceiling of the first wait after a transient failure. Default: 500 ms.
    pub base_delay: Duration,
    /// Ceiling of the first wait after "too many requests" without `Retry-After`. Default: 2 s.
    pub throttled_delay: Duration,
    /// Ceiling of all waits that the server did not ask for. Default: 20 s.
    pub max_delay: Duration,
    /// Longest `Retry-After` that is honored. A longer one fails the call; waits for a condition and rate limits wait
    /// for this long instead. Default: 120 s.
    pub max_server_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 4,
            base_delay: Duration::from_millis(500),
            throttled_delay: Duration::from_secs(2),
            max_delay: Duration::from_secs(20),
            max_server_wait: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// Creates a policy that sends every request once.
    pub fn never() -> Self {
        Self::default().with_max_attempts(1)
    }

    /// Sets the maximum number of attempts, including the first. Default: 4.
    pub fn with_max_attempts(mut self, max_attempts: u32) -> Self {
        self.max_attempts = max_attempts;
        self
    }

    /// Sets the ceiling of the first wait after a transient failure. It doubles with each retry. Default: 500 ms.
    pub fn with_base_delay(mut self, base_delay: Duration) -> Self {
        self.base_delay = base_delay;
        self
    }

    /// Sets the ceiling of the first wait after "too many requests" without `Retry-After`. It doubles with each retry.
    /// Default: 2 s.
    pub fn with_throttled_delay(mut self, throttled_delay: Duration) -> Self {
        self.throttled_delay = throttled_delay;
        self
    }

    /// Sets the ceiling of all waits that the server did not ask for. Default: 20 s.
    pub fn with_max_delay(mut self, max_delay: Duration) -> Self {
        self.max_delay = max_delay;
        self
    }

    /// Sets the longest `Retry-After` that is honored. A longer one fails the call. Default: 120 s.
    pub fn with_max_server_wait(mut self, max_server_wait: Duration) -> Self {
        self.max_server_wait = max_server_wait;
        self
    }
}

/// Returns why a call that ended in `error` is worth repeating, `None` if it is not or if the operation forbids it.
pub(crate) fn cause(error: &Error, replay: Replay) -> Option<Cause> {
    match error.kind() {
        ErrorKind::Api(api) => {
            let cause = api.retry_cause()?;
            (replay != Replay::Once || api.was_not_executed()).then_some(cause)
        }
        ErrorKind::Transport(failure) => match failure.kind {
            TransportErrorKind::NotSent => Some(Cause::Transient),
            TransportErrorKind::MaybeSent => (replay != Replay::Once).then_some(Cause::Transient),
            TransportErrorKind::TooLarge | TransportErrorKind::Untrusted => None,
        },
        // A response that was damaged in transit may be whole the next time. One that is wrong stays wrong.
        ErrorKind::InvalidResponse(decode) => (decode.damaged && replay == Replay::Safe).then_some(Cause::Transient),
        _ => None,
    }
}

/// Returns whether a call that was refused because of its access token may be repeated with a new one.
///
/// A call that must not be executed twice is repeated only if the service itself refused it (HTTP 4xx, or 2xx with the
/// code). A gateway (5xx) can quote the code after the service executed the call.
pub(crate) fn allows_new_token(error: &Error, replay: Replay) -> bool {
    let is_refusal = matches!(error.http_status(), Some(200..=299 | 400..=499)) && !error.may_have_happened();
    error.is_of_expired_token() && (replay != Replay::Once || is_refusal)
}

/// Keeps the retries of all machines of a client below a share of their calls, so that retries do not overload a
/// service that has problems: every first attempt earns a little less than a tenth of the cost of a retry.
#[derive(Debug)]
pub(crate) struct Budget(Mutex<u32>);

/// The cost of a retry, in first attempts. More than ten, so that retries stay below a tenth of the calls even together
/// with those that were saved up before.
const COST: u32 = 11;

/// The most that can be saved up: ten retries in a row.
const MOST: u32 = 10 * COST;

impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new(MOST))
    }
}

impl Budget {
    fn with<T>(&self, change: impl FnOnce(&mut u32) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Records a first attempt.
    pub(crate) fn deposit(&self) {
        self.with(|saved| *saved = (*saved + 1).min(MOST));
    }

    /// Pays for a retry. Returns whether the budget suffices.
    pub(crate) fn withdraw(&self) -> bool {
        self.with(|saved| match saved.checked_sub(COST) {
            Some(rest) => {
                *saved = rest;
                true
            }
            None => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ApiError, TransportError};
    use crate::types::Status;

    fn api(http_status: u16, code: u32) -> Error {
        let status = (code != 0)
            .then(|| Box::new(serde_json::from_str::<Status>(&format!("{{\"code\":{code}}}")).expect("a status")));
        Error::new("test", ApiError { http_status, status, retry_after: None, excerpt: String::new(), location: None })
    }

    /// One row for each case: the response, and the decision for safe, idempotent and once.
    #[test]
    fn retries_depend_on_response_and_replay() {
        const NO: Option<Cause> = None;
        const T: Option<Cause> = Some(Cause::Transient);
        const P: Option<Cause> = Some(Cause::Throttled);
        for (http, code, safe, idempotent, once) in [
            (429, 0, P, P, P),
            (429, 11005, P, P, P),
            (400, 11005, P, P, P),
            (429, 11003, NO, NO, NO),
            (429, 11004, NO, NO, NO),
            (429, 11006, NO, NO, NO),
            (500, 10030, T, T, T),
            (500, 21354, T, T, T),
            (400, 21355, T, T, T),
            (503, 40030, T, T, T),
            (503, 40031, T, T, NO),
            (500, 98009, T, T, NO),
            (500, 98004, T, T, NO),
            (500, 98011, T, T, NO),
            (500, 99009, T, T, NO),
            (400, 99009, NO, NO, NO),
            (500, 0, T, T, NO),
            (502, 0, T, T, NO),
            (503, 0, T, T, NO),
            (504, 0, T, T, NO),
            (408, 0, T, T, NO),
            (501, 0, NO, NO, NO),
            (500, 21200, NO, NO, NO),
            (500, 39998, NO, NO, NO),
            (503, 39997, NO, NO, NO),
            (400, 10020, NO, NO, NO),
            (500, 123_456, T, T, NO),
            (401, 11009, NO, NO, NO),
            (404, 0, NO, NO, NO),
            (302, 0, NO, NO, NO),
            (200, 11005, P, P, P),
            // One row for each of the other codes with a flag.
            (401, 11001, NO, NO, NO),
            (504, 11001, NO, NO, NO),
            (401, 11002, NO, NO, NO),
            (403, 11007, NO, NO, NO),
            (401, 11008, NO, NO, NO),
            (403, 11104, NO, NO, NO),
            (403, 11200, NO, NO, NO),
            (500, 11101, NO, NO, NO),
            (500, 21201, NO, NO, NO),
            (500, 21202, NO, NO, NO),
            (500, 22102, NO, NO, NO),
            (500, 25600, NO, NO, NO),
            (500, 30100, NO, NO, NO),
            (500, 30102, NO, NO, NO),
            (500, 40033, NO, NO, NO),
            (500, 90500, T, T, NO),
            (400, 90500, NO, NO, NO),
        ] {
            let error = api(http, code);
            let seen = [Replay::Safe, Replay::Idempotent, Replay::Once].map(|replay| cause(&error, replay));
            assert_eq!(seen, [safe, idempotent, once], "HTTP {http}, code {code}");
        }
        for (kind, safe, idempotent, once) in [
            (TransportErrorKind::NotSent, T, T, T),
            (TransportErrorKind::MaybeSent, T, T, NO),
            (TransportErrorKind::TooLarge, NO, NO, NO),
            (TransportErrorKind::Untrusted, NO, NO, NO),
        ] {
            let error = Error::new("test", TransportError::new(kind, "cut"));
            let seen = [Replay::Safe, Replay::Idempotent, Replay::Once].map(|replay| cause(&error, replay));
            assert_eq!(seen, [safe, idempotent, once], "{kind}");
        }
    }

    /// One row for each case: the response, and whether the call is repeated with a new token for safe, idempotent and
    /// once.
    #[test]
    fn new_token_depends_on_response_and_replay() {
        for (http, code, safe, idempotent, once) in [
            (401, 11001, true, true, true),
            (400, 11001, true, true, true),
            (200, 11001, true, true, true),
            (401, 0, true, true, true),
            // A gateway, or the service after it began: that does not prove that the call was not executed.
            (500, 11001, true, true, false),
            (502, 11001, true, true, false),
            (504, 11001, true, true, false),
            (408, 11001, true, true, false),
            (302, 11001, true, true, false),
            // Nothing about the token.
            (401, 11009, false, false, false),
            (504, 0, false, false, false),
        ] {
            let error = api(http, code);
            let seen = [Replay::Safe, Replay::Idempotent, Replay::Once].map(|replay| allows_new_token(&error, replay));
            assert_eq!(seen, [safe, idempotent, once], "HTTP {http}, code {code}");
        }
    }

    #[test]
    fn policy_has_a_setter_for_each_field() {
        let second = Duration::from_secs;
        let policy = RetryPolicy::default()
            .with_max_attempts(9)
            .with_base_delay(second(1))
            .with_throttled_delay(second(2))
            .with_max_delay(second(3))
            .with_max_server_wait(second(4));
        let expected = RetryPolicy {
            max_attempts: 9,
            base_delay: second(1),
            throttled_delay: second(2),
            max_delay: second(3),
            max_server_wait: second(4),
        };
        assert_eq!(policy, expected);
    }

    #[test]
    fn budget_allows_less_than_a_tenth() {
        let budget = Budget::default();
        let start = (0..100).filter(|_| budget.withdraw()).count();
        assert_eq!(start, 10, "what was saved up");
        let mut retries = 0;
        for _ in 0..1000 {
            budget.deposit();
            retries += u32::from(budget.withdraw());
        }
        assert_eq!(retries, 90, "less than a tenth of the calls from then on");
    }
}
