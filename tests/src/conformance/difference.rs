//! How adapters may differ. The README lists for each adapter which of these it shows; a test holds the list.

use std::fmt;

/// One way in which an adapter differs from the rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Difference {
    /// Requests carry a header of the adapter's own, in the form `name` or `name: value`.
    AddsHeader(String),
    /// Blocking: a call under way cannot be given up.
    Blocks,
    /// The key shows in a log, at the level `trace`, under this target.
    LogsKey(String),
    /// A refused connection is told as "may have been sent".
    RefusedIsMaybeSent,
    /// A connection closed before the request was read is told as "not sent", and provably so.
    ClosedEarlyIsNotSent,
    /// A name that does not resolve is told as "may have been sent".
    NoHostIsMaybeSent,
    /// A certificate that was refused is told as "may have been sent".
    BadCertificateIsMaybeSent,
    /// A proxy that refuses to connect is told as "may have been sent".
    ProxyRefusalIsMaybeSent,
    /// Asks for compressed answers and unpacks them.
    Unpacks,
    /// Takes answers with a hundred thousand headers.
    TakesManyHeaders,
    /// Takes answers with a header of one MiB.
    TakesLargeHeaders,
    /// A head beyond its limit is told as a broken connection and not as too large.
    LargeHeadIsMaybeSent,
    /// Ends the call at a flood of interim answers.
    EndsAtFlood,
    /// Reads no answer that comes before the request is sent to its end.
    MissesEarlyAnswer,
    /// Opens a connection for each call.
    NoPool,
    /// Takes an answer whose head says two lengths.
    TakesTwoLengths,
    /// Takes a head that breaks off for an answer without a body.
    TakesCutHead,
    /// Takes packed bytes that break off for the whole.
    TakesCutGzip,
    /// Loses the answer whose header is not ASCII.
    LosesForeignAnswer,
    /// Loses the answer whose status it does not know.
    LosesUnknownStatus,
    /// May fail on a pooled connection that the server closed long ago, without having sent anything.
    FailsOnClosedPool,
    /// Takes more memory for a hundred thousand headers than the others may.
    ManyHeadersTakeMemory,
    /// May hold what it unpacked before anybody reads it: as much as the limit of a test lets it.
    UnpacksAhead,
    /// Takes the end of a connection without the farewell of TLS for the end of an answer that said no length.
    TakesCutTls,
    /// Takes a connection that was reset for the end of an answer that said no length.
    TakesReset,
    /// Sends a request without a body again by itself where a used connection breaks before an answer.
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
