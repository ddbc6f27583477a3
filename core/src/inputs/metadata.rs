//! Metadata to send: a JSON object, with the digits of its numbers as they were given.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::InvalidArgument;

/// Metadata to store with an input, or to search for: a JSON object.
///
/// Create it from a [`serde_json::Value`] or a map, or by parsing JSON text. Text is sent unchanged, so its numbers may
/// have more digits, or be larger, than an `f64` can hold. A [`Value`] cannot represent such numbers.
///
/// ```
/// use clarifai_core::inputs::{Metadata, NewInput};
/// use serde_json::json;
///
/// let input = NewInput::image_url("https://example.com/1.jpg").metadata(json!({"camera": 7}));
/// let exact: Metadata = r#"{"id": 12345678901234567890123, "e": 1e400}"#.parse()?;
/// assert_eq!(exact.as_str(), r#"{"id": 12345678901234567890123, "e": 1e400}"#);
/// let input = input.metadata(exact);
/// # Ok::<(), clarifai_core::error::InvalidArgument>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Metadata {
    /// JSON text without whitespace around it.
    json: Box<str>,
}

impl Metadata {
    /// Returns the metadata as JSON text.
    pub fn as_str(&self) -> &str {
        &self.json
    }

    /// Checks that the metadata are a JSON object.
    pub(crate) fn check(&self) -> Result<(), InvalidArgument> {
        match self.json.starts_with('{') {
            true => Ok(()),
            false => Err(InvalidArgument::new("metadata", "must be a JSON object")),
        }
    }

    /// Returns whether the object has no members.
    pub fn is_empty(&self) -> bool {
        let inside = self.json.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        inside.is_some_and(|members| members.trim_ascii().is_empty())
    }

    /// Returns whether the metadata contain an array, at any depth.
    pub(crate) fn has_list(&self) -> bool {
        let (mut is_string, mut is_escaped) = (false, false);
        self.json.bytes().any(|byte| {
            match byte {
                _ if std::mem::take(&mut is_escaped) => {}
                b'\\' => is_escaped = true,
                b'"' => is_string = !is_string,
                b'[' if !is_string => return true,
                _ => {}
            }
            false
        })
    }
}

/// Any value is accepted; sending one that is not an object fails.
impl<T: Into<Value>> From<T> for Metadata {
    fn from(value: T) -> Self {
        Self { json: value.into().to_string().into() }
    }
}

/// Parses JSON text. The text is sent unchanged, except for whitespace around the object.
impl FromStr for Metadata {
    type Err = InvalidArgument;

    fn from_str(text: &str) -> Result<Self, InvalidArgument> {
        let json: &RawValue = serde_json::from_str(text)
            .map_err(|error| InvalidArgument::new("metadata", format!("is not valid JSON: {error}")))?;
        let metadata = Self { json: json.get().into() };
        metadata.check()?;
        Ok(metadata)
    }
}

impl fmt::Display for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.json)
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metadata({})", self.json)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_kept_digit_for_digit() {
        for text in ["{}", r#"{"a": 0.46909166766811283, "b":12345678901234567890123,"c":1e400, "d":-0.0, "e":1.0}"#] {
            let metadata: Metadata = format!(" {text}\n").parse().expect(text);
            assert_eq!(metadata.as_str(), text);
        }
        for (text, problem) in [
            ("", "is not valid JSON: EOF"),
            ("[]", "must be a JSON object"),
            ("1", "must be a JSON object"),
            ("{} {}", "is not valid JSON: trailing"),
            (r#"{"a": 01}"#, "is not valid JSON: invalid number"),
            (r#"{"a": NaN}"#, "is not valid JSON: expected"),
        ] {
            let error = text.parse::<Metadata>().expect_err(text);
            assert!(error.argument() == "metadata" && error.problem().starts_with(problem), "{text}: {error}");
        }
    }

    #[test]
    fn lists_and_emptiness_are_recognized() {
        for (value, has_list, is_empty) in [
            (json!({}), false, true),
            (json!({"[": "]\"[", "b": {"c": "\\"}}), false, false),
            (json!({"a": {"b": []}}), true, false),
            (json!({"a\\": [1]}), true, false),
        ] {
            let metadata = Metadata::from(value);
            assert_eq!((metadata.has_list(), metadata.is_empty()), (has_list, is_empty), "{metadata}");
        }
        assert!("{ \n }".parse::<Metadata>().is_ok_and(|metadata| metadata.is_empty()));
    }
}
