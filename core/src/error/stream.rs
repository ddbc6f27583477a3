//! Streams that broke off.

use std::fmt;

use super::Error;

/// A streamed response that broke off after its first item. The items before were returned.
///
/// Before the first item, a stream fails as any other call does, with the kind of its cause.
#[derive(Debug)]
#[non_exhaustive]
pub struct BrokenStream {
    /// Number of items that were returned before.
    pub items: u64,
    /// Why it broke off: the connection failed or the response ended too early ([`Transport`](super::ErrorKind)), the
    /// service reported an error ([`Api`](super::ErrorKind)), or an item cannot be decoded
    /// ([`InvalidResponse`](super::ErrorKind)).
    pub cause: Box<Error>,
}

impl fmt::Display for BrokenStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.items == 1 { "" } else { "s" };
        write!(f, "the stream broke off after {} item{plural}: {}", self.items, self.cause.kind())
    }
}

impl std::error::Error for BrokenStream {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.source()
    }
}
