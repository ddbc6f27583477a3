//! Limits, rates and other service behavior, as data that a test can change.
//!
//! The defaults are the published limits. Where nothing is published they are the most lenient: no rate limit, complete
//! lists. Behavior that is not documented, such as the treatment of duplicate ids, can be set to each of the variants
//! that clients have reported.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use clarifai_core::time::{Instant, Now};

use crate::recognition::Recognition;
use crate::response::{Refusal, http_date};
use crate::vision;

/// All rules that the routes follow.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) limits: Limits,
    pub(crate) lists: Lists,
    pub(crate) duplicates: Duplicates,
    pub(crate) delays: Delays,
    pub(crate) recognition: Recognition,
}

/// Size limits of one call. The defaults are the service's published limits; each can be changed:
///
/// ```
/// use clarifai_simulator::{Simulator, rules::Limits};
///
/// let narrow = Simulator::new().with_limits(Limits { items: 2, ..Limits::default() });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Maximum number of inputs, concepts, models, workflows or ids in one call. Default: 128.
    pub items: usize,
    /// Maximum body size in bytes as sent, with images in base64. A larger body gets HTTP 413. Default: 128 MiB.
    pub body_bytes: usize,
    /// Maximum number of videos among the inputs of one call. Default: 1.
    pub videos: usize,
    /// Maximum number of items on a page. A larger `per_page` is silently reduced to it. Default: 1,000.
    pub per_page: usize,
    /// Limits of one image. Default: 20 MB and 85 megapixels.
    pub image: vision::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Self { items: 128, body_bytes: 128 * 1024 * 1024, videos: 1, per_page: 1000, image: vision::Limits::default() }
    }
}

/// Durations of the work that the service does after it has responded. Default: 1 second each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// From the arrival of an input until it is processed or has failed.
    pub processing: Duration,
    /// How long a training waits in the queue, once all inputs are processed.
    pub queueing: Duration,
    /// How long the training itself takes.
    pub training: Duration,
    /// From the response to a deletion until the deleted resource disappears.
    pub deleting: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self { processing: second, queueing: second, training: second, deleting: second }
    }
}

/// How the service treats a new input whose id already exists.
///
/// The ledger records every case: see [`Entry::refused`](crate::Entry::refused).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Duplicates {
    /// The new input is refused with code 30100. The default.
    #[default]
    Refuse,
    /// The response is a success with the existing input, which does not change.
    Ignore,
    /// The new input is stored as a second one, under an id chosen by the service. The ledger has both entries under
    /// the id that was sent.
    Double,
}

/// How lists and searches return their pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// Limit on how far into a list a client can read. Default: none.
    pub ceiling: Option<Ceiling>,
    /// With `Some(n)`, the last of every `n` consecutive items is missing from its page, so that a page can be shorter
    /// than requested before the end of the list. With 1, all items are missing. Default: `None`, complete pages.
    pub leave_out: Option<usize>,
}

/// What happens beyond the first `n` items of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ceiling {
    /// A page that reaches beyond the first `n` items is refused with HTTP 400 and code 11102, even if the list is
    /// shorter, as search engines do.
    Refuse(usize),
    /// Items beyond the first `n` are silently left out: the pages there are empty.
    Hide(usize),
}

/// A rate limit for each caller.
///
/// The published limit is 15 requests per second and user. All requests with the same key or token count together;
/// requests refused with HTTP 429 do not count. Times are those of [`Now::instant`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Maximum number of requests within one window.
    pub requests: usize,
    /// Length of a window.
    pub window: Duration,
    /// Whether windows slide or are fixed.
    pub kind: Window,
    /// The `Retry-After` header of a refusal.
    pub retry_after: RetryAfter,
}

impl Rate {
    /// Creates a limit of `requests` within any one second. Refusals have no `Retry-After`.
    pub fn per_second(requests: usize) -> Self {
        Self { requests, window: Duration::from_secs(1), kind: Window::Sliding, retry_after: RetryAfter::Nothing }
    }
}

/// What counts as one window of a [`Rate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// Any interval of that length; its start is exclusive.
    Sliding,
    /// Consecutive intervals of that length since the start of the clock.
    Fixed,
}

/// The `Retry-After` header of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryAfter {
    /// No header.
    Nothing,
    /// Seconds until the next request is accepted, rounded up.
    Seconds,
    /// Date from which the next request is accepted, rounded up to a second.
    Date,
    /// This text. A text that is not a valid header value is left out.
    Text(String),
}

/// Counts the requests of each caller against the rate limit.
#[derive(Debug, Default)]
pub(crate) struct RateCounter {
    pub(crate) rate: Option<Rate>,
    /// Times of the requests that count, by caller.
    sent: BTreeMap<String, VecDeque<Instant>>,
}

impl RateCounter {
    /// Counts a request, or refuses it.
    pub(crate) fn admit(&mut self, caller: &str, now: Now) -> Result<(), Refusal> {
        let Some(rate) = &self.rate else { return Ok(()) };
        let sent = self.sent.entry(caller.to_owned()).or_default();
        // Concurrent callers may pass their times in any order; the counter must not go back.
        let mono = sent.back().map_or(now.instant, |last| now.instant.max(*last));
        let begin = mono.since_start();
        let fixed = |time: Instant| time.since_start().as_nanos() / rate.window.as_nanos().max(1);
        let counts = |time: Instant| match rate.kind {
            Window::Sliding => mono.since(time) < rate.window,
            Window::Fixed => fixed(time) == fixed(mono),
        };
        while sent.front().is_some_and(|first| !counts(*first)) {
            sent.pop_front();
        }
        if sent.len() < rate.requests {
            sent.push_back(mono);
            return Ok(());
        }
        let free = match (rate.kind, sent.get(sent.len() - rate.requests)) {
            // The next request is accepted as soon as this one leaves the window.
            (Window::Sliding, Some(first)) => rate.window.saturating_sub(mono.since(*first)),
            (Window::Sliding, None) => rate.window,
            (Window::Fixed, _) => {
                let over = begin.as_nanos() % rate.window.as_nanos().max(1);
                rate.window.saturating_sub(Duration::from_nanos(u64::try_from(over).unwrap_or(u64::MAX)))
            }
        };
        let retry_after = match &rate.retry_after {
            RetryAfter::Nothing => None,
            RetryAfter::Seconds => Some(whole_seconds(free).to_string()),
            RetryAfter::Date => Some(http_date(Duration::from_secs(whole_seconds(now.unix.saturating_add(free))))),
            RetryAfter::Text(text) => Some(text.clone()),
        };
        let details = match rate.window.as_secs() {
            1 => format!("exceeded limit of {} requests per second", rate.requests),
            _ => format!("exceeded limit of {} requests in {:?}", rate.requests, rate.window),
        };
        Err(Refusal::Throttled { details, retry_after })
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0))
}
