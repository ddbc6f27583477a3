//! [`Timestamp`]: a point in time, kept as the text that the service sent.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;

use crate::lenient::{Lenient, deserialize_leniently};

/// A point in time as RFC 3339 text, such as `2017-05-16T19:20:38.733764Z`.
///
/// The service sends zero to nine fractional digits of a second, and a time in the year 1 for a time that was never
/// set. The text is kept unchanged. Because the number of digits varies, the texts do not sort in order of time;
/// compare [`duration_since_epoch()`](Self::duration_since_epoch) instead.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Timestamp(Box<str>);

impl Timestamp {
    /// Creates a timestamp from RFC 3339 text, which is not checked.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// Returns the text as the service sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the time since the Unix epoch (1970-01-01 UTC). `None` for an earlier time, a time that was never set,
    /// and text that is not a valid time.
    pub fn duration_since_epoch(&self) -> Option<Duration> {
        humantime::parse_rfc3339_weak(&self.0).ok()?.duration_since(UNIX_EPOCH).ok()
    }

    /// Returns whether the time was never set: the text is empty, or the year is 1.
    pub fn is_unset(&self) -> bool {
        self.0.is_empty() || self.0.starts_with("0001-")
    }
}

impl Lenient for Timestamp {
    #[inline]
    fn from_text(value: &str) -> Option<Self> {
        Some(Self::new(value))
    }
}

deserialize_leniently!(Timestamp);

impl AsRef<str> for Timestamp {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_any_precision_are_read() {
        for (text, millis) in [
            ("1970-01-01T00:00:01Z", Some(1_000)),
            ("2016-12-12T04:17:47Z", Some(1_481_516_267_000)),
            ("2017-05-16T19:20:38.733764Z", Some(1_494_962_438_733)),
            ("2024-05-06T07:08:09.123456789Z", Some(1_714_979_289_123)),
            ("0001-01-01T00:00:00Z", None),
            ("", None),
            ("yesterday", None),
        ] {
            assert_eq!(Timestamp::new(text).duration_since_epoch().map(|time| time.as_millis()), millis, "{text}");
        }
    }

    #[test]
    fn year_one_and_empty_text_are_unset() {
        for (text, unset) in [
            ("0001-01-01T00:00:00Z", true),
            ("", true),
            ("1970-01-01T00:00:00Z", false),
            ("2024-05-06T07:08:09.123456789Z", false),
        ] {
            assert_eq!(Timestamp::new(text).is_unset(), unset, "{text}");
        }
    }
}
