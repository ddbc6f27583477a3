//! The options of a request: JSON members by name.

use serde_json::{Map, Value};

use crate::body::Body;
use crate::envelope::DecodeError;
use crate::error::InvalidArgument;

/// Options that were set, in the form in which they are sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Options(Map<String, Value>);

impl Options {
    pub(super) fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Checks that no option has the name of an argument, and that known options are in their range.
    pub(super) fn check(&self, arguments: &[&'static str]) -> Result<(), InvalidArgument> {
        if let Some(name) = arguments.iter().find(|name| self.0.contains_key(**name)) {
            return Err(InvalidArgument::new(*name, "is set twice: as an argument and as an option"));
        }
        for (name, low, high) in [("temperature", 0.0, 2.0), ("top_p", 0.0, 1.0)] {
            let value = self.0.get(name).filter(|value| !value.is_null());
            // A number that JSON cannot represent, such as NaN, becomes null.
            let is_lost = self.0.get(name).is_some_and(Value::is_null);
            if is_lost || value.is_some_and(|value| !value.as_f64().is_some_and(|value| (low..=high).contains(&value)))
            {
                return Err(InvalidArgument::new(name, format!("must be a number from {low} to {high}")));
            }
        }
        for name in ["max_tokens", "max_completion_tokens", "max_output_tokens", "n", "dimensions"] {
            if self.0.get(name).is_some_and(|value| value.as_u64().is_none_or(|value| value == 0)) {
                return Err(InvalidArgument::new(name, "must be an integer from 1"));
            }
        }
        Ok(())
    }

    /// Returns the body with these members and the options.
    pub(super) fn body(
        &self,
        members: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<Body, InvalidArgument> {
        let mut body = self.0.clone();
        body.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Body::json(&body)
    }
}

/// Parses an element of a stream.
pub(super) fn parse<T: serde::de::DeserializeOwned>(json: &[u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(json).map_err(|error| DecodeError::new("", error.to_string()))
}
