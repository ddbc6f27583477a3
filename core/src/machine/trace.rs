//! The operation that a request belongs to, for adapters, and its events and spans for `tracing` if that feature is
//! enabled.
//!
//! Nothing recorded contains a secret: no headers, no bodies, and texts of the service only after credentials were
//! redacted.

use http::Request;

use super::Instant;
use crate::body::Body;
use crate::envelope::Envelope;
use crate::error::Error;

/// The operation and attempt that a request belongs to. Machines add it to the [extensions](Request::extensions) of
/// each request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OperationInfo {
    /// Name of the operation, such as `predict`.
    pub operation: &'static str,
    /// Number of the attempt, starting at 1.
    pub attempt: u32,
    #[cfg(feature = "tracing")]
    pub(super) span: tracing::Span,
}

/// A request in flight.
#[derive(Debug)]
pub(super) struct Sent {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
    #[cfg(feature = "tracing")]
    since: Instant,
}

impl Sent {
    /// Opens the span of the request and adds [`OperationInfo`] to its extensions.
    pub(super) fn new(request: &mut Request<Body>, operation: &'static str, attempt: u32, now: Instant) -> Self {
        #[cfg(feature = "tracing")]
        {
            let span = tracing::debug_span!(
                "clarifai",
                operation,
                attempt,
                method = request.method().as_str(),
                path = request.uri().path(),
                bytes = request.body().len(),
                status = tracing::field::Empty,
                duration_ms = tracing::field::Empty,
                request_id = tracing::field::Empty,
                error = tracing::field::Empty,
            );
            request.extensions_mut().insert(OperationInfo { operation, attempt, span: span.clone() });
            Self { span, since: now }
        }
        #[cfg(not(feature = "tracing"))]
        {
            let _ = now;
            request.extensions_mut().insert(OperationInfo { operation, attempt });
            Self {}
        }
    }

    /// Records the outcome of the request.
    #[cfg_attr(not(feature = "tracing"), expect(clippy::unused_self, reason = "nothing is recorded"))]
    pub(super) fn ended(&self, now: Instant, response: Option<&Envelope>, error: Option<&Error>) {
        #[cfg(feature = "tracing")]
        {
            if self.span.is_disabled() {
                return;
            }
            let duration = now.since(self.since);
            self.span.record("duration_ms", u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
            if let Some(response) = response {
                self.span.record("status", response.http_status());
                if let Some(id) = response.request_id() {
                    self.span.record("request_id", crate::error::clean(&id, 64));
                }
            }
            if let Some(error) = error {
                self.span.record("error", error.to_string());
            }
            self.span.in_scope(|| tracing::debug!(ok = error.is_none(), "response"));
        }
        #[cfg(not(feature = "tracing"))]
        let _ = (now, response, error);
    }
}

/// Runs `send` inside the span of the request, so that the events of the transport belong to it.
pub(super) fn in_span<T>(request: Request<Body>, send: impl FnOnce(Request<Body>) -> T) -> T {
    #[cfg(feature = "tracing")]
    return span(&request).in_scope(|| send(request));
    #[cfg(not(feature = "tracing"))]
    send(request)
}

/// Returns the span of a request.
#[cfg(feature = "tracing")]
pub(super) fn span(request: &Request<Body>) -> tracing::Span {
    request.extensions().get::<OperationInfo>().map_or_else(tracing::Span::none, |call| call.span.clone())
}
