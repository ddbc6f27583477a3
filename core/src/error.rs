//! What went wrong, in which call, and what to do about it.
//!
//! The crate has one error type, [`Error`]. It contains the name of the operation, the cause, the HTTP status, the
//! status code of the API, the details sent by the service, and the request id. Two methods help to decide what to do
//! next: [`is_retryable`](Error::is_retryable) and [`may_have_happened`](Error::may_have_happened).
//!
//! Text from the server is truncated and stripped of control characters, and the credentials of the client are
//! redacted in it, because some services quote a rejected key.

use std::fmt;
use std::time::Duration;

use crate::types::{Flag, Status, StatusClass, StatusCode};

mod api;
mod argument;
mod decode;
mod items;
mod kind;
mod list;
mod misuse;
mod model_name;
mod shapes;
mod stream;
mod text;
mod transport;
mod wait;

pub use api::ApiError;
pub(crate) use api::Cause;
pub use argument::InvalidArgument;
pub use decode::InvalidResponse;
pub use items::{ItemFailure, ItemFailures};
pub use kind::ErrorKind;
pub use list::{IncompleteList, ListProblem};
pub use misuse::Misuse;
pub use model_name::{AmbiguousName, NoSuchModel};
pub(crate) use shapes::foreign;
pub use stream::BrokenStream;
pub use text::EXCERPT_BYTES;
pub(crate) use text::clean;
pub use transport::{TransportError, TransportErrorKind};
pub use wait::{WaitCause, WaitError};

/// The error of a call, or of a sequence of calls such as a wait.
///
/// ```
/// use clarifai_core::{Config, Credentials, Exchange, error::ErrorKind, models::Predict};
///
/// let app = Config::new(Credentials::key("0123456789abcdef")?);
/// let error = Exchange::new(&app, Predict::new("general-image-recognition")).expect_err("there are no inputs");
/// assert!(matches!(error.kind(), ErrorKind::InvalidArgument(invalid) if invalid.argument() == "inputs"));
/// assert!(!error.is_retryable() && !error.may_have_happened());
/// # Ok::<(), clarifai_core::Error>(())
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    operation: &'static str,
    kind: ErrorKind,
    attempts: u32,
    happened: bool,
    stage: Stage,
}

/// The request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The request of the operation.
    Call,
    /// The request for an access token, which is sent before that of the operation.
    Token,
}

impl Error {
    /// Creates an error of `operation` of this `kind`, after 0 attempts.
    pub(crate) fn new(operation: &'static str, kind: impl Into<ErrorKind>) -> Self {
        let kind = kind.into();
        let happened = kind.may_have_happened();
        Self(Box::new(Inner { operation, kind, attempts: 0, happened, stage: Stage::Call }))
    }

    /// Records how many times the request was sent, and whether an earlier attempt may have taken effect.
    pub(crate) fn after(mut self, attempts: u32, happened: bool) -> Self {
        self.0.attempts = attempts;
        self.0.happened |= happened;
        self
    }

    /// Records whether the call only reads. Such a call changes nothing, so it cannot have taken effect.
    pub(crate) fn read_only(mut self, read_only: bool) -> Self {
        self.0.happened &= !read_only;
        self
    }

    /// Marks the call as one that may have taken effect, whatever the kind of the error.
    pub(crate) fn in_doubt(mut self) -> Self {
        self.0.happened = true;
        self
    }

    /// Marks the error as one of the request for an access token. The call itself was not sent.
    pub(crate) fn at_token_stage(mut self) -> Self {
        self.0.stage = Stage::Token;
        self.0.happened = false;
        self
    }

    /// Adds the wait that the server asked for, where `Retry-After` contained a date: that takes a clock to evaluate.
    pub(crate) fn with_hint(mut self, hint: Option<Duration>) -> Self {
        if let ErrorKind::Api(error) = &mut self.0.kind {
            error.retry_after = error.retry_after.or(hint);
        }
        self
    }

    /// Removes the quotation from the response, for responses that contain a secret.
    pub(crate) fn without_excerpt(mut self) -> Self {
        match &mut self.0.kind {
            ErrorKind::InvalidResponse(error) => {
                error.excerpt.clear();
                "it could not be read as the response to this call".clone_into(&mut error.problem);
            }
            ErrorKind::Api(error) if !error.excerpt.is_empty() => "(left out)".clone_into(&mut error.excerpt),
            _ => {}
        }
        self
    }

    /// Creates the error of a transport that cannot be set up.
    pub fn from_connect(error: TransportError) -> Self {
        Self::new("connect", error)
    }

    /// Creates the error of a transport that cannot be set up because of a setting, such as an environment variable.
    pub fn from_setting(invalid: InvalidArgument) -> Self {
        Self::new("connect", invalid)
    }

    /// Returns the name of the operation that failed, such as `predict`.
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// Returns the kind of the failure, with its details.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Returns the number of items that a stream returned before this error. 0 if it failed before its first item, and
    /// for errors of other calls.
    pub fn items_before(&self) -> u64 {
        match &self.0.kind {
            ErrorKind::Stream(broken) => broken.items,
            _ => 0,
        }
    }

    /// Returns how many times the request was sent.
    ///
    /// 0 if the call failed before it was sent, and for errors of an [`Exchange`](crate::Exchange), which counts no
    /// attempts.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the error of the last poll if this is a wait whose polling failed, the cause if this is a stream that
    /// broke off, and the error itself otherwise.
    fn innermost(&self) -> &Self {
        match &self.0.kind {
            ErrorKind::Wait(WaitError { cause: WaitCause::Polling(error), .. }) => error.innermost(),
            ErrorKind::Stream(BrokenStream { cause, .. }) => cause.innermost(),
            _ => self,
        }
    }

    /// Returns the refusal by the service, if that is the cause.
    fn api(&self) -> Option<&ApiError> {
        match &self.innermost().0.kind {
            ErrorKind::Api(error) => Some(error),
            _ => None,
        }
    }

    /// Returns how long the server asks to wait, if the last response contains `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        self.api()?.retry_after
    }

    /// Returns the HTTP status of the response, `None` if there was no response.
    pub fn http_status(&self) -> Option<u16> {
        match &self.innermost().0.kind {
            ErrorKind::Api(error) => Some(error.http_status),
            ErrorKind::InvalidResponse(error) => Some(error.http_status),
            _ => None,
        }
    }

    /// Returns the status code of the API, such as 11009. Of several failed items it is the code of the first.
    pub fn api_code(&self) -> Option<u32> {
        self.code()?.number()
    }

    /// Returns the status code of the API, also where it has no number.
    pub(crate) fn code(&self) -> Option<&StatusCode> {
        match &self.innermost().0.kind {
            ErrorKind::Api(error) => error.code(),
            ErrorKind::Items(items) => items.failures.first().and_then(|item| item.status.code.as_ref()),
            _ => None,
        }
    }

    /// Returns whether the table of codes has this flag for the status code of the API.
    pub(crate) fn has(&self, flag: Flag) -> bool {
        self.code().is_some_and(|code| code.has(flag))
    }

    /// Returns the service's id of the request. Quote it to Clarifai's support.
    pub fn request_id(&self) -> Option<&str> {
        match &self.innermost().0.kind {
            ErrorKind::Api(error) => error.request_id(),
            ErrorKind::InvalidResponse(error) => error.request_id.as_deref(),
            ErrorKind::Items(items) => items.request_id.as_deref(),
            _ => None,
        }
    }

    /// Returns whether the same call may succeed later without a change.
    ///
    /// Whether repeating it can do harm is another question: see [`may_have_happened`](Self::may_have_happened).
    pub fn is_retryable(&self) -> bool {
        match &self.innermost().0.kind {
            ErrorKind::Wait(WaitError { cause: WaitCause::Deadline, .. }) => true,
            ErrorKind::Api(error) => error.is_transient(),
            ErrorKind::Transport(failure) => failure.kind.is_transient(),
            ErrorKind::InvalidResponse(error) => error.damaged,
            ErrorKind::Items(items) => {
                let is_transient = |failure: &ItemFailure| failure.status.class() == StatusClass::Retry;
                !items.failures.is_empty() && items.failures.iter().all(is_transient)
            }
            _ => false,
        }
    }

    /// Returns whether the call may have taken effect at the service despite the error.
    ///
    /// `false` is a promise: nothing was changed. So it is always `false` for a call that only reads, such as a search
    /// or a prediction. `true` means that the call took effect or may have done so: the response was lost, or it did
    /// not say.
    pub fn may_have_happened(&self) -> bool {
        self.0.happened
    }

    /// Returns whether the credentials are missing, wrong, expired, or not sufficient.
    pub fn is_auth(&self) -> bool {
        match &self.innermost().0.kind {
            ErrorKind::Api(error) => error.is_auth(),
            ErrorKind::InvalidArgument(invalid) => invalid.argument() == InvalidArgument::CREDENTIALS,
            _ => false,
        }
    }

    /// Returns whether the service refused the call because too many requests were sent.
    pub fn is_throttled(&self) -> bool {
        self.api().is_some_and(ApiError::is_throttled)
    }

    /// Returns whether a quota is used up. Waiting for seconds does not help.
    pub fn is_quota(&self) -> bool {
        self.api().is_some_and(ApiError::is_quota)
    }

    /// Returns whether the requested page is deeper in the list than the service permits.
    pub fn is_page_ceiling(&self) -> bool {
        match &self.innermost().0.kind {
            ErrorKind::List(list) => matches!(list.problem, ListProblem::Ceiling),
            ErrorKind::Api(error) => error.is_page_ceiling(),
            _ => false,
        }
    }

    /// Returns whether the requested resource does not exist: the service says so in its status code, or the response
    /// has HTTP status 404 and no code that gives another reason, such as a wrong key.
    pub fn is_not_found(&self) -> bool {
        match &self.innermost().0.kind {
            ErrorKind::Api(error) => error.is_not_found() && !self.is_of_token(),
            ErrorKind::NoSuchModel(_) => true,
            _ => false,
        }
    }

    /// Returns whether the service itself reports, by a code that leaves no doubt, that the addressed resource does not
    /// exist. A page of a gateway with HTTP status 404 proves nothing.
    pub(crate) fn is_definitely_not_found(&self) -> bool {
        self.api().is_some_and(|error| error.has(Flag::Absent)) && !self.is_of_token()
    }

    /// Returns whether the service rejects the access token, or refuses the credentials in a response whose text was
    /// lost on the way.
    pub(crate) fn is_of_expired_token(&self) -> bool {
        let ErrorKind::Api(api) = self.kind() else { return false };
        let is_expired = |status: &Status| status.details.as_deref() == Some("expired token");
        api.has(Flag::TokenRejected) || (api.http_status == 401 && api.status.as_deref().is_none_or(is_expired))
    }

    /// Returns whether the request for an access token failed. Then the call itself was not sent, and the error says
    /// nothing about it.
    pub(crate) fn is_of_token(&self) -> bool {
        self.innermost().0.stage == Stage::Token
    }

    /// Returns what the caller can do, as one sentence without a full stop, where that is known.
    ///
    /// The text is not part of the error's `Display`. Print it on a line of its own.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match &self.innermost().0.kind {
            ErrorKind::Api(error) if error.is_quota() => "wait for the next quota period, or raise the quota",
            ErrorKind::Api(error) if error.is_auth() => {
                "check that the key is correct, that it belongs to this app, and that its scopes permit the call"
            }
            ErrorKind::Api(error) if error.is_throttled() => "send fewer requests per second",
            ErrorKind::Api(error) if error.is_not_found() => "check the id, and the user and the app that own it",
            ErrorKind::Api(error) if error.is_maintenance() => {
                "the service is down for maintenance: try again in a few hours"
            }
            ErrorKind::InvalidResponse(error) if error.html => {
                "check the base URL, and any proxy between you and the service"
            }
            ErrorKind::Transport(failure) if failure.kind == TransportErrorKind::Untrusted => {
                "if a proxy of your company replaces certificates, trust its root certificate: set SSL_CERT_FILE to a \
                 PEM file with it"
            }
            ErrorKind::Api(error) if error.location.is_some() => {
                "redirects are not followed, because the credentials would reach another server: check the base URL"
            }
            ErrorKind::Transport(failure) if failure.kind == TransportErrorKind::TooLarge => {
                "raise the limit for responses, or request less at once"
            }
            ErrorKind::Ambiguous(_) => "specify the model by its id",
            ErrorKind::List(list) if matches!(list.problem, ListProblem::Changed { .. }) => {
                "read the list again when nothing is changing it"
            }
            ErrorKind::List(_) => "read the list in parts: use a search, or smaller pages",
            _ => return None,
        })
    }
}

/// Writes one line: the operation, the cause, the number of attempts if there were several, and whether the call may
/// have taken effect if the cause leaves that open. [`advice`](Error::advice) is not included.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { operation, kind, attempts, happened, .. } = &*self.0;
        write!(f, "{operation}: {kind}")?;
        if *attempts > 1 {
            write!(f, "; gave up after {attempts} attempts")?;
        }
        // Where the service responded with results, it is plain that the call took effect.
        if *happened && matches!(kind, ErrorKind::Transport(_) | ErrorKind::Api(_) | ErrorKind::Wait(_)) {
            f.write_str("; the call may have taken effect")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { operation, kind, attempts, happened, stage } = &*self.0;
        f.debug_struct("Error")
            .field("operation", operation)
            .field("stage", stage)
            .field("kind", kind)
            .field("attempts", attempts)
            .field("may_have_happened", happened)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.kind.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(http_status: u16) -> ApiError {
        ApiError { http_status, status: None, retry_after: None, excerpt: String::new(), location: None }
    }

    #[test]
    fn error_is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn display_is_one_line_without_advice() {
        let error = Error::new("get model", api(404)).after(1, false);
        assert_eq!(error.to_string(), "get model: HTTP 404 without a body");
        assert!(error.advice().is_some_and(|advice| advice.starts_with("check the id")), "{:?}", error.advice());
        let error = Error::new("create inputs", api(502)).after(3, false);
        let shown = "create inputs: HTTP 502 without a body; gave up after 3 attempts; the call may have taken effect";
        assert_eq!(error.to_string(), shown);
    }

    #[test]
    fn read_only_call_cannot_have_taken_effect() {
        let failure = || TransportError::new(TransportErrorKind::MaybeSent, "cut");
        for (read_only, happened) in [(true, false), (false, true)] {
            for error in [Error::new("test", api(500)), Error::new("test", failure())] {
                let error = error.read_only(read_only);
                assert_eq!(error.may_have_happened(), happened, "{error}");
                assert_eq!(error.to_string().contains("may have taken effect"), happened, "{error}");
            }
            let error = Error::new("test", InvalidResponse::of_content("odd")).read_only(read_only);
            assert_eq!(error.may_have_happened(), happened, "{error}");
        }
    }

    #[test]
    fn error_at_token_stage_says_nothing_about_the_call() {
        let error = Error::new("get token", api(404));
        assert!(error.is_not_found() && !error.is_of_token());
        let error = Error::new("get token", api(500)).at_token_stage();
        assert!(error.is_of_token() && !error.may_have_happened());
        assert!(!Error::new("get token", api(404)).at_token_stage().is_not_found());
    }
}
