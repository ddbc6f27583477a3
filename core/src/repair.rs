//! Repairs JSON that one unreadable part would make unreadable as a whole.
//!
//! A response is read as it is received. Only if that fails, it is repaired and read again, so that half of an emoji or
//! a number out of range costs one member, and not the results of all other inputs.

use std::fmt::Write as _;

use bytes::Bytes;

/// A repaired body.
///
/// ```
/// use clarifai_core::repair::Repaired;
///
/// let body = br#"{"concepts": [{"name": "\ud83d", "value": 1e400}, {"name": "cat", "value": 0.9}]}"#;
/// let repaired = Repaired::new(body).expect("two parts of it cannot be read");
/// assert_eq!(repaired.replaced, 2);
/// let json: serde_json::Value = serde_json::from_slice(&repaired.body)?;
/// assert_eq!(json["concepts"][1]["name"], "cat");
/// assert_eq!(json["concepts"][0]["value"], serde_json::Value::Null);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repaired {
    /// The body, as UTF-8.
    pub body: Bytes,
    /// Number of parts that could not be read and were replaced: half of a surrogate pair, bytes that are not UTF-8, a
    /// control character, a number out of range. 0 if only the encoding was changed, such as a byte order mark.
    pub replaced: usize,
}

impl Repaired {
    /// Repairs a body, or returns `None` if there is nothing to repair.
    ///
    /// UTF-16 becomes UTF-8 and a byte order mark is removed. Text that is not Unicode becomes U+FFFD. Numbers out of
    /// range and literals that are not JSON, such as `NaN`, become null. Brackets, commas and missing parts are left as
    /// they are: a body that was cut off stays incomplete.
    pub fn new(body: &[u8]) -> Option<Self> {
        let mut replaced = 0;
        let text = decode(body, &mut replaced);
        let mut scanner = Scanner { text: &text, out: String::with_capacity(text.len()), replaced };
        scanner.run();
        let Scanner { out, replaced, .. } = scanner;
        (out.as_bytes() != body).then(|| Self { body: out.into(), replaced })
    }
}

/// Decodes text in UTF-8 or UTF-16, with or without a byte order mark, or returns `None` if a part of it is not
/// Unicode.
///
/// ```
/// use clarifai_core::repair::text;
///
/// assert_eq!(text(b"\xEF\xBB\xBF[clarifai]").as_deref(), Some("[clarifai]"));
/// assert_eq!(text(b"\xFF\xFEa\0").as_deref(), Some("a"));
/// assert_eq!(text(b"caf\xE9"), None);
/// ```
pub fn text(bytes: &[u8]) -> Option<String> {
    let mut replaced = 0;
    let text = decode(bytes, &mut replaced);
    (replaced == 0).then_some(text)
}

/// Reads a unit of UTF-16 in one of the two orders of bytes.
type FromBytes = fn([u8; 2]) -> u16;

/// Decodes text in UTF-8 or UTF-16, with or without a byte order mark. Counts the parts that are not Unicode.
fn decode(bytes: &[u8], replaced: &mut usize) -> String {
    let (bytes, unit): (_, Option<FromBytes>) = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => (rest, None),
        [0xFF, 0xFE, rest @ ..] => (rest, Some(u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => (rest, Some(u16::from_be_bytes)),
        [first, 0, _, ..] if *first != 0 => (bytes, Some(u16::from_le_bytes)),
        [0, first, _, ..] if *first != 0 => (bytes, Some(u16::from_be_bytes)),
        _ => (bytes, None),
    };
    let Some(unit) = unit else {
        *replaced += bytes.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
        return String::from_utf8_lossy(bytes).into_owned();
    };
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let decoded = char::decode_utf16(units).map(|character| {
        character.unwrap_or_else(|_| {
            *replaced += 1;
            char::REPLACEMENT_CHARACTER
        })
    });
    decoded.collect()
}

/// Walks over the tokens of JSON text and copies them, with replacements for those that cannot be read.
struct Scanner<'a> {
    text: &'a str,
    out: String,
    replaced: usize,
}

impl<'a> Scanner<'a> {
    fn run(&mut self) {
        while let Some(next) = self.text.bytes().next() {
            match next {
                b'"' => self.string(),
                b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => self.word(),
                _ => {
                    let part = self.take(|byte| !is_of_word(byte) && byte != b'"');
                    self.out.push_str(part);
                }
            }
        }
    }

    /// Takes the longest prefix of bytes that satisfy `of`, which must not split a character.
    fn take(&mut self, of: impl Fn(u8) -> bool) -> &'a str {
        let end = self.text.bytes().position(|byte| !of(byte)).unwrap_or(self.text.len());
        let (part, rest) = self.text.split_at(end);
        self.text = rest;
        part
    }

    /// Copies a number or a literal.
    fn word(&mut self) {
        let word = self.take(is_of_word);
        if matches!(word, "true" | "false" | "null") || serde_json::from_str::<f64>(word).is_ok_and(f64::is_finite) {
            return self.out.push_str(word);
        }
        self.replaced += 1;
        self.out.push_str(match word {
            "True" => "true",
            "False" => "false",
            _ => "null",
        });
    }

    /// Copies a string with its quotation marks.
    fn string(&mut self) {
        self.out.push('"');
        self.text = &self.text[1..];
        loop {
            let plain = self.take(|byte| byte != b'"' && byte != b'\\' && byte >= b' ');
            self.out.push_str(plain);
            let Some(next) = self.text.chars().next() else { return };
            match next {
                '\\' => self.escape(),
                '"' => {
                    self.out.push('"');
                    self.text = &self.text[1..];
                    return;
                }
                control => {
                    self.replaced += 1;
                    // Writing to a string cannot fail.
                    let _ = write!(self.out, "\\u{:04x}", u32::from(control));
                    self.text = &self.text[1..];
                }
            }
        }
    }

    /// Copies an escape sequence, or half of a surrogate pair as U+FFFD.
    fn escape(&mut self) {
        let length = match self.text.as_bytes().get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') => match (unit(self.text), self.text.get(6..).and_then(unit)) {
                (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
                (Some(0xD800..=0xDFFF) | None, _) => 0,
                (Some(_), _) => 6,
            },
            // The text ends here.
            None => 1,
            Some(_) => 0,
        };
        if length > 0 {
            self.out.push_str(&self.text[..length]);
            self.text = &self.text[length..];
            return;
        }
        self.replaced += 1;
        if unit(self.text).is_some() {
            self.out.push_str("\\ufffd");
            self.text = &self.text[6..];
        } else {
            // An escape that JSON does not have: the backslash stands for itself.
            self.out.push_str("\\\\");
            self.text = &self.text[1..];
        }
    }
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

/// Reads `\uXXXX` at the start of a text.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readable_json_is_left_alone() {
        for body in [
            r#"{"a": [1, -2.5e3, 0.1, true, false, null], "b": "x\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00", "ä": {}}"#,
            "{}",
            "",
            "[",
            r#"{"cut": "of"#,
            r#"{"cut": "\"#,
        ] {
            assert_eq!(Repaired::new(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn unreadable_parts_are_replaced() {
        for (body, expected, replaced) in [
            (&br#"["\ud83d"]"#[..], r#"["\ufffd"]"#, 1),
            (br#"["\ude00\ud83d"]"#, r#"["\ufffd\ufffd"]"#, 2),
            (br#"["\ud83d\u0041"]"#, r#"["\ufffd\u0041"]"#, 1),
            (br#"["\ud83d\ud83d\ude00"]"#, r#"["\ufffd\ud83d\ude00"]"#, 1),
            (br#"["\u12"]"#, r#"["\\u12"]"#, 1),
            (br#"["\x41"]"#, r#"["\\x41"]"#, 1),
            (b"[\"a\nb\0\"]", r#"["a\u000ab\u0000"]"#, 2),
            (b"[\"\xE9t\xE9\"]", "[\"\u{fffd}t\u{fffd}\"]", 2),
            (b"[1e400, -1e999, 1]", "[null, null, 1]", 2),
            (b"[NaN, -Infinity, Infinity, True]", "[null, null, null, true]", 4),
            (b"[01, +1, .5]", "[null, null, null]", 3),
            (b"\xEF\xBB\xBF{}", "{}", 0),
            (b"\xFF\xFE{\0}\0", "{}", 0),
            (b"\xFE\xFF\0{\0}", "{}", 0),
            (b"{\0}\0", "{}", 0),
            (b"\0{\0}", "{}", 0),
        ] {
            let repaired = Repaired::new(body).unwrap_or_else(|| panic!("{}", body.escape_ascii()));
            assert_eq!((std::str::from_utf8(&repaired.body), repaired.replaced), (Ok(expected), replaced));
            assert_eq!(Repaired::new(&repaired.body), None, "a repaired body needs no repair");
            assert!(serde_json::from_slice::<serde_json::Value>(&repaired.body).is_ok(), "{expected}");
        }
    }
}
