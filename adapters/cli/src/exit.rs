//! How the program ends: exit codes, and failures that carry one.

use std::fmt::Display;
use std::io;

use clarifai_core::Error;
use clarifai_core::error::{ErrorKind, WaitCause, WaitError};

/// The exit codes, as `--help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All went well.
    Good = 0,
    /// Some items failed, or what was waited for failed, or a list changed while it was read.
    Items = 1,
    /// Bad options, arguments or settings.
    Usage = 2,
    /// No credentials, or the service does not accept them.
    Credentials = 3,
    /// The quota is used up, or too many requests were sent.
    Quota = 4,
    /// The network failed, or the service refused.
    Service = 5,
    /// What was waited for has not come in time.
    Late = 6,
    /// The program was asked to end.
    Interrupted = 130,
}

/// Why the program ends before its work is done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Say this and end with that code.
    Said(Exit, String),
    /// All was said already: end with that code.
    Quiet(Exit),
    /// Whoever read the output has gone: end quietly.
    Pipe,
    /// The output cannot be written, for this reason.
    Unwritten(String),
}

impl Failure {
    /// Whether nothing failed but the output.
    pub(crate) fn is_of_output(&self) -> bool {
        matches!(self, Self::Pipe | Self::Unwritten(_))
    }

    /// The output failed, and the work was done all the same: this came of it.
    pub(crate) fn unheard(&self, done: &str) -> Self {
        let why = match self {
            Self::Unwritten(problem) => problem,
            _ => "nobody reads the output any more",
        };
        Self::Said(Exit::Service, format!("{why}; {done}"))
    }

    pub(crate) fn usage(message: impl Display) -> Self {
        Self::Said(Exit::Usage, message.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Said(exit_of(&error), words_of(&error))
    }
}

/// Failing output: nothing else in the program hands `io::Error` on without a text of its own.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Pipe,
            _ => Self::Unwritten(format!("cannot write the output: {error}")),
        }
    }
}

/// The exit code that fits a failed call.
pub(crate) fn exit_of(error: &Error) -> Exit {
    match error.kind() {
        ErrorKind::Wait(WaitError { cause: WaitCause::Polling(error), .. }) => exit_of(error),
        ErrorKind::Wait(WaitError { cause: WaitCause::Deadline, .. }) => Exit::Late,
        ErrorKind::Wait(_) | ErrorKind::List(_) => Exit::Items,
        _ if error.is_auth() => Exit::Credentials,
        _ if error.is_quota() || error.is_throttled() => Exit::Quota,
        ErrorKind::Invalid(_) => Exit::Usage,
        ErrorKind::Items(_) => Exit::Items,
        _ => Exit::Service,
    }
}

/// The error with its causes, of which the transport's own is the telling one.
pub(crate) fn words_of(error: &Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let text = cause.to_string();
        if !words.contains(&text) {
            words.push_str(": ");
            words.push_str(&text);
        }
        source = cause.source();
    }
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clarifai_core::{App, Credentials, Exchange, models::GetModel};
    use http::Response;

    use super::*;

    #[test]
    fn answers_of_the_service_have_their_codes() {
        let app = App::new(Credentials::key("0123456789abcdef").unwrap());
        let exchange = Exchange::new(&app, GetModel::new("m")).unwrap();
        for (http, code, exit) in [
            (401, 11009, Exit::Credentials),
            (401, 11008, Exit::Credentials),
            (403, 11104, Exit::Credentials),
            (402, 11003, Exit::Quota),
            (429, 11006, Exit::Quota),
            (429, 11005, Exit::Quota),
            (404, 21200, Exit::Service),
            (500, 99009, Exit::Service),
        ] {
            let body = format!(r#"{{"status": {{"code": {code}, "description": "no"}}}}"#);
            let error = exchange.parse(Response::builder().status(http).body(body).unwrap()).unwrap_err();
            assert_eq!(exit_of(&error), exit, "{error}");
        }
    }
}
