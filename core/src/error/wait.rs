//! Waits that ended before their condition was met.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use thiserror::Error as ThisError;

use super::Error;
use super::text::{EXCERPT_BYTES, StatusText, clean};
use crate::types::Status;

/// A wait that ended before its condition was met.
#[derive(Debug, ThisError)]
#[error(
    "{cause} (waited {}, polled {}){}{}",
    Seconds(*waited),
    Times(*polls),
    LastError(last_error.as_deref()),
    LastState(last.as_ref())
)]
#[non_exhaustive]
pub struct WaitError {
    /// Why the wait ended.
    pub cause: WaitCause,
    /// How long it waited.
    pub waited: Duration,
    /// Number of polls, failed polls included.
    pub polls: u64,
    /// The last known state, in the API's own JSON format.
    pub last: Option<Value>,
    /// The error of the last poll, if the wait ended at its deadline and that poll failed.
    pub last_error: Option<Box<Error>>,
}

/// Why a wait ended.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum WaitCause {
    /// The deadline passed. The condition may still be met later.
    #[error("the deadline passed")]
    Deadline,
    /// The job failed, so the condition will never be met.
    #[error("the job failed: {}", StatusText(.0, EXCERPT_BYTES))]
    Failed(Box<Status>),
    /// Polling failed: with an error that is not transient, or with too many transient errors in a row.
    #[error("polling failed: {0}")]
    Polling(Box<Error>),
}

struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s", self.0.as_secs_f64())
    }
}

struct Times(u64);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("once"),
            count => write!(f, "{count} times"),
        }
    }
}

struct LastError<'a>(Option<&'a Error>);

impl fmt::Display for LastError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(error) => write!(f, "; the last poll failed: {error}"),
            None => Ok(()),
        }
    }
}

struct LastState<'a>(Option<&'a Value>);

impl fmt::Display for LastState<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(last) => write!(f, "; last known state: {}", clean(&last.to_string(), EXCERPT_BYTES / 2)),
            None => Ok(()),
        }
    }
}
