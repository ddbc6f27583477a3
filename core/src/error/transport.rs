//! Failures of the transport.

use thiserror::Error as ThisError;

/// A failure of the transport, reported by an adapter.
#[derive(Debug, ThisError)]
#[error("{kind}")]
#[non_exhaustive]
pub struct TransportError {
    /// What the transport knows about the request.
    pub kind: TransportErrorKind,
    /// The transport's own error.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl TransportError {
    /// Creates a failure of this `kind`. The source is the transport's own error, or a text.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind, source: source.into() }
    }
}

/// What a transport knows about a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ThisError)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No byte of the request reached the server. Only for failures where the transport can prove it.
    #[error("the request could not be sent")]
    NotSent,
    /// The certificate of the server is not trusted, so no byte of the request was sent. Another attempt would end in
    /// the same way. Only for failures where the transport can prove it.
    #[error("the certificate of the server is not trusted, so nothing was sent")]
    Untrusted,
    /// The request may have reached the server and may have been executed.
    #[error("the connection failed before the response was complete")]
    MaybeSent,
    /// The response exceeds the adapter's limit. The rest of it was not read.
    #[error("the response is larger than the limit")]
    TooLarge,
}

impl TransportErrorKind {
    /// Returns whether no byte of the request reached the server.
    pub fn proves_not_sent(self) -> bool {
        matches!(self, Self::NotSent | Self::Untrusted)
    }

    /// Returns whether the same request may succeed later.
    pub(crate) fn is_transient(self) -> bool {
        matches!(self, Self::NotSent | Self::MaybeSent)
    }
}
