//! JSON text that is printed token by token, so that every digit and every escape stays as it came.

use std::fmt;
use std::fmt::Write as _;
use std::io;

use clarifai_core::repair::Repaired;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// The members of a JSON object in their order. The JSON of the values stays unchanged.
#[derive(Default)]
pub(crate) struct Members(pub(crate) Vec<(String, Box<RawValue>)>);

impl Members {
    /// Adds a member.
    pub(crate) fn push(&mut self, name: &str, value: impl Serialize) -> io::Result<()> {
        self.0.push((name.to_owned(), to_raw_value(&value)?));
        Ok(())
    }

    /// Returns whether the object has a member with this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(member, _)| member == name)
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

/// Parses JSON of the service. Parts that cannot be read are null. Returns `None` if all of it is unreadable.
pub(crate) fn parse(json: &RawValue) -> Option<Value> {
    let repaired = || serde_json::from_slice(&Repaired::new(json.get().as_bytes())?.body).ok();
    serde_json::from_str(json.get()).ok().or_else(repaired)
}

/// A token of JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// One of `{[]},:`.
    Mark(char),
    /// A string with its quotes, a number, `true`, `false` or `null`.
    Scalar(&'a str),
}

/// Returns the tokens of valid JSON text.
fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        let first = rest.chars().next()?;
        let length = match first {
            '"' => string_len(rest),
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            _ => rest.find([' ', '\t', '\r', '\n', ',', ']', '}']).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        Some(if length == 1 && !first.is_ascii_digit() { Token::Mark(first) } else { Token::Scalar(token) })
    })
}

/// Returns the length of the string that the text begins with, including its quotes.
fn string_len(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().enumerate().skip(1).find(|(_, byte)| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |(index, _)| index + 1)
}

/// Returns JSON text without whitespace between its tokens.
pub(crate) fn compact(text: &str) -> String {
    tokens(text).fold(String::with_capacity(text.len()), |mut result, token| {
        match token {
            Token::Mark(mark) => result.push(mark),
            Token::Scalar(scalar) => result.push_str(scalar),
        }
        result
    })
}

/// Returns JSON text on several lines, indented by two spaces.
pub(crate) fn pretty(text: &str) -> String {
    let (mut result, mut depth) = (String::with_capacity(2 * text.len()), 0);
    let mut tokens = tokens(text).peekable();
    while let Some(token) = tokens.next() {
        let is_empty = matches!(tokens.peek(), Some(Token::Mark('}' | ']')));
        match token {
            Token::Scalar(scalar) => result.push_str(scalar),
            Token::Mark(mark @ ('{' | '[')) => {
                result.push(mark);
                depth += 1;
                if !is_empty {
                    break_line(&mut result, depth);
                }
            }
            Token::Mark(mark @ ('}' | ']')) => {
                depth = depth.saturating_sub(1);
                if !result.ends_with(['{', '[']) {
                    break_line(&mut result, depth);
                }
                result.push(mark);
            }
            Token::Mark(',') => {
                result.push(',');
                break_line(&mut result, depth);
            }
            Token::Mark(mark) => {
                result.push(mark);
                result.push(' ');
            }
        }
    }
    result
}

fn break_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

/// Longer base64 is abbreviated.
const MAX_BASE64: usize = 64;

/// Returns compact JSON text in which all long strings of members named `base64` are abbreviated.
pub(crate) fn abbreviate_base64(text: &str) -> String {
    let mut result = String::new();
    let (mut name, mut is_value) = ("", false);
    for token in tokens(text) {
        match token {
            Token::Mark(mark) => {
                is_value = mark == ':';
                result.push(mark);
            }
            Token::Scalar(base64) if is_value && name == "\"base64\"" && base64.len() > MAX_BASE64 + 2 => {
                let base64 = base64.trim_matches('"');
                let padding = base64.bytes().rev().take_while(|byte| *byte == b'=').count();
                let start: String = base64.chars().take(8).collect();
                let _ = write!(result, "\"{start}… ({} bytes as base64)\"", base64.len() / 4 * 3 - padding);
            }
            Token::Scalar(scalar) => {
                name = scalar;
                result.push_str(scalar);
            }
        }
    }
    result
}

/// Returns JSON text in which characters that could take over a terminal are escaped. It has the same meaning.
pub(crate) fn escape_controls(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut result, character| {
        match character {
            '\n' => result.push('\n'),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => _ = write!(result, "\\u{:04x}", u32::from(character)),
            character if character.is_control() => _ = write!(result, "\\u{:04x}", u32::from(character)),
            character => result.push(character),
        }
        result
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::Value;

    use super::*;

    const TEXT: &str = " {\"a\" : [ 0.46909166766811283,1e400 , -0.0 ,true,null , 7 ],\n\t\"b\\\\\":\"\\\" , {\",\"c\":{ },\"d\":[] }\r\n";

    #[test]
    fn whitespace_is_all_that_changes() {
        assert_eq!(compact(TEXT), r#"{"a":[0.46909166766811283,1e400,-0.0,true,null,7],"b\\":"\" , {","c":{},"d":[]}"#);
        assert_eq!(compact(&pretty(TEXT)), compact(TEXT));
        for scalar in ["1", "12345678901234567890123", "\"\"", "\"é\\u0000\"", "null"] {
            assert_eq!((compact(scalar), pretty(scalar)), (scalar.to_owned(), scalar.to_owned()));
        }
    }

    #[test]
    fn pretty_text_looks_like_that_of_serde_json() {
        for text in [r#"{"a":[1,{"b":[]},[[2]]],"c":{},"d":{"e":"}"}}"#, "[]", "{}", "[[]]", r#"[{"a":{}}]"#] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(pretty(text), format!("{value:#}"));
        }
    }

    #[test]
    fn only_long_base64_is_abbreviated() {
        let long = "QUJD".repeat(20) + "QQ==";
        let text =
            format!(r#"{{"base64": "{long}", "raw": "{long}", "x": ["base64", "{long}"], "y": {{"base64": "QQ=="}}}}"#);
        let expected = format!(
            r#"{{"base64":"QUJDQUJD… (61 bytes as base64)","raw":"{long}","x":["base64","{long}"],"y":{{"base64":"QQ=="}}}}"#
        );
        assert_eq!(abbreviate_base64(&text), expected);
    }

    #[test]
    fn escaped_text_has_the_same_meaning() {
        let text = "{\"a\": \"\u{7f}\u{9b}31m\u{202e}é\"}\n";
        assert_eq!(escape_controls(text), "{\"a\": \"\\u007f\\u009b31m\\u202eé\"}\n");
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(parse(&escape_controls(text)), parse(text));
    }

    #[test]
    fn members_keep_their_order_and_digits() {
        let text = r#"{"z":1.0,"a":{"n": 1e400},"z":[]}"#;
        let mut members: Members = serde_json::from_str(text).unwrap();
        members.push("new", 1).unwrap();
        assert!(members.contains("a") && !members.contains("n"));
        assert_eq!(serde_json::to_string(&members).unwrap(), r#"{"z":1.0,"a":{"n": 1e400},"z":[],"new":1}"#);
    }
}
