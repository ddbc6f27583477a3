//! Error messages: a text, and optionally a hint on a line of its own.

use std::fmt;

use clarifai_core::Error;
use clarifai_core::error::{ErrorKind, TransportErrorKind};

use crate::terminal;

/// A message for the user: what failed, and what can be done about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) hint: Option<String>,
}

impl Message {
    /// Creates a message without a hint.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), hint: None }
    }

    /// Sets the hint.
    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Appends to the text.
    pub(crate) fn append(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Prints the message as `error: ...`, and the hint as `hint: ...`.
    pub(crate) fn print_error(&self) {
        terminal::error(&self.text);
        if let Some(hint) = &self.hint {
            terminal::error_hint(hint);
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<&Error> for Message {
    /// The error with its causes, of which the last one, such as that of the operating system, explains the most.
    fn from(error: &Error) -> Self {
        let is_untrusted =
            matches!(error.kind(), ErrorKind::Transport(failure) if failure.kind == TransportErrorKind::Untrusted);
        let hint = match is_untrusted {
            true => Some(
                "if a proxy of your company replaces certificates, pass its root certificate with `--ca-file FILE`, or \
                 use the certificates of the system with `--native-roots`",
            ),
            false => error.advice(),
        };
        let mut text = error.to_string();
        if let Some(advice) = hint {
            // `Display` of the error ends with the advice; here it has a line of its own.
            text = text.replace(&format!("; {advice}"), "");
        }
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text.push_str(": ");
                text.push_str(&cause_text);
            }
            source = cause.source();
        }
        Self { text, hint: hint.map(str::to_owned) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clarifai_core::{Config, Credentials, Exchange, models::GetModel};
    use http::Response;

    use super::*;

    #[test]
    fn advice_becomes_the_hint_and_is_not_repeated() {
        let app = Config::new(Credentials::key("0123456789abcdef").unwrap());
        let exchange = Exchange::new(&app, GetModel::new("m")).unwrap();
        let body = r#"{"status": {"code": 11009, "description": "API key not found"}}"#;
        let error = exchange.parse(Response::builder().status(401).body(body).unwrap()).unwrap_err();
        let message = Message::from(&error);
        let advice = error.advice().unwrap();
        assert_eq!(message.hint.as_deref(), Some(advice));
        assert!(message.text.contains("11009") && !message.text.contains(advice), "{message:?}");
    }
}
