//! How the program ends: the exit codes, and failures that carry one.

use std::fmt::Write as _;
use std::io;

use clarifai_core::Error;
use clarifai_core::error::{ErrorKind, WaitCause, WaitError};

use crate::message::Message;

/// The exit codes. This is the only list of them: `--help` prints it, and a test compares the README with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Success = 0,
    Failed = 1,
    Usage = 2,
    Credentials = 3,
    Quota = 4,
    Service = 5,
    Timeout = 6,
    Job = 7,
    Budget = 8,
    Interrupted = 130,
}

impl Exit {
    /// All exit codes, in ascending order.
    pub(crate) const ALL: [Self; 10] = [
        Self::Success,
        Self::Failed,
        Self::Usage,
        Self::Credentials,
        Self::Quota,
        Self::Service,
        Self::Timeout,
        Self::Job,
        Self::Budget,
        Self::Interrupted,
    ];

    /// Returns the number that the program ends with.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// Returns what the code means.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failed => "some items failed, the awaited operation failed, or a list changed while it was read",
            Self::Usage => "invalid options, arguments or settings",
            Self::Credentials => "credentials are missing or were rejected",
            Self::Quota => "quota exhausted, or too many requests",
            Self::Service => "network failure, or the service rejected the request",
            Self::Timeout => "timed out while waiting",
            Self::Job => "the job file cannot be used: locked, damaged, read-only, no space, or of another command",
            Self::Budget => "stopped at --max-requests or --max-inputs; the same command continues a job",
            Self::Interrupted => "interrupted by Ctrl-C or SIGTERM; results known by then were printed",
        }
    }

    /// Returns the list of exit codes for `--help`.
    pub(crate) fn help() -> String {
        Self::ALL.iter().fold(String::new(), |mut text, exit| {
            let _ = writeln!(text, "  {:<4} {}", exit.code(), exit.description());
            text
        })
    }
}

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error that is still to be printed.
    Message(Exit, Message),
    /// Errors that were printed already.
    Reported(Exit),
    /// The reader of standard output is gone. The program ends silently and with success.
    OutputClosed,
    /// Standard output cannot be written, for this reason.
    OutputFailed(String),
}

impl Failure {
    /// Creates a failure with a message.
    pub(crate) fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self::Message(exit, Message::new(text))
    }

    /// Creates a failure for invalid options, arguments or settings.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::new(Exit::Usage, text)
    }

    /// Adds a hint to the message.
    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        match self {
            Self::Message(exit, message) => Self::Message(exit, message.with_hint(hint)),
            other => other,
        }
    }

    /// Whether only standard output failed.
    pub(crate) fn is_output(&self) -> bool {
        matches!(self, Self::OutputClosed | Self::OutputFailed(_))
    }

    /// Returns the exit code that the program ends with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Message(exit, _) | Self::Reported(exit) => *exit,
            Self::OutputClosed => Exit::Success,
            Self::OutputFailed(_) => Exit::Service,
        }
    }

    /// Turns a failure of standard output into an error that also reports what was done regardless of it.
    pub(crate) fn with_completed_work(&self, done: &str) -> Self {
        let problem = match self {
            Self::OutputFailed(problem) => problem,
            _ => "stdout was closed",
        };
        Self::new(Exit::Service, format!("{problem}; {done}"))
    }

    /// Prints the message that is still to be printed, and returns the exit code.
    pub(crate) fn report(self) -> Exit {
        match self {
            Self::Message(exit, message) => {
                message.print_error();
                exit
            }
            Self::Reported(exit) => exit,
            Self::OutputClosed => Exit::Success,
            Self::OutputFailed(problem) => {
                Message::new(problem).print_error();
                Exit::Service
            }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Message(exit_for(&error), Message::from(&error))
    }
}

/// Errors of standard output. All other I/O errors are converted with a message where they occur.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::OutputFailed(format!("cannot write to stdout: {error}")),
        }
    }
}

/// Returns the exit code for a failed call.
pub(crate) fn exit_for(error: &Error) -> Exit {
    match error.kind() {
        ErrorKind::Wait(WaitError { cause: WaitCause::Polling(error), .. }) => exit_for(error),
        ErrorKind::Wait(WaitError { cause: WaitCause::Deadline, .. }) => Exit::Timeout,
        ErrorKind::Wait(_) | ErrorKind::List(_) => Exit::Failed,
        _ if error.is_auth() => Exit::Credentials,
        _ if error.is_quota() || error.is_throttled() => Exit::Quota,
        ErrorKind::InvalidArgument(_) => Exit::Usage,
        ErrorKind::Items(_) => Exit::Failed,
        _ => Exit::Service,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clarifai_core::{Config, Credentials, Exchange, models::GetModel};
    use http::Response;

    use super::*;

    #[test]
    fn api_errors_map_to_exit_codes() {
        let app = Config::new(Credentials::key("0123456789abcdef").unwrap());
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
            assert_eq!(exit_for(&error), exit, "{error}");
        }
    }

    #[test]
    fn readme_lists_the_exit_codes() {
        let readme = include_str!("../README.md");
        let section = readme.split("## Exit codes").nth(1).unwrap();
        let rows: Vec<_> = section
            .lines()
            .skip_while(|line| !line.starts_with('|'))
            .take_while(|line| line.starts_with('|'))
            .skip(2)
            .map(|line| {
                let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
                (cells[0].parse::<u8>().unwrap(), cells[1].to_owned())
            })
            .collect();
        assert_eq!(rows, Exit::ALL.map(|exit| (exit.code(), exit.description().to_owned())));
    }
}
