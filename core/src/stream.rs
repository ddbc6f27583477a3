//! Decoders of response bodies that arrive in pieces: server-sent events, and JSON values one after the other.
//!
//! A [`Decoder`] takes the pieces of a body as they arrive and returns the [`Element`]s that they contain. However the
//! body is split, the elements are the same. A decoder holds at most one element, up to a size limit, and copies an
//! element only if a piece ends within it.
//!
//! ```
//! use clarifai_core::stream::{Decoder, End};
//!
//! let mut decoder = Decoder::new();
//! let mut seen = Vec::new();
//! for piece in ["data: {\"n\": 1}\n\nda", "ta: {\"n\": 2}\n\ndata: [DONE]\n\n"] {
//!     let mut piece = piece.as_bytes();
//!     while let Some(element) = decoder.next(&mut piece)? {
//!         seen.push(String::from_utf8_lossy(element.json).into_owned());
//!     }
//! }
//! assert_eq!(seen, [r#"{"n": 1}"#, r#"{"n": 2}"#]);
//! assert_eq!(decoder.finish(), End::Finished);
//! # Ok::<(), clarifai_core::stream::DecodeFault>(())
//! ```
//!
//! A decoder knows nothing of calls. [`StreamCall`](crate::machine::StreamCall) adds the request, retries and errors,
//! and `client.stream(operation)` the transport.

mod json;
mod sse;

use thiserror::Error as ThisError;

pub use json::JsonDecoder;
pub use sse::{Event, EventDecoder};

/// Default maximum size of one element, in bytes: 32 MiB, enough for an image in base64.
pub const MAX_ELEMENT_BYTES: usize = 32 * 1024 * 1024;

/// One element of a streamed body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Element<'a> {
    /// Name of the server-sent event. Empty if it has none, and for JSON values.
    pub name: &'a str,
    /// Text of the element: the data of the event, or the JSON value. It is not checked to be valid JSON.
    pub json: &'a [u8],
}

impl<'a> Element<'a> {
    /// Creates an element without a name.
    pub fn new(json: &'a [u8]) -> Self {
        Self { name: "", json }
    }
}

/// How a streamed body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum End {
    /// After the event `[DONE]`, after the bracket that closes a JSON array, or after a JSON value outside of an array,
    /// where the end of the body is the end of the stream.
    Finished,
    /// Between two server-sent events, without `[DONE]`. Whether something is missing depends on the last element.
    Unmarked,
    /// Within an element, or within a JSON array: something is missing.
    Within,
}

/// The reason why a streamed body cannot be decoded further.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum DecodeFault {
    /// An element is larger than the limit.
    #[error("an element of the stream is larger than the limit of {0} bytes")]
    TooLarge(usize),
    /// The bytes at this place are neither the beginning nor the separator of JSON values.
    #[error("the stream contains {0}, which is not JSON")]
    NotJson(String),
}

/// A decoder of a streamed body in either form, which it recognizes by the first byte: `{` or `[` begins JSON, anything
/// else begins server-sent events.
#[derive(Debug)]
pub struct Decoder {
    form: Form,
    limit: usize,
}

#[derive(Debug)]
enum Form {
    Unknown,
    Events { decoder: EventDecoder, done: bool },
    Json(JsonDecoder),
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// Creates a decoder with the limit [`MAX_ELEMENT_BYTES`].
    pub fn new() -> Self {
        Self::with_limit(MAX_ELEMENT_BYTES)
    }

    /// Creates a decoder that refuses elements of more than `limit` bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self { form: Form::Unknown, limit }
    }

    /// Returns the next element, and removes the bytes that it has read from the beginning of `piece`. `None` means
    /// that `piece` is used up, and that the next piece is needed.
    ///
    /// After the event `[DONE]`, everything is ignored.
    ///
    /// # Errors
    ///
    /// An element larger than the limit, or bytes that are not JSON. The decoder must not be used afterwards.
    pub fn next<'a, 'i: 'a>(&'a mut self, piece: &mut &'i [u8]) -> Result<Option<Element<'a>>, DecodeFault> {
        if matches!(self.form, Form::Unknown) {
            // White space before the first byte belongs to neither form.
            *piece = piece.trim_ascii_start();
            self.form = match piece.first() {
                None => return Ok(None),
                Some(b'{' | b'[') => Form::Json(JsonDecoder::with_limit(self.limit)),
                Some(_) => Form::Events { decoder: EventDecoder::with_limit(self.limit), done: false },
            };
        }
        match &mut self.form {
            Form::Json(decoder) => Ok(decoder.next(piece)?.map(Element::new)),
            Form::Events { decoder, done } if !*done => {
                let Some(event) = decoder.next(piece)? else { return Ok(None) };
                if event.data == DONE {
                    *done = true;
                    *piece = &[];
                    return Ok(None);
                }
                Ok(Some(Element { name: event.name, json: event.data }))
            }
            _ => {
                *piece = &[];
                Ok(None)
            }
        }
    }

    /// Returns how the body ended. Call it when there are no more pieces.
    pub fn finish(&self) -> End {
        match &self.form {
            Form::Unknown => End::Unmarked,
            Form::Events { done: true, .. } => End::Finished,
            Form::Events { decoder, .. } => match decoder.rest() {
                None => End::Unmarked,
                // Some servers leave out the empty line at the very end.
                Some(rest) if rest == DONE => End::Finished,
                Some(_) => End::Within,
            },
            Form::Json(decoder) => decoder.finish(),
        }
    }

    /// Returns whether the event `[DONE]` arrived. Nothing of interest follows it.
    pub fn is_done(&self) -> bool {
        matches!(self.form, Form::Events { done: true, .. })
    }
}

/// Data of the event that ends a stream of the OpenAI-compatible endpoint.
const DONE: &[u8] = b"[DONE]";
