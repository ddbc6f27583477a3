//! Server-sent events, as in the HTML standard, section 9.2.6 "Interpreting an event stream".

use std::time::Duration;

use super::DecodeFault;

/// A decoder of server-sent events.
///
/// It follows the standard: lines end with LF, CR or CRLF; a byte order mark at the beginning is skipped; lines that
/// begin with a colon are comments; several `data` lines are joined by LF; an event without data is not returned.
///
/// ```
/// use clarifai_core::stream::EventDecoder;
///
/// let mut decoder = EventDecoder::new();
/// let mut piece = &b": hello\r\nevent: greeting\r\nid: 7\r\ndata: one\r\ndata: two\r\n\r\n"[..];
/// let event = decoder.next(&mut piece)?.expect("an event");
/// assert_eq!((event.name, event.data, event.id), ("greeting", &b"one\ntwo"[..], "7"));
/// assert_eq!(decoder.next(&mut piece)?, None);
/// # Ok::<(), clarifai_core::stream::DecodeFault>(())
/// ```
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each one is a fact about the line or the event")]
pub struct EventDecoder {
    limit: usize,
    /// Beginning of a line whose end has not arrived.
    line: Vec<u8>,
    /// Whether the last line ended with CR, so that an LF right after it belongs to it.
    after_cr: bool,
    /// Whether the first line, which may begin with a byte order mark, is complete.
    begun: bool,
    data: Vec<u8>,
    has_data: bool,
    name: String,
    id: String,
    retry: Option<Duration>,
    /// Whether data and name belong to an event that was returned.
    dispatched: bool,
}

/// A server-sent event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event<'a> {
    /// Name of the event. Empty if it has none.
    pub name: &'a str,
    /// Data of the event: its `data` lines, joined by LF.
    pub data: &'a [u8],
    /// Id of the last event that had one. Empty if none had.
    pub id: &'a str,
}

impl Default for EventDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl EventDecoder {
    /// Creates a decoder with the limit [`MAX_ELEMENT_BYTES`](super::MAX_ELEMENT_BYTES).
    pub fn new() -> Self {
        Self::with_limit(super::MAX_ELEMENT_BYTES)
    }

    /// Creates a decoder that refuses events and lines of more than `limit` bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            after_cr: false,
            begun: false,
            data: Vec::new(),
            has_data: false,
            name: String::new(),
            id: String::new(),
            retry: None,
            dispatched: false,
        }
    }

    /// Returns the time to wait before a new connection, from the last valid `retry` line.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Returns the next event, and removes the bytes that it has read from the beginning of `piece`. `None` means that
    /// `piece` is used up.
    ///
    /// # Errors
    ///
    /// [`TooLarge`](DecodeFault::TooLarge) if a line or the data of an event exceeds the limit.
    pub fn next(&mut self, piece: &mut &[u8]) -> Result<Option<Event<'_>>, DecodeFault> {
        self.forget_dispatched();
        while !piece.is_empty() {
            if std::mem::take(&mut self.after_cr) && piece[0] == b'\n' {
                *piece = &piece[1..];
                continue;
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', piece) else {
                let rest = std::mem::take(piece);
                self.check(self.line.len() + rest.len())?;
                self.line.extend_from_slice(rest);
                break;
            };
            let (line, rest) = (&piece[..end], &piece[end + 1..]);
            self.after_cr = piece[end] == b'\r';
            *piece = rest;
            self.check(self.line.len() + line.len())?;
            let is_complete = if self.line.is_empty() {
                self.take(line)?
            } else {
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                let taken = self.take(&whole);
                // The buffer is kept for the next line.
                whole.clear();
                self.line = whole;
                taken?
            };
            if is_complete {
                self.dispatched = true;
                return Ok(Some(Event { name: &self.name, data: &self.data, id: &self.id }));
            }
        }
        Ok(None)
    }

    /// Returns the data of an event whose end did not arrive, `None` if the body ended between two events.
    pub fn rest(&self) -> Option<&[u8]> {
        if self.dispatched {
            return (!self.line.is_empty()).then_some(&self.line);
        }
        match (self.line.is_empty(), self.has_data) {
            (true, false) => None,
            (true, true) => Some(&self.data),
            // A last line without its end.
            (false, false) => Some(value_of(&self.line, b"data").unwrap_or(&self.line)),
            (false, true) => Some(&self.line),
        }
    }

    fn forget_dispatched(&mut self) {
        if std::mem::take(&mut self.dispatched) {
            self.data.clear();
            self.name.clear();
            self.has_data = false;
        }
    }

    fn check(&self, length: usize) -> Result<(), DecodeFault> {
        if length > self.limit { Err(DecodeFault::TooLarge(self.limit)) } else { Ok(()) }
    }

    /// Takes one line without its end. Returns whether it completes an event.
    fn take(&mut self, mut line: &[u8]) -> Result<bool, DecodeFault> {
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            if !self.has_data {
                self.name.clear();
            }
            return Ok(self.has_data);
        }
        if let Some(value) = value_of(line, b"data") {
            // The data can be an empty line, so its length does not tell whether there was one before.
            let separator = usize::from(self.has_data);
            self.check(self.data.len() + separator + value.len())?;
            if std::mem::replace(&mut self.has_data, true) {
                self.data.push(b'\n');
            }
            self.data.extend_from_slice(value);
        } else if let Some(value) = value_of(line, b"event") {
            self.name.clear();
            self.name.push_str(&String::from_utf8_lossy(value));
        } else if let Some(value) = value_of(line, b"id") {
            if !value.contains(&0) {
                self.id.clear();
                self.id.push_str(&String::from_utf8_lossy(value));
            }
        } else if let Some(value) = value_of(line, b"retry") {
            let digits = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
            if let Some(milliseconds) = digits.and_then(|text| text.parse().ok()) {
                self.retry = Some(Duration::from_millis(milliseconds));
            }
        }
        Ok(false)
    }
}

/// Returns the value of a line with this field, without the space after the colon.
fn value_of<'a>(line: &'a [u8], field: &[u8]) -> Option<&'a [u8]> {
    match line.strip_prefix(field)? {
        [] => Some(&[]),
        [b':', value @ ..] => Some(value.strip_prefix(b" ").unwrap_or(value)),
        _ => None,
    }
}
