//! The steps of machines with their times.

use std::fmt;
use std::time::Duration;

use crate::error::TransportErrorKind;

/// The steps of machines with their times. Displays one line per step, and can be compared as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log(pub(super) Vec<Entry>);

impl Log {
    /// Returns the steps in order.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Returns the number of requests that were sent.
    pub fn sent(&self) -> usize {
        self.0.iter().filter(|entry| matches!(entry.what, EventKind::Send { .. })).count()
    }

    /// Returns the steps without their times, such as `GET /v2/models/m 200`, `wait` and `done`.
    pub fn outline(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|entry| match &entry.what {
                EventKind::Wait(_) => "wait".to_owned(),
                what => what.to_string(),
            })
            .collect()
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

/// One step of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Time of the step, since the start of the clock.
    pub at: Duration,
    /// Kind of the step.
    pub what: EventKind,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10.3} s  {}", self.at.as_secs_f64(), self.what)
    }
}

/// The kind of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// A request was sent.
    Send {
        /// HTTP method.
        method: String,
        /// Path with the query.
        path: String,
        /// HTTP status of the response, or kind of the transport error.
        outcome: Result<u16, TransportErrorKind>,
    },
    /// The machine waited until this time, since the start of the clock.
    Wait(Duration),
    /// The machine ended, successfully or with this error message.
    Done(Result<(), String>),
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { method, path, outcome: Ok(status) } => write!(f, "{method} {path} {status}"),
            Self::Send { method, path, outcome: Err(kind) } => write!(f, "{method} {path} {kind:?}"),
            Self::Wait(until) => write!(f, "wait until {:.3} s", until.as_secs_f64()),
            Self::Done(Ok(())) => f.write_str("done"),
            Self::Done(Err(error)) => write!(f, "failed: {error}"),
        }
    }
}
