//! The body of a request: replayable, of known length, with pictures encoded as base64 while they are read.
//!
//! A batch of 128 pictures is tens of megabytes. Encoding it into a string and the string into JSON holds it in
//! memory almost three times. Here the JSON around the pictures is a list of small pieces between the untouched
//! bytes, and base64 comes into being in the reader's own buffer. Reading again starts from the beginning, so a
//! retry costs nothing but the encoding.

use std::io::Read;
use std::sync::Arc;

use base64_simd::{AsOut, STANDARD};
use bytes::{Bytes, BytesMut};
use serde::Serialize;

use crate::error::InvalidArgument;

/// What a request carries. Cheap to clone: clones share their bytes.
#[derive(Clone, Default)]
pub struct Body(Repr);

#[derive(Clone, Default)]
enum Repr {
    #[default]
    Empty,
    /// One run of finished bytes, the usual case.
    Whole(Bytes),
    Pieces {
        pieces: Arc<[Piece]>,
        length: u64,
    },
}

#[derive(Clone)]
enum Piece {
    /// Finished bytes.
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
    /// No body at all.
    pub const fn empty() -> Self {
        Self(Repr::Empty)
    }

    /// A body of finished bytes.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        Self(Repr::Whole(bytes.into()))
    }

    /// A JSON body.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self, InvalidArgument> {
        let mut writer = BodyWriter::default();
        writer.value("body", value)?;
        Ok(writer.finish())
    }

    /// Length in bytes as sent, exact: what belongs into `Content-Length`.
    pub fn len(&self) -> u64 {
        match &self.0 {
            Repr::Empty => 0,
            Repr::Whole(bytes) => bytes.len() as u64,
            Repr::Pieces { length, .. } => *length,
        }
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes as sent, where they lie in one run: always, but for bodies with pictures in them.
    pub fn as_slice(&self) -> Option<&[u8]> {
        match &self.0 {
            Repr::Empty => Some(&[]),
            Repr::Whole(bytes) => Some(bytes),
            Repr::Pieces { .. } => None,
        }
    }

    /// A reader over the bytes as sent, from the first byte. Each call starts anew.
    pub fn reader(&self) -> BodyReader {
        BodyReader { left: self.len(), body: self.clone(), piece: 0, offset: 0, carry: [0; 4], carried: 0..0 }
    }

    /// All bytes as sent, in one run. Without pictures in it this copies nothing.
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

/// Shows the length only: bodies hold people's pictures, and a form body holds credentials.
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

/// Reads a [`Body`] as it is sent. `Read` never fails.
///
/// With the feature `http-body` it is an `http_body::Body` too: it knows its exact length and gives chunks of 64 KiB,
/// so that a body with pictures is never held in its encoded form.
#[derive(Debug)]
pub struct BodyReader {
    body: Body,
    /// Bytes still to be read, counted as sent.
    left: u64,
    piece: usize,
    /// Bytes of the current piece already taken, counted before encoding.
    offset: usize,
    /// An encoded group of four that did not fit the caller's buffer, and what is left of it.
    carry: [u8; 4],
    carried: std::ops::Range<u8>,
}

impl BodyReader {
    /// Fills as much of `buffer` as there is left to read, and says how much that was.
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
                    // Whole groups only, so that padding appears nowhere but at the very end.
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

    /// How many bytes are still to be read, exact.
    pub fn remaining(&self) -> u64 {
        self.left
    }

    /// The next bytes, up to 64 KiB where they are encoded, or all there is where they lie in one run.
    #[cfg(feature = "http-body")]
    fn chunk(&mut self) -> Option<Bytes> {
        const CHUNK: u64 = 64 * 1024;
        if self.left == 0 {
            return None;
        }
        if let (Repr::Whole(bytes), 0) = (&self.body.0, self.offset) {
            // Finished bytes are shared, not copied.
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

/// Writes a JSON body whose strings may be pictures.
///
/// Used by operations that carry media; the others serialise a struct with [`Body::json`].
#[derive(Debug, Default)]
pub struct BodyWriter {
    text: Vec<u8>,
    /// What stands between the text, and how much text comes before.
    between: Vec<(usize, Piece)>,
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.encoded_len())
    }
}

impl BodyWriter {
    /// A writer with room for the JSON of a small call.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { text: Vec::with_capacity(bytes), between: Vec::new() }
    }

    /// Appends JSON text as it is: braces, keys, commas.
    pub fn raw(&mut self, json: &str) -> &mut Self {
        self.text.extend_from_slice(json.as_bytes());
        self
    }

    /// Appends any value as JSON. Fails where JSON has no form for it; `argument` names it in the error.
    pub fn value<T: Serialize + ?Sized>(
        &mut self,
        argument: &'static str,
        value: &T,
    ) -> Result<&mut Self, InvalidArgument> {
        serde_json::to_writer(&mut self.text, value)
            .map_err(|error| InvalidArgument::new(argument, format!("cannot be written as JSON: {error}")))?;
        Ok(self)
    }

    /// Appends a JSON string that holds `bytes` as base64, encoded when the body is read.
    pub fn base64(&mut self, bytes: Bytes) -> &mut Self {
        self.string(Piece::Encoded(bytes))
    }

    /// Appends a JSON string that holds text known to need no escaping, without copying it.
    pub(crate) fn shared_text(&mut self, text: Bytes) -> &mut Self {
        self.string(Piece::Text(text))
    }

    fn string(&mut self, content: Piece) -> &mut Self {
        self.text.push(b'"');
        self.between.push((self.text.len(), content));
        self.text.push(b'"');
        self
    }

    /// The finished body.
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
        /// The law: whatever the pictures and however the body is read, the bytes are those of the plain encoder.
        #[test]
        fn any_step_gives_the_same_bytes(
            pictures in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..70), 0..6),
            step in 1_usize..50,
        ) {
            let mut writer = BodyWriter::default();
            let mut expected = String::from("[");
            writer.raw("[");
            for picture in pictures {
                expected.push('"');
                expected.push_str(&PLAIN.encode(&picture));
                expected.push_str("\",");
                writer.base64(picture.into()).raw(",");
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

    /// All bytes of a body that is polled, and the size of its largest chunk. What is left must be told exactly.
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
    fn bodies_with_pictures_come_in_chunks_and_others_as_they_lie() {
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
