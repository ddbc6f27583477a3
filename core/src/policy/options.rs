//! Options for one call, where they differ from those of the client.

use std::time::Duration;

use super::RetryPolicy;

/// Options for one call: what is not set is that of the client's configuration.
///
/// The methods of `client.request(operation)` set them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallOptions {
    /// Limit for the whole call, with all its attempts and waits. Default: none beyond those of the transport.
    ///
    /// Of a stream, it limits the time until the first item.
    pub timeout: Option<Duration>,
    /// Limit for the wait for each next piece of a stream. Default: 5 minutes. Calls without a stream ignore it.
    pub idle_timeout: Option<Duration>,
    /// When and how often the call is retried.
    pub retry: Option<RetryPolicy>,
    /// Maximum number of attempts, the first one included.
    pub max_attempts: Option<u32>,
}

impl CallOptions {
    /// Returns the retry policy of a call under `default`.
    pub(crate) fn retry(&self, default: &RetryPolicy) -> RetryPolicy {
        let retry = self.retry.as_ref().unwrap_or(default).clone();
        match self.max_attempts {
            Some(max_attempts) => retry.with_max_attempts(max_attempts),
            None => retry,
        }
    }
}
