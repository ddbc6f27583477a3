//! Whether to repeat a call: the one table, and the budget all machines of an app share.
//!
//! The order, first match wins: the operation forbids it; the service's hint; the code of the API; the HTTP status;
//! the transport.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::error::{ApiError, Error, ErrorKind, TransportFailureKind};
use crate::model::{Class, StatusCode};
use crate::operation::Replay;

/// When and how often calls are repeated, and how long to wait in between.
///
/// Waits are drawn evenly from zero up to a ceiling that doubles with each retry ("full jitter"), so that clients
/// which failed together do not come back together. A wait the server names is kept to, with jitter on top.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How often the request is sent at most, the first time included. Default 4; 1, like 0, means never again.
    pub max_attempts: u32,
    /// Ceiling of the first wait after a passing failure. Default 500 ms.
    pub base_delay: Duration,
    /// Ceiling of the first wait after "too many requests" without a hint. Default 2 s.
    pub throttled_delay: Duration,
    /// Ceiling of every wait that the server did not ask for. Default 20 s.
    pub max_delay: Duration,
    /// The longest wait a server may ask for. Asked for more, a call fails and the error says so; what waits for something
    /// and what keeps a pace go on after this long. Default 120 s.
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
    /// Sends every request once.
    pub fn never() -> Self {
        Self::default().with_max_attempts(1)
    }

    /// Sends every request at most so often.
    pub fn with_max_attempts(mut self, max_attempts: u32) -> Self {
        self.max_attempts = max_attempts;
        self
    }
}

/// Why a call is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Too many requests. It was not carried out.
    Throttled,
    /// Something that passes.
    Transient,
}

/// The table: whether a call that ended in `error` is worth repeating, given what the operation allows.
pub(crate) fn cause(error: &Error, replay: Replay) -> Option<Cause> {
    match error.kind() {
        ErrorKind::Api(api) => {
            let cause = transient(api)?;
            (replay != Replay::Once || was_not_carried_out(api)).then_some(cause)
        }
        ErrorKind::Transport(failure) => match failure.kind {
            TransportFailureKind::NotSent => Some(Cause::Transient),
            TransportFailureKind::MaybeSent => (replay != Replay::Once).then_some(Cause::Transient),
            TransportFailureKind::TooLarge => None,
        },
        // An answer that was damaged on the way may be whole next time; one that is wrong stays wrong.
        ErrorKind::Decode(decode) => (decode.damaged && replay == Replay::Safe).then_some(Cause::Transient),
        _ => None,
    }
}

/// Whether the cause of a refusal passes by itself within seconds.
fn transient(api: &ApiError) -> Option<Cause> {
    if api.is_quota() || api.is_maintenance() {
        return None;
    }
    if api.is_throttled() {
        return Some(Cause::Throttled);
    }
    if let Some(code) = api.code() {
        match code.class() {
            // All items failed. The items say why, and those seen said so for good.
            _ if code.number() == Some(10020) => return None,
            Class::Retry => return Some(Cause::Transient),
            // A code that says why stands above the HTTP status; internal errors say nothing.
            Class::Terminal if !matches!(code.number(), Some(90500 | 98000..=99999)) => return None,
            _ => {}
        }
    }
    matches!(api.http_status, 408 | 500 | 502 | 503 | 504).then_some(Cause::Transient)
}

/// As [`transient`], for [`ApiError::is_transient`].
pub(crate) fn is_transient(api: &ApiError) -> bool {
    transient(api).is_some() || api.is_maintenance() || api.is_quota()
}

/// The answers by which the service says that it did not even begin.
pub(crate) fn was_not_carried_out(api: &ApiError) -> bool {
    const DECLINED: [u32; 5] = [
        10030, // try again
        11005, // throttled
        21354, // model busy
        21355, // model loading
        40030, // queue full
    ];
    api.is_throttled() || api.code().and_then(StatusCode::number).is_some_and(|code| DECLINED.contains(&code))
}

/// Whether a refusal leaves it open that the call was carried out, in whole or in part.
pub(crate) fn may_have_happened(api: &ApiError) -> bool {
    let code = api.code().and_then(StatusCode::number);
    match api.http_status {
        _ if was_not_carried_out(api) => false,
        // Some of it went through.
        _ if code == Some(10010) => true,
        // It gave up somewhere on the way.
        408 | 500.. => true,
        // Done, says HTTP, and the code says otherwise. Only a code that is known to refuse is certain.
        200..=299 => match code {
            Some(10020) => false,
            Some(90500 | 98000..=99999) => true,
            _ => api.code().is_none_or(|code| code.class() != Class::Terminal) && !api.is_quota(),
        },
        _ => false,
    }
}

/// Keeps the retries of all machines of an app below a share of their calls, so that a service in trouble is not
/// buried under retries: every first attempt pays in a little less than a tenth of what a retry costs.
#[derive(Debug)]
pub(crate) struct Budget(Mutex<u32>);

/// What a retry costs, in first attempts. One more than ten, so that retries stay below a tenth of the calls with those
/// that were saved up before.
const COST: u32 = 11;

/// What can be saved up: ten retries in a row.
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

    /// A first attempt is made.
    pub(crate) fn deposit(&self) {
        self.with(|saved| *saved = (*saved + 1).min(MOST));
    }

    /// A retry is wanted. Answers whether there is something left for it.
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
    use crate::error::TransportFailure;
    use crate::model::Status;

    fn api(http_status: u16, code: u32) -> Error {
        let status = (code != 0)
            .then(|| Box::new(serde_json::from_str::<Status>(&format!("{{\"code\":{code}}}")).expect("a status")));
        Error::new("test", ApiError { http_status, status, retry_after: None, excerpt: String::new() })
    }

    /// One row a case: answer, then the decision for safe, idempotent and once.
    #[test]
    fn the_table() {
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
        ] {
            let error = api(http, code);
            let seen = [Replay::Safe, Replay::Idempotent, Replay::Once].map(|replay| cause(&error, replay));
            assert_eq!(seen, [safe, idempotent, once], "HTTP {http}, code {code}");
        }
        for (kind, safe, idempotent, once) in [
            (TransportFailureKind::NotSent, T, T, T),
            (TransportFailureKind::MaybeSent, T, T, NO),
            (TransportFailureKind::TooLarge, NO, NO, NO),
        ] {
            let error = Error::new("test", TransportFailure::new(kind, "cut"));
            let seen = [Replay::Safe, Replay::Idempotent, Replay::Once].map(|replay| cause(&error, replay));
            assert_eq!(seen, [safe, idempotent, once], "{kind}");
        }
    }

    #[test]
    fn the_budget_allows_less_than_a_tenth() {
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
