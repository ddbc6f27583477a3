//! Text from the server, made safe to show.

use std::fmt;

use crate::types::Status;

/// How many bytes of a response an error keeps, if it cannot be decoded or is not from the API.
pub const EXCERPT_BYTES: usize = 512;

/// A status as text of at most `.1` bytes: code, name, description, details, and the request id.
pub(super) struct StatusText<'a>(pub(super) &'a Status, pub(super) usize);

impl fmt::Display for StatusText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&clean(&self.0.to_string(), self.1))?;
        match self.0.req_id.as_deref() {
            Some(id) if !id.is_empty() => write!(f, " [request {}]", clean(id, 64)),
            _ => Ok(()),
        }
    }
}

/// Makes text from the server safe for terminals and logs: no control characters, at most `limit` bytes.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    for character in text.chars() {
        if out.len() + character.len_utf8() > limit {
            out.push('…');
            break;
        }
        match character {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => out.push(' '),
            // Marks that change the direction of writing can make a line read as another one. They are replaced and not
            // removed: the parts of a secret on both sides of a mark must not be joined after the redaction.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            character if character.is_control() => out.push('\u{fffd}'),
            character => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_replaces_control_characters_and_truncates() {
        assert_eq!(clean("a\nb\u{1b}[31mred\u{202e}x", 99), "a b\u{fffd}[31mred\u{fffd}x");
        assert_eq!(clean("äöü", 4), "äö…");
    }
}
