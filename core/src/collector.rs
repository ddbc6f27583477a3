//! Collecting the body of a response in chunks, up to a size limit.

use bytes::Bytes;

use crate::error::{TransportError, TransportErrorKind};

/// Upper bound on the buffer preallocated from `Content-Length`, in bytes.
const MOST_AHEAD: u64 = 1024 * 1024;

/// A collector of the body of a response, for adapters: accepts chunks up to a size limit.
///
/// ```
/// use clarifai_core::transport::{BodyCollector, TransportErrorKind};
///
/// let mut received = BodyCollector::new(10, Some(8))?;
/// received.push(b"half")?;
/// assert_eq!(received.finish().expect_err("it broke off").kind, TransportErrorKind::MaybeSent);
/// assert_eq!(BodyCollector::new(10, Some(11)).expect_err("too long").kind, TransportErrorKind::TooLarge);
/// # Ok::<(), clarifai_core::transport::TransportError>(())
/// ```
#[derive(Debug)]
pub struct BodyCollector {
    bytes: Vec<u8>,
    limit: u64,
    announced: Option<u64>,
}

impl BodyCollector {
    /// Creates a collector for a body of at most `limit` bytes.
    ///
    /// `announced` is the expected length in bytes, usually from `Content-Length`, counted like the chunks: pass `None`
    /// if the length is unknown or the chunks are decompressed.
    ///
    /// # Errors
    ///
    /// [`TooLarge`](TransportErrorKind::TooLarge) if `announced` exceeds `limit`.
    pub fn new(limit: u64, announced: Option<u64>) -> Result<Self, TransportError> {
        if announced.is_some_and(|length| length > limit) {
            return Err(too_large(limit));
        }
        let ahead = announced.unwrap_or(0).min(MOST_AHEAD);
        Ok(Self { bytes: Vec::with_capacity(usize::try_from(ahead).unwrap_or(0)), limit, announced })
    }

    /// Appends the next chunk.
    ///
    /// # Errors
    ///
    /// [`TooLarge`](TransportErrorKind::TooLarge) if the body would exceed the limit. The adapter must then stop
    /// reading.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), TransportError> {
        if self.bytes.len() as u64 + chunk.len() as u64 > self.limit {
            return Err(too_large(self.limit));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    /// Returns the complete body.
    ///
    /// # Errors
    ///
    /// [`MaybeSent`](TransportErrorKind::MaybeSent) if its length differs from the announced one.
    pub fn finish(self) -> Result<Bytes, TransportError> {
        match self.announced {
            Some(announced) if announced != self.bytes.len() as u64 => {
                let problem = format!("the response has {} of {announced} bytes", self.bytes.len());
                Err(TransportError::new(TransportErrorKind::MaybeSent, problem))
            }
            _ => Ok(self.bytes.into()),
        }
    }
}

fn too_large(limit: u64) -> TransportError {
    TransportError::new(TransportErrorKind::TooLarge, format!("the limit is {limit} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_up_to_the_limit() {
        for (limit, announced, chunks, expected) in [
            (4, None, &["ab", "cd"][..], Ok("abcd")),
            (4, Some(4), &["abcd"], Ok("abcd")),
            (0, Some(0), &[], Ok("")),
            (4, None, &["ab", "cde"], Err(TransportErrorKind::TooLarge)),
            (4, Some(4), &["ab", "cde"], Err(TransportErrorKind::TooLarge)),
            (4, Some(5), &[], Err(TransportErrorKind::TooLarge)),
            (4, Some(u64::MAX), &[], Err(TransportErrorKind::TooLarge)),
            (9, Some(4), &["abc"], Err(TransportErrorKind::MaybeSent)),
            (9, Some(4), &["abc", "de"], Err(TransportErrorKind::MaybeSent)),
            (u64::MAX, Some(u64::MAX), &["abc"], Err(TransportErrorKind::MaybeSent)),
        ] {
            let read = || {
                let mut received = BodyCollector::new(limit, announced)?;
                chunks.iter().try_for_each(|chunk| received.push(chunk.as_bytes()))?;
                received.finish()
            };
            let got = read().map_err(|failure| failure.kind);
            assert_eq!(got, expected.map(Bytes::from), "{limit} {announced:?} {chunks:?}");
        }
    }
}
