//! What the service allows, and how it behaves where that is not published: data, to be changed by tests.
//!
//! The defaults are what is published, as far as it is, and otherwise the kindest: no rate is kept, lists go on to
//! their end. What is not known of the service can be had in each form that clients tell of.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use clarifai_core::machine::{Mono, Now};

use crate::answer::{Refusal, http_date};
use crate::vision;

/// How much one call may carry. Published limits of the service, each of which can be changed:
///
/// ```
/// use clarifai_simulator::{Simulator, rules::Limits};
///
/// let narrow = Simulator::new().with_limits(Limits { items: 2, ..Limits::default() });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most inputs, concepts, models, workflows or ids one call names. Default 128.
    pub items: usize,
    /// The largest body, in bytes as sent, pictures as base64. A larger one is answered with HTTP 413. Default 128 MiB.
    pub body_bytes: usize,
    /// The most videos among the inputs of one call. Default 1.
    pub videos: usize,
    /// The most items a page holds. A call that asks for more gets pages of this size, without a word. Default 1,000.
    pub per_page: usize,
    /// What one picture may ask: 20 MB and 85 megapixels by default.
    pub picture: vision::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            items: 128,
            body_bytes: 128 * 1024 * 1024,
            videos: 1,
            per_page: 1000,
            picture: vision::Limits::default(),
        }
    }
}

/// What becomes of an input whose id is there already.
///
/// The ledger keeps each: see [`Entry::refused`](crate::Entry::refused).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Duplicates {
    /// It is refused with 30100. The default.
    #[default]
    Refuse,
    /// It is answered as a success, with the input that is there, which stays as it is.
    Ignore,
    /// It is stored a second time, under an id of the service's making: the honest double. The ledger has two entries
    /// under the id that was sent.
    Double,
}

/// How lists and searches answer their pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// Where lists end before their end. Default: nowhere.
    pub ceiling: Option<Ceiling>,
    /// Of so many items in a row the last one is left out of its page, so that pages are shorter than asked for while
    /// the list goes on. Default: none is. With 1 all are left out.
    pub leave_out: Option<usize>,
}

/// How far into a list one can ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ceiling {
    /// A page that reaches beyond so many items is refused with HTTP 400 and 11102, even where the list is shorter:
    /// as search engines do.
    Refuse(usize),
    /// What lies beyond so many items is left out without a word: the pages there are empty.
    Hide(usize),
}

/// How many requests one caller may send.
///
/// Published are 15 a second for a user. All requests with one key or token count together; those that are refused for
/// being too many do not count. Times are those of [`Now::mono`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many requests may come within a window.
    pub requests: usize,
    /// How long a window is.
    pub window: Duration,
    /// What a window is.
    pub kind: Window,
    /// What a refusal says of when to come back.
    pub retry_after: RetryAfter,
}

impl Rate {
    /// So many requests in any second, refusals without `Retry-After`.
    pub fn a_second(requests: usize) -> Self {
        Self { requests, window: Duration::from_secs(1), kind: Window::Sliding, retry_after: RetryAfter::Nothing }
    }
}

/// What counts as one window of a [`Rate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// Any stretch of time of that length, open at its beginning.
    Sliding,
    /// Stretches of that length, one after the other since the clock's start.
    Fixed,
}

/// The header `Retry-After` of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryAfter {
    /// There is none.
    Nothing,
    /// The seconds until the next request is let through, rounded up.
    Seconds,
    /// The date from which on the next request is let through, rounded up to a second.
    Date,
    /// This, whatever it is. What cannot stand in a header is left out.
    Text(String),
}

/// Who sent how much lately.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    pub(crate) rate: Option<Rate>,
    /// When the requests that count were sent, by user.
    sent: BTreeMap<String, VecDeque<Mono>>,
}

impl Pace {
    /// Counts a request, or refuses it.
    pub(crate) fn admit(&mut self, user: &str, now: Now) -> Result<(), Refusal> {
        let Some(rate) = &self.rate else { return Ok(()) };
        let sent = self.sent.entry(user.to_owned()).or_default();
        // Callers side by side may hand in their times in any order.
        let mono = sent.back().map_or(now.mono, |last| now.mono.max(*last));
        let begin = mono.since_start();
        let fixed = |time: Mono| time.since_start().as_nanos() / rate.window.as_nanos().max(1);
        let counts = |time: Mono| match rate.kind {
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
            // One more fits as soon as this one no longer counts.
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
