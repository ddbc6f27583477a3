//! Request bodies: replayable, of known length, with images encoded as base64 while the body is read.
//!
//! A batch of 128 images is tens of megabytes. Encoding it into a string and that string into JSON would hold it in
//! memory almost three times. Here the JSON around the images is a list of small segments between the raw image bytes,
//! and base64 is written directly into the buffer of the reader. Each reader starts from the first byte, so a retry
//! only repeats the encoding.

use std::io::Read;
use std::sync::Arc;

use base64_simd::{AsOut, STANDARD};
use bytes::{Bytes, BytesMut};
use serde::Serialize;

use crate::error::InvalidArgument;

/// The body of a request. Cheap to clone: clones share their bytes.
#[derive(Clone, Default)]
pub struct Body(Repr);

#[derive(Clone, Default)]
enum Repr {
    #[default]
    Empty,
    /// One contiguous buffer, the usual case.
    Whole(Bytes),
    Pieces {
        pieces: Arc<[Piece]>,
        length: u64,
    },
}

#[derive(Clone)]
enum Piece {
    /// Bytes that are sent unchanged.
    Text(Bytes),
    /// Bytes that are sent as base64.
    Encoded(Bytes),
}

impl Piece {
    fn encoded_len(&self) -> u64 {
        match self {
            Self::Text(bytes) => bytes.len() as u64,
            Self::Encoded(bytes) => (bytes.len() as u64).div_ceil(3) * 4,
        }
    }
}

impl Body {
    /// Creates an empty body.
    pub const fn empty() -> Self {
        Self(Repr::Empty)
    }

    /// Creates a body that sends `bytes` unchanged.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        Self(Repr::Whole(bytes.into()))
    }

    /// Creates a JSON body from a serializable value.
    ///
    /// # Errors
    ///
    /// Fails if the value cannot be represented as JSON.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self, InvalidArgument> {
        let mut writer = BodyWriter::default();
        writer.value("body", value)?;
        Ok(writer.finish())
    }

    /// Returns the exact length of the body as sent, in bytes: the value of `Content-Length`.
    pub fn len(&self) -> u64 {
        match &self.0 {
            Repr::Empty => 0,
            Repr::Whole(bytes) => bytes.len() as u64,
            Repr::Pieces { length, .. } => *length,
        }
    }

    /// Returns whether the body is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the bytes as sent if they are contiguous, or `None` for bodies that contain media.
    pub fn as_slice(&self) -> Option<&[u8]> {
        match &self.0 {
            Repr::Empty => Some(&[]),
            Repr::Whole(bytes) => Some(bytes),
            Repr::Pieces { .. } => None,
        }
    }

    /// Returns a reader of the bytes as sent. Each reader starts from the first byte.
    pub fn reader(&self) -> BodyReader {
        BodyReader { left: self.len(), body: self.clone(), piece: 0, offset: 0, carry: [0; 4], carried: 0..0 }
    }

    /// Returns all bytes as sent in one buffer. Copies only if the body contains media.
    pub fn to_bytes(&self) -> Bytes {
        match &self.0 {
            Repr::Empty => Bytes::new(),
            Repr::Whole(bytes) => bytes.clone(),
            Repr::Pieces { length, .. } => {
                let mut all = BytesMut::zeroed(usize::try_from(*length).unwrap_or(usize::MAX));
                self.reader().fill(&mut all);
                all.freeze()
            }
        }
    }

    fn piece(&self, index: usize) -> Option<PieceRef<'_>> {
        match (&self.0, index) {
            (Repr::Whole(bytes), 0) => Some(PieceRef::Text(bytes)),
            (Repr::Pieces { pieces, .. }, index) => pieces.get(index).map(|piece| match piece {
                Piece::Text(bytes) => PieceRef::Text(bytes),
                Piece::Encoded(bytes) => PieceRef::Encoded(bytes),
            }),
            _ => None,
        }
    }
}

/// Shows only the length: bodies can contain private images, and form bodies contain credentials.
impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Body({} bytes)", self.len())
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::from_bytes(bytes)
    }
}

enum PieceRef<'a> {
    Text(&'a [u8]),
    Encoded(&'a [u8]),
}

/// A reader of the bytes of a [`Body`] as sent. Its [`Read`] implementation never fails.
///
/// With the feature `http-body` it also implements `http_body::Body`: it reports its exact length and yields a body
/// with images in chunks of up to 64 KiB, so that the body is never held in memory in encoded form.
#[derive(Debug)]
pub struct BodyReader {
    body: Body,
    /// Number of bytes not yet read, counted as sent.
    left: u64,
    piece: usize,
    /// Number of bytes of the current piece already read, counted before encoding.
    offset: usize,
    /// An encoded group of four bytes that did not fit into the buffer of the caller, and the range not yet read.
    carry: [u8; 4],
    carried: std::ops::Range<u8>,
}

impl BodyReader {
    /// Reads into `buffer` and returns the number of bytes written: the length of `buffer`, or less at the end of the
    /// body.
    pub fn fill(&mut self, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < buffer.len() {
            let room = &mut buffer[filled..];
            if let Some(index) = self.carried.next() {
                room[0] = self.carry[usize::from(index)];
                filled += 1;
                continue;
            }
            let Some(piece) = self.body.piece(self.piece) else { break };
            let (taken, written, length) = match piece {
                PieceRef::Text(bytes) => {
                    let count = room.len().min(bytes.len() - self.offset);
                    room[..count].copy_from_slice(&bytes[self.offset..self.offset + count]);
                    (count, count, bytes.len())
                }
                PieceRef::Encoded(bytes) => {
                    let left = &bytes[self.offset..];
                    // Whole groups of three bytes only, so that padding appears only at the end of the piece.
                    let groups = (room.len() / 4).min(left.len().div_ceil(3));
                    if groups == 0 && !left.is_empty() {
                        let count = left.len().min(3);
                        let _ = STANDARD.encode(&left[..count], self.carry.as_mut_slice().as_out());
                        self.carried = 0..4;
                        (count, 0, bytes.len())
                    } else {
                        let count = (groups * 3).min(left.len());
                        let _ = STANDARD.encode(&left[..count], room[..groups * 4].as_out());
                        (count, groups * 4, bytes.len())
                    }
                }
            };
            self.offset += taken;
            filled += written;
            if self.offset == length {
                self.piece += 1;
                self.offset = 0;
            }
        }
        self.left -= filled as u64;
        filled
    }

    /// Returns the exact number of bytes not yet read.
    pub fn remaining(&self) -> u64 {
        self.left
    }

    /// Returns the next chunk: up to 64 KiB if the body contains media to encode, otherwise all of it.
    #[cfg(feature = "http-body")]
    fn chunk(&mut self) -> Option<Bytes> {
        const CHUNK: u64 = 64 * 1024;
        if self.left == 0 {
            return None;
        }
        if let (Repr::Whole(bytes), 0) = (&self.body.0, self.offset) {
            // The buffer is shared, not copied.
            let bytes = bytes.clone();
            self.left = 0;
            self.piece = 1;
            return Some(bytes);
        }
        let mut chunk = BytesMut::zeroed(usize::try_from(self.left.min(CHUNK)).unwrap_or(usize::MAX));
        self.fill(&mut chunk);
        Some(chunk.freeze())
    }
}

impl Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        Ok(self.fill(buffer))
    }
}

#[cfg(feature = "http-body")]
impl http_body::Body for BodyReader {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Ready(self.chunk().map(|chunk| Ok(http_body::Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.left)
    }
}

/// A writer of JSON bodies whose strings can be base64-encoded media.
///
/// Used by operations that send media; other operations serialize a struct with [`Body::json`].
#[derive(Debug, Default)]
pub struct BodyWriter {
    text: Vec<u8>,
    /// The pieces between parts of the text, each with the length of the text before it.
    between: Vec<(usize, Piece)>,
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.encoded_len())
    }
}

impl BodyWriter {
    /// Creates a writer whose text buffer has a capacity of `bytes` bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { text: Vec::with_capacity(bytes), between: Vec::new() }
    }

    /// Appends JSON text unchanged: braces, keys, commas.
    pub fn raw(&mut self, json: &str) -> &mut Self {
        self.text.extend_from_slice(json.as_bytes());
        self
    }

    /// Appends a value as JSON. `argument` names the value in errors.
    ///
    /// # Errors
    ///
    /// Fails if the value cannot be represented as JSON.
    pub fn value<T: Serialize + ?Sized>(
        &mut self,
        argument: &'static str,
        value: &T,
    ) -> Result<&mut Self, InvalidArgument> {
        serde_json::to_writer(&mut self.text, value)
            .map_err(|error| InvalidArgument::new(argument, format!("cannot be written as JSON: {error}")))?;
        Ok(self)
    }

    /// Appends a JSON string that contains `bytes` as base64, encoded when the body is read.
    pub fn base64(&mut self, bytes: Bytes) -> &mut Self {
        self.string(Piece::Encoded(bytes))
    }

    /// Appends a JSON string of text that needs no escaping, without copying it.
    pub(crate) fn shared_text(&mut self, text: Bytes) -> &mut Self {
        self.string(Piece::Text(text))
    }

    fn string(&mut self, content: Piece) -> &mut Self {
        self.text.push(b'"');
        self.between.push((self.text.len(), content));
        self.text.push(b'"');
        self
    }

    /// Returns the finished body.
    pub fn finish(self) -> Body {
        let text = Bytes::from(self.text);
        if self.between.is_empty() {
            return Body(Repr::Whole(text));
        }
        let mut pieces = Vec::with_capacity(self.between.len() * 2 + 1);
        let mut from = 0;
        for (to, piece) in self.between {
            pieces.extend([Piece::Text(text.slice(from..to)), piece]);
            from = to;
        }
        pieces.push(Piece::Text(text.slice(from..)));
        let length = pieces.iter().map(Piece::encoded_len).sum();
        Body(Repr::Pieces { pieces: pieces.into(), length })
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD as PLAIN;
    use proptest::prelude::*;

    use super::*;

    fn read_by(body: &Body, step: usize) -> Vec<u8> {
        let mut reader = body.reader();
        let mut all = Vec::new();
        let mut buffer = vec![0; step];
        loop {
            match reader.fill(&mut buffer) {
                0 => return all,
                count => all.extend_from_slice(&buffer[..count]),
            }
        }
    }

    proptest! {
        /// For any images and any buffer size, the bytes equal those of a plain base64 encoder.
        #[test]
        fn any_step_gives_the_same_bytes(
            images in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..70), 0..6),
            step in 1_usize..50,
        ) {
            let mut writer = BodyWriter::default();
            let mut expected = String::from("[");
            writer.raw("[");
            for image in images {
                expected.push('"');
                expected.push_str(&PLAIN.encode(&image));
                expected.push_str("\",");
                writer.base64(image.into()).raw(",");
            }
            writer.raw("0]");
            expected.push_str("0]");
            let body = writer.finish();
            prop_assert_eq!(body.len(), expected.len() as u64);
            prop_assert_eq!(read_by(&body, step), expected.as_bytes());
            prop_assert_eq!(&body.to_bytes()[..], expected.as_bytes(), "a second reading starts from the beginning");
            #[cfg(feature = "http-body")]
            {
                let (bytes, _) = chunks(body.reader());
                prop_assert_eq!(&bytes[..], expected.as_bytes());
                let mut begun = body.reader();
                begun.fill(&mut vec![0; step.min(expected.len())]);
                let (rest, _) = chunks(begun);
                prop_assert_eq!(&rest[..], &expected.as_bytes()[step.min(expected.len())..], "the rest of it");
            }
        }
    }

    /// Returns all bytes of a polled body and the size of its largest chunk. Checks that the size hint is exact.
    #[cfg(feature = "http-body")]
    fn chunks(mut reader: BodyReader) -> (Vec<u8>, usize) {
        use http_body::Body as _;
        let (mut all, mut largest) = (Vec::new(), 0);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        loop {
            let before = reader.size_hint().exact();
            assert_eq!(before, Some(reader.remaining()));
            let std::task::Poll::Ready(frame) = std::pin::Pin::new(&mut reader).poll_frame(&mut context) else {
                panic!("it never waits");
            };
            let Some(Ok(frame)) = frame else {
                assert_eq!((before, reader.is_end_stream()), (Some(0), true));
                return (all, largest);
            };
            let chunk = frame.into_data().expect("it has no trailers");
            assert!(!chunk.is_empty());
            largest = largest.max(chunk.len());
            all.extend_from_slice(&chunk);
        }
    }

    #[cfg(feature = "http-body")]
    #[test]
    fn bodies_with_images_are_read_in_chunks_and_others_whole() {
        let mut writer = BodyWriter::default();
        writer.raw("[").base64(vec![7; 1_000_000].into()).raw("]");
        let body = writer.finish();
        let (bytes, largest) = chunks(body.reader());
        assert_eq!((bytes == body.to_bytes()[..], largest), (true, 64 * 1024));

        let body = Body::from_bytes(vec![b'x'; 1_000_000]);
        assert_eq!(chunks(body.reader()).1, 1_000_000, "shared, not copied");
        assert_eq!(chunks(Body::empty().reader()).1, 0);
    }

    #[test]
    fn debug_shows_no_content() {
        assert_eq!(format!("{:?}", Body::from_bytes("secret=hunter2")), "Body(14 bytes)");
    }
}
