//! JSON values one after the other: on lines, without separators, or as the elements of an array.

use super::{DecodeFault, End};

/// A decoder of JSON values one after the other.
///
/// It accepts what servers send: one value per line, values without any separator, and one array whose elements are the
/// values. It finds where each value ends, and leaves parsing to the caller.
///
/// ```
/// use clarifai_core::stream::{End, JsonDecoder};
///
/// for body in ["{\"a\": 1}\n{\"a\": 2}", "{\"a\": 1}{\"a\": 2}", "[{\"a\": 1}, {\"a\": 2}]"] {
///     let mut decoder = JsonDecoder::new();
///     let mut piece = body.as_bytes();
///     assert_eq!(decoder.next(&mut piece)?, Some(&br#"{"a": 1}"#[..]));
///     assert_eq!(decoder.next(&mut piece)?, Some(&br#"{"a": 2}"#[..]));
///     assert_eq!(decoder.next(&mut piece)?, None);
///     assert_eq!(decoder.finish(), End::Finished);
/// }
/// # Ok::<(), clarifai_core::stream::DecodeFault>(())
/// ```
#[derive(Debug)]
pub struct JsonDecoder {
    limit: usize,
    /// Beginning of a value whose end has not arrived, or the value that was returned last.
    held: Vec<u8>,
    returned: bool,
    place: Place,
    within: Within,
}

/// The place between values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Outside of an array.
    Top,
    /// In an array: a value or its end must follow.
    Open,
    /// In an array: a comma or its end must follow.
    AfterValue,
    /// In an array: a value must follow.
    AfterComma,
}

/// The place within a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    /// Not in a value.
    No,
    /// In an object or array with this many open brackets.
    Brackets(usize),
    /// In a string, within this many open brackets.
    Text(usize),
    /// After a backslash in such a string.
    Escape(usize),
}

impl Default for JsonDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl JsonDecoder {
    /// Creates a decoder with the limit [`MAX_ELEMENT_BYTES`](super::MAX_ELEMENT_BYTES).
    pub fn new() -> Self {
        Self::with_limit(super::MAX_ELEMENT_BYTES)
    }

    /// Creates a decoder that refuses values of more than `limit` bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self { limit, held: Vec::new(), returned: false, place: Place::Top, within: Within::No }
    }

    /// Returns the next value, and removes the bytes that it has read from the beginning of `piece`. `None` means that
    /// `piece` is used up.
    ///
    /// # Errors
    ///
    /// [`TooLarge`](DecodeFault::TooLarge) if a value exceeds the limit, [`NotJson`](DecodeFault::NotJson) if something
    /// other than an object, an array or white space stands between the values.
    pub fn next<'a, 'i: 'a>(&'a mut self, piece: &mut &'i [u8]) -> Result<Option<&'a [u8]>, DecodeFault> {
        if std::mem::take(&mut self.returned) {
            self.held.clear();
        }
        if self.within == Within::No && !self.begin(piece)? {
            return Ok(None);
        }
        let Some(end) = self.end_of_value(piece) else {
            let rest = std::mem::take(piece);
            self.check(self.held.len() + rest.len())?;
            self.held.extend_from_slice(rest);
            return Ok(None);
        };
        let (value, rest) = piece.split_at(end);
        *piece = rest;
        self.within = Within::No;
        if self.place != Place::Top {
            self.place = Place::AfterValue;
        }
        self.check(self.held.len() + value.len())?;
        if self.held.is_empty() {
            return Ok(Some(value));
        }
        self.held.extend_from_slice(value);
        self.returned = true;
        Ok(Some(&self.held))
    }

    /// Returns how the body ended. Call it when there are no more pieces.
    pub fn finish(&self) -> End {
        match (self.within, self.place) {
            (Within::No, Place::Top) => End::Finished,
            _ => End::Within,
        }
    }

    /// Skips what stands between values. Returns whether a value begins.
    fn begin(&mut self, piece: &mut &[u8]) -> Result<bool, DecodeFault> {
        while let [first, rest @ ..] = *piece {
            match (first, self.place) {
                (b' ' | b'\t' | b'\r' | b'\n', _) => {}
                (b'[', Place::Top) => self.place = Place::Open,
                (b'{' | b'[', Place::Top | Place::Open | Place::AfterComma) => {
                    self.within = Within::Brackets(0);
                    return Ok(true);
                }
                (b',', Place::AfterValue) => self.place = Place::AfterComma,
                (b']', Place::Open | Place::AfterValue) => self.place = Place::Top,
                _ => return Err(DecodeFault::NotJson(shown(piece))),
            }
            *piece = rest;
        }
        Ok(false)
    }

    /// Returns the position after the value that `piece` begins with or continues, `None` if its end is not in it.
    fn end_of_value(&mut self, piece: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < piece.len() {
            self.within = match self.within {
                Within::No => return Some(at),
                Within::Escape(depth) => {
                    at += 1;
                    Within::Text(depth)
                }
                Within::Text(depth) => match memchr::memchr2(b'"', b'\\', &piece[at..]) {
                    None => return None,
                    Some(found) => {
                        at += found + 1;
                        if piece[at - 1] == b'"' { Within::Brackets(depth) } else { Within::Escape(depth) }
                    }
                },
                Within::Brackets(depth) => {
                    let found = piece[at..].iter().position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']'))?;
                    at += found + 1;
                    match piece[at - 1] {
                        b'"' => Within::Text(depth),
                        b'{' | b'[' => Within::Brackets(depth + 1),
                        _ if depth <= 1 => return Some(at),
                        _ => Within::Brackets(depth - 1),
                    }
                }
            };
        }
        None
    }

    fn check(&self, length: usize) -> Result<(), DecodeFault> {
        if length > self.limit { Err(DecodeFault::TooLarge(self.limit)) } else { Ok(()) }
    }
}

/// Returns the beginning of bytes as text for an error.
fn shown(bytes: &[u8]) -> String {
    const SHOWN: usize = 16;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).into_owned();
    format!("`{}`", crate::error::clean(&text, 2 * SHOWN))
}
