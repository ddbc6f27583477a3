//! How adapters may differ. The README lists the differences of each adapter, and tests compare the list.

use std::fmt;

/// A way in which an adapter differs from the rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Difference {
    /// Requests have a header that the adapter adds, in the form `name` or `name: value`.
    AddsHeader(String),
    /// The adapter blocks, so a call in flight cannot be dropped.
    Blocks,
    /// A log contains the key, at the level `trace`, under this target.
    LogsKey(String),
    /// A refused connection is reported as "may have been sent".
    RefusedIsMaybeSent,
    /// A connection closed before the request was read is reported as "not sent", with proof.
    ClosedEarlyIsNotSent,
    /// A name that does not resolve is reported as "may have been sent".
    NoHostIsMaybeSent,
    /// A refused certificate is reported as "may have been sent".
    BadCertificateIsMaybeSent,
    /// A proxy that refuses to connect is reported as "may have been sent".
    ProxyRefusalIsMaybeSent,
    /// Requests compressed responses and decompresses them.
    Unpacks,
    /// Accepts responses with 100,000 headers.
    TakesManyHeaders,
    /// Accepts responses with a header of 1 MiB.
    TakesLargeHeaders,
    /// A head beyond the limit is reported as a failed connection, not as too large.
    LargeHeadIsMaybeSent,
    /// Ends the call at a flood of interim responses.
    EndsAtFlood,
    /// Does not read a response that arrives before the request is sent completely.
    MissesEarlyResponse,
    /// Opens a connection for each call.
    NoPool,
    /// Accepts a response with two lengths.
    TakesTwoLengths,
    /// Accepts a truncated head as a response without a body.
    TakesCutHead,
    /// Accepts truncated compressed bytes as the whole body.
    TakesCutGzip,
    /// Loses a response with a header that is not ASCII.
    LosesNonAsciiResponse,
    /// Loses a response with an unknown status.
    LosesUnknownStatus,
    /// May fail on a pooled connection that the server closed long before, without sending anything.
    FailsOnClosedPool,
    /// Uses more memory for 100,000 headers than is allowed.
    ManyHeadersTakeMemory,
    /// May decompress ahead of the reader, up to the limit of the test.
    UnpacksAhead,
    /// Accepts the end of a TLS connection without `close_notify` as the end of a response without a length.
    TakesCutTls,
    /// Accepts a reset connection as the end of a response without a length.
    TakesReset,
    /// Repeats a request without a body by itself if a reused connection fails before the response.
    RepeatsOnKept,
    /// Loses a header whose value is not ASCII.
    LosesNonAsciiHeader,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AddsHeader(header) => return write!(f, "adds the header `{header}`"),
            Self::LogsKey(target) => return write!(f, "logs the key under the target `{target}` at trace level"),
            Self::Blocks => "cannot cancel a call in flight",
            Self::RefusedIsMaybeSent => "cannot prove that nothing was sent on a refused connection",
            Self::ClosedEarlyIsNotSent => "proves that nothing was sent on a connection closed early",
            Self::NoHostIsMaybeSent => "cannot prove that nothing was sent to an unknown host",
            Self::BadCertificateIsMaybeSent => "cannot prove that nothing was sent after a rejected certificate",
            Self::ProxyRefusalIsMaybeSent => "cannot prove that nothing was sent through a proxy that refused",
            Self::Unpacks => "decompresses gzip",
            Self::TakesManyHeaders => "accepts 100,000 headers",
            Self::TakesLargeHeaders => "accepts a header of 1 MiB",
            Self::LargeHeadIsMaybeSent => "reports a response head larger than its limit as a failed connection",
            Self::EndsAtFlood => "fails a call at a flood of interim responses",
            Self::MissesEarlyResponse => "misses a response that arrives before the request is sent",
            Self::NoPool => "opens a connection for each call",
            Self::TakesTwoLengths => "accepts a response with two lengths",
            Self::TakesCutHead => "accepts a truncated head as a response without a body",
            Self::TakesCutGzip => "accepts truncated compressed bytes as the whole body",
            Self::LosesNonAsciiResponse => "loses a response with a header that is not ASCII",
            Self::LosesUnknownStatus => "loses a response with an unknown status",
            Self::FailsOnClosedPool => "may fail on a pooled connection that was closed long before",
            Self::ManyHeadersTakeMemory => "uses more than 64 MiB for 100,000 headers",
            Self::UnpacksAhead => "may decompress far ahead of the reader",
            Self::TakesCutTls => "accepts a truncated TLS connection as the end of a response without a length",
            Self::TakesReset => "accepts a reset connection as the end of a response without a length",
            Self::RepeatsOnKept => "repeats a request without a body by itself if a reused connection fails",
            Self::LosesNonAsciiHeader => "loses a header that is not ASCII",
        })
    }
}
