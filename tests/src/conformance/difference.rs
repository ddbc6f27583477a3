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
    MissesEarlyAnswer,
    /// Opens a connection for each call.
    NoPool,
    /// Accepts a response with two lengths.
    TakesTwoLengths,
    /// Accepts a truncated head as a response without a body.
    TakesCutHead,
    /// Accepts truncated compressed bytes as the whole body.
    TakesCutGzip,
    /// Loses a response with a header that is not ASCII.
    LosesForeignAnswer,
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
    LosesForeignHeader,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AddsHeader(header) => return write!(f, "adds the header `{header}`"),
            Self::LogsKey(target) => return write!(f, "shows the key in the log `{target}` at trace"),
            Self::Blocks => "cannot give up a call under way",
            Self::RefusedIsMaybeSent => "cannot prove that a refused connection sent nothing",
            Self::ClosedEarlyIsNotSent => "proves that a connection closed too early sent nothing",
            Self::NoHostIsMaybeSent => "cannot prove that an unknown host got nothing",
            Self::BadCertificateIsMaybeSent => "cannot prove that a refused certificate sent nothing",
            Self::ProxyRefusalIsMaybeSent => "cannot prove that a refusing proxy sent nothing",
            Self::Unpacks => "unpacks gzip",
            Self::TakesManyHeaders => "takes 100,000 headers",
            Self::TakesLargeHeaders => "takes a header of 1 MiB",
            Self::LargeHeadIsMaybeSent => "tells a head beyond its limit as a broken connection",
            Self::EndsAtFlood => "ends a call at a flood of interim answers",
            Self::MissesEarlyAnswer => "misses an answer that comes before the request is sent",
            Self::NoPool => "opens a connection for each call",
            Self::TakesTwoLengths => "takes an answer with two lengths",
            Self::TakesCutHead => "takes a head that breaks off for an answer without a body",
            Self::TakesCutGzip => "takes packed bytes that break off for the whole",
            Self::LosesForeignAnswer => "loses an answer with a header that is not ASCII",
            Self::LosesUnknownStatus => "loses an answer with a status it does not know",
            Self::FailsOnClosedPool => "may fail on a pooled connection that was closed long ago",
            Self::ManyHeadersTakeMemory => "takes more than 64 MiB for 100,000 headers",
            Self::UnpacksAhead => "may unpack far ahead of who reads",
            Self::TakesCutTls => "takes a cut TLS connection for the end of an answer without a length",
            Self::TakesReset => "takes a reset connection for the end of an answer without a length",
            Self::RepeatsOnKept => "sends a request without a body again by itself where a used connection breaks",
            Self::LosesForeignHeader => "loses a header that is not ASCII",
        })
    }
}
