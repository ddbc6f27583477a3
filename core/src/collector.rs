//! The body of an answer while it is read: chunk by chunk, up to a limit and never beyond.

use bytes::Bytes;

use crate::error::{TransportError, TransportErrorKind};

/// No more than this is set aside for an answer before it comes, however long it says it is.
const MOST_AHEAD: u64 = 1024 * 1024;

/// The body of an answer while an adapter reads it: takes chunks up to a limit.
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
    /// For an answer of at most `limit` bytes, whose length was `announced`: in bytes as they will be pushed, so
    /// `None` where they are decompressed on the way.
    ///
    /// # Errors
    ///
    /// [`TooLarge`](TransportErrorKind::TooLarge) where more was announced than the limit allows.
    pub fn new(limit: u64, announced: Option<u64>) -> Result<Self, TransportError> {
        if announced.is_some_and(|length| length > limit) {
            return Err(too_large(limit));
        }
        let ahead = announced.unwrap_or(0).min(MOST_AHEAD);
        Ok(Self { bytes: Vec::with_capacity(usize::try_from(ahead).unwrap_or(0)), limit, announced })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// [`TooLarge`](TransportErrorKind::TooLarge) where they go beyond the limit: stop reading then.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), TransportError> {
        if self.bytes.len() as u64 + chunk.len() as u64 > self.limit {
            return Err(too_large(self.limit));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    /// The whole body.
    ///
    /// # Errors
    ///
    /// [`MaybeSent`](TransportErrorKind::MaybeSent) where it has another length than was announced.
    pub fn finish(self) -> Result<Bytes, TransportError> {
        match self.announced {
            Some(announced) if announced != self.bytes.len() as u64 => {
                let problem = format!("the answer has {} bytes of {announced}", self.bytes.len());
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
