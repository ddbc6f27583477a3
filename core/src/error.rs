//! What went wrong, where, and what to do about it.
//!
//! One [`Error`] for the whole crate. It names the operation, the cause, the HTTP status, the code of the API, the
//! details the service gave and the request id, and answers the two questions that decide what a program does next:
//! [`is_retryable`](Error::is_retryable) and [`may_have_happened`](Error::may_have_happened).
//!
//! Text that comes from outside is cut and freed of control characters, and the credentials of the app are blotted
//! out of it: some services quote a rejected key back.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde_json::Value;
use thiserror::Error as ThisError;

use crate::auth::Token;
use crate::model::{Class, Status, StatusCode};
use crate::operation::Operation as _;

/// How much of an unreadable or refusing answer an error keeps, in bytes.
pub const EXCERPT_BYTES: usize = 512;

/// Why a call did not give its answer.
///
/// ```
/// use clarifai_core::{App, Credentials, Exchange, error::ErrorKind, models::Predict};
///
/// let app = App::new(Credentials::key("0123456789abcdef")?);
/// let error = Exchange::new(&app, Predict::with("general-image-recognition")).expect_err("nothing to look at");
/// assert!(matches!(error.kind(), ErrorKind::Invalid(invalid) if invalid.argument() == "inputs"));
/// assert!(!error.is_retryable() && !error.may_have_happened());
/// # Ok::<(), clarifai_core::Error>(())
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    operation: &'static str,
    kind: ErrorKind,
    attempts: u32,
    happened: bool,
}

/// The kinds of failure.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is wrong. Nothing was sent.
    #[error(transparent)]
    Invalid(Invalid),
    /// The service, or something in front of it, refused the call.
    #[error(transparent)]
    Api(ApiError),
    /// The call was answered, but the answer cannot be read.
    #[error(transparent)]
    Decode(DecodeError),
    /// The request could not be carried to the service, or the answer not back.
    #[error(transparent)]
    Transport(TransportFailure),
    /// The call went through, but some of its items failed.
    #[error(transparent)]
    Items(ItemFailures),
    /// No model has that name.
    #[error(transparent)]
    NoSuchModel(NoSuchModel),
    /// Several models have that name.
    #[error(transparent)]
    Ambiguous(AmbiguousName),
    /// A list could not be read to its end, or changed while it was read. What was read came before this.
    #[error(transparent)]
    List(IncompleteList),
    /// A wait ended before what it waited for was reached.
    #[error(transparent)]
    Wait(WaitError),
    /// A machine was driven against its rules. Nothing was sent by this step.
    #[error(transparent)]
    Misuse(Misuse),
}

impl Error {
    /// An error of `operation` of this `kind`, after no attempt.
    pub(crate) fn new(operation: &'static str, kind: impl Into<ErrorKind>) -> Self {
        let kind = kind.into();
        let happened = match &kind {
            ErrorKind::Api(api) => crate::policy::retry::may_have_happened(api),
            ErrorKind::Decode(_) | ErrorKind::Items(_) => true,
            ErrorKind::Transport(failure) => failure.kind != TransportFailureKind::NotSent,
            _ => false,
        };
        Self(Box::new(Inner { operation, kind, attempts: 0, happened }))
    }

    /// Notes how often the request was sent, and whether an earlier attempt may have taken effect.
    pub(crate) fn after(mut self, attempts: u32, happened: bool) -> Self {
        self.0.attempts = attempts;
        self.0.happened |= happened;
        self
    }

    /// The same error of a call that may have taken effect, whatever the error says.
    pub(crate) fn in_doubt(mut self) -> Self {
        self.0.happened = true;
        self
    }

    /// The same error of a request that only prepared the call: the call itself surely did not happen by it.
    pub(crate) fn before_the_call(mut self) -> Self {
        self.0.happened = false;
        self
    }

    /// Notes how long the server asks to wait, where the answer named a date, which only a clock makes into that.
    pub(crate) fn with_hint(mut self, hint: Option<Duration>) -> Self {
        if let ErrorKind::Api(error) = &mut self.0.kind {
            error.retry_after = error.retry_after.or(hint);
        }
        self
    }

    /// The same error without a quotation from the answer, for answers that hold a secret.
    pub(crate) fn without_excerpt(mut self) -> Self {
        match &mut self.0.kind {
            ErrorKind::Decode(error) => {
                error.excerpt.clear();
                "it could not be read as the answer to this call".clone_into(&mut error.problem);
            }
            ErrorKind::Api(error) if !error.excerpt.is_empty() => "(left out)".clone_into(&mut error.excerpt),
            _ => {}
        }
        self
    }

    /// The operation that failed, such as `predict`.
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// What kind of failure it is, with its particulars.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// How often the request was sent. 0 where the call failed before, and where no machine counted.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The error of the last look where it is a wait that could not look; otherwise the error itself.
    fn innermost(&self) -> &Self {
        match &self.0.kind {
            ErrorKind::Wait(WaitError { cause: WaitCause::Polling(error), .. }) => error.innermost(),
            _ => self,
        }
    }

    /// How long the server asks to wait, where the call ended in an answer that says so.
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.innermost().0.kind {
            ErrorKind::Api(error) => error.retry_after,
            _ => None,
        }
    }

    /// HTTP status of the answer, where there was one.
    pub fn http_status(&self) -> Option<u16> {
        match &self.innermost().0.kind {
            ErrorKind::Api(error) => Some(error.http_status),
            ErrorKind::Decode(error) => Some(error.http_status),
            _ => None,
        }
    }

    /// Code of the API, such as 11009, where the answer had one.
    pub fn api_code(&self) -> Option<u32> {
        match &self.innermost().0.kind {
            ErrorKind::Api(error) => error.code().and_then(StatusCode::number),
            ErrorKind::Items(items) => items.failures.first().and_then(|item| item.status.code.as_ref()?.number()),
            _ => None,
        }
    }

    /// The service's id of the request, worth quoting to its support.
    pub fn request_id(&self) -> Option<&str> {
        match &self.innermost().0.kind {
            ErrorKind::Api(error) => error.request_id(),
            ErrorKind::Decode(error) => error.request_id.as_deref(),
            ErrorKind::Items(items) => items.request_id.as_deref(),
            _ => None,
        }
    }

    /// Whether the same call may succeed later without a change.
    ///
    /// Whether repeating it can do harm is another question: see [`may_have_happened`](Self::may_have_happened).
    pub fn is_retryable(&self) -> bool {
        match &self.innermost().0.kind {
            ErrorKind::Wait(WaitError { cause: WaitCause::Deadline, .. }) => true,
            ErrorKind::Api(error) => error.is_transient(),
            ErrorKind::Transport(failure) => failure.kind != TransportFailureKind::TooLarge,
            ErrorKind::Decode(error) => error.damaged,
            ErrorKind::Items(items) => {
                let passes = |failure: &ItemFailure| failure.status.class() == Class::Retry;
                !items.failures.is_empty() && items.failures.iter().all(passes)
            }
            _ => false,
        }
    }

    /// Whether the service may have carried the call out all the same.
    ///
    /// `false` is a promise: nothing was changed. `true` means that it did or may have: the answer was lost, or it
    /// came but said nothing certain.
    pub fn may_have_happened(&self) -> bool {
        self.0.happened
    }

    /// Whether the credentials are missing, wrong, run out or too weak.
    pub fn is_auth(&self) -> bool {
        matches!(&self.innermost().0.kind, ErrorKind::Api(error) if error.is_auth())
            || matches!(&self.innermost().0.kind, ErrorKind::Invalid(invalid) if invalid.argument == "credentials")
    }

    /// Whether the service asks for fewer requests.
    pub fn is_throttled(&self) -> bool {
        matches!(&self.innermost().0.kind, ErrorKind::Api(error) if error.is_throttled())
    }

    /// Whether the quota of the account is used up; waiting seconds does not help.
    pub fn is_quota(&self) -> bool {
        matches!(&self.innermost().0.kind, ErrorKind::Api(error) if error.is_quota())
    }

    /// Whether the thing asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        match &self.innermost().0.kind {
            ErrorKind::Api(error) => error.is_not_found() && !self.is_of_token(),
            ErrorKind::NoSuchModel(_) => true,
            _ => false,
        }
    }

    /// Whether the service says that the token is no longer good, or refuses it in words that were lost on the way.
    pub(crate) fn is_of_expired_token(&self) -> bool {
        let ErrorKind::Api(api) = self.kind() else { return false };
        let expired = |status: &Status| status.details.as_deref() == Some("expired token");
        self.api_code() == Some(11001) || (api.http_status == 401 && api.status.as_deref().is_none_or(expired))
    }

    /// Whether it is the request for a token that failed, so that the call itself was not made and nothing was said of it.
    pub(crate) fn is_of_token(&self) -> bool {
        self.innermost().0.operation == Token::NAME
    }

    /// Whether the service itself says so. A page of a gateway that does not know the way is no proof.
    pub(crate) fn is_surely_not_found(&self) -> bool {
        matches!(&self.innermost().0.kind, ErrorKind::Api(error) if error.number() != 0) && self.is_not_found()
    }

    /// What the caller can do, in one sentence, where that is known.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match &self.innermost().0.kind {
            ErrorKind::Api(error) if error.is_quota() => "the quota is used up: wait for the next period or raise it",
            ErrorKind::Api(error) if error.is_auth() => {
                "check the key, that it belongs to this app, and that its scopes allow the call"
            }
            ErrorKind::Api(error) if error.is_throttled() => "send fewer requests a second",
            ErrorKind::Api(error) if error.is_not_found() => "check the id, and the user and app it belongs to",
            ErrorKind::Api(error) if error.is_maintenance() => "the service is being maintained: try again in hours",
            ErrorKind::Decode(error) if error.html => "check the base address, and proxies on the way",
            ErrorKind::Transport(failure) if failure.kind == TransportFailureKind::TooLarge => {
                "raise the limit for answers, or ask for less at once"
            }
            ErrorKind::Ambiguous(_) => "name the model by its id",
            ErrorKind::List(list) if matches!(list.problem, ListProblem::Changed { .. }) => {
                "read it again when nobody changes it"
            }
            ErrorKind::List(_) => "read it in parts, by a search or by smaller pages",
            _ => return None,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { operation, kind, attempts, happened } = &*self.0;
        write!(f, "{operation}: {kind}")?;
        if *attempts > 1 {
            write!(f, "; gave up after {attempts} attempts")?;
        }
        // Of an answered call it is plain that it happened; of a lost one it must be said.
        if *happened && matches!(kind, ErrorKind::Transport(_) | ErrorKind::Api(_) | ErrorKind::Wait(_)) {
            f.write_str("; the call may have taken effect")?;
        }
        if let Some(advice) = self.advice() {
            write!(f, "; {advice}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { operation, kind, attempts, happened } = &*self.0;
        f.debug_struct("Error")
            .field("operation", operation)
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

/// An argument that cannot be sent: which one, and why.
#[derive(Clone, Debug, ThisError)]
#[error("{argument} {problem}")]
pub struct Invalid {
    argument: Cow<'static, str>,
    problem: String,
}

impl Invalid {
    /// `argument` names what the caller passed; `problem` continues the sentence: "is empty".
    pub fn new(argument: impl Into<Cow<'static, str>>, problem: impl Into<String>) -> Self {
        Self { argument: argument.into(), problem: clean(&problem.into(), EXCERPT_BYTES) }
    }

    /// Puts the argument into its place in a list: `inputs[3]: url …`.
    pub(crate) fn at(self, list: &str, index: usize) -> Self {
        Self { argument: format!("{list}[{index}] {}", self.argument).into(), ..self }
    }

    /// The argument's name.
    pub fn argument(&self) -> &str {
        &self.argument
    }

    /// What is wrong with it.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// A refusal: HTTP status, and the status object of the API where the answer held one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiError {
    /// HTTP status.
    pub http_status: u16,
    /// The API's own status: code, description, details, request id. `None` where the answer was not the API's.
    pub status: Option<Box<Status>>,
    /// How long the server asks to wait, from `Retry-After`. Where it named a date this is known only to machines, which
    /// are told the time.
    pub retry_after: Option<Duration>,
    /// The beginning of the body where it held no status, for instance the HTML of a gateway.
    pub excerpt: String,
}

impl ApiError {
    /// The API's code.
    pub fn code(&self) -> Option<&StatusCode> {
        self.status.as_ref()?.code.as_ref()
    }

    fn number(&self) -> u32 {
        self.code().and_then(StatusCode::number).unwrap_or(0)
    }

    /// The service's id of the request.
    pub fn request_id(&self) -> Option<&str> {
        self.status.as_ref()?.req_id.as_deref()
    }

    /// Credentials missing, wrong, run out or too weak.
    pub fn is_auth(&self) -> bool {
        matches!(self.number(), 11001 | 11002 | 11007 | 11008 | 11009 | 11104 | 11200)
            || (self.number() == 0 && matches!(self.http_status, 401 | 403))
    }

    /// Too many requests; the call was not carried out.
    pub fn is_throttled(&self) -> bool {
        match self.number() {
            0 => self.http_status == 429,
            11005 => true,
            _ => self.http_status == 429 && !self.is_quota(),
        }
    }

    /// The quota of the hour, the month or the plan is used up.
    pub fn is_quota(&self) -> bool {
        matches!(self.number(), 11003 | 11004 | 11006)
    }

    /// Writes or all calls are switched off for hours.
    pub fn is_maintenance(&self) -> bool {
        matches!(self.number(), 39997 | 39998)
    }

    /// The thing asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self.number(), 11101 | 21200 | 22102 | 30102) || (self.number() == 0 && self.http_status == 404)
    }

    /// Whether the cause passes by itself.
    pub fn is_transient(&self) -> bool {
        crate::policy::retry::is_transient(self)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.http_status)?;
        match &self.status {
            Some(status) => write!(f, ", {}", StatusText(status, 2 * EXCERPT_BYTES))?,
            None if self.excerpt.is_empty() => f.write_str(" without a body")?,
            None => write!(f, " with an answer that is not the API's: {}", self.excerpt)?,
        }
        if let Some(wait) = self.retry_after {
            write!(f, "; the server asks to wait {} s", wait.as_secs())?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

/// A status in words: code, name, description, details, request id.
struct StatusText<'a>(&'a Status, usize);

impl fmt::Display for StatusText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&clean(&self.0.to_string(), self.1))?;
        match self.0.req_id.as_deref() {
            Some(id) if !id.is_empty() => write!(f, " [request {}]", clean(id, 64)),
            _ => Ok(()),
        }
    }
}

/// An answer that cannot be read as what was asked for.
#[derive(Clone, Debug, ThisError)]
#[error("HTTP {http_status}, but the answer cannot be read: {problem}{}", Place { path, excerpt })]
#[non_exhaustive]
pub struct DecodeError {
    /// HTTP status.
    pub http_status: u16,
    /// What is wrong with the answer.
    pub problem: String,
    /// Where in the JSON, such as `outputs[3].data`. Empty where the whole is meant.
    pub path: String,
    /// The beginning of the body.
    pub excerpt: String,
    /// The service's id of the request, where the answer had one.
    pub request_id: Option<String>,
    /// Whether the answer broke off, or something hangs on its end: damage of the way, which passes.
    pub damaged: bool,
    /// Whether it looks like a web page.
    pub html: bool,
}

struct Place<'a> {
    path: &'a str,
    excerpt: &'a str,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() && self.path != "." {
            write!(f, " at `{}`", self.path)?;
        }
        if !self.excerpt.is_empty() {
            write!(f, "; it begins: {}", self.excerpt)?;
        }
        Ok(())
    }
}

impl DecodeError {
    /// An answer that can be read, and lacks what the next step needs.
    pub(crate) fn of_content(problem: &str) -> Self {
        Self {
            http_status: 200,
            problem: problem.to_owned(),
            path: String::new(),
            excerpt: String::new(),
            request_id: None,
            damaged: false,
            html: false,
        }
    }
}

/// A failure of the transport, told by an adapter.
#[derive(Debug, ThisError)]
#[error("{kind}")]
#[non_exhaustive]
pub struct TransportFailure {
    /// What is known about the request.
    pub kind: TransportFailureKind,
    /// The transport's own error.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl TransportFailure {
    /// A failure of this `kind`, with the transport's own error or a text as its source.
    pub fn new(kind: TransportFailureKind, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind, source: source.into() }
    }
}

/// What a transport can say about a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ThisError)]
#[non_exhaustive]
pub enum TransportFailureKind {
    /// Not one byte of it reached the server. Only where the transport can prove it.
    #[error("the request could not be sent")]
    NotSent,
    /// It may have reached the server, and may have been carried out.
    #[error("the connection failed before the answer was complete")]
    MaybeSent,
    /// The answer is larger than the adapter's limit; the rest was not read.
    #[error("the answer is larger than the limit")]
    TooLarge,
}

/// Which items of a call failed. The others went through.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ItemFailures {
    /// The failed items in the order of the request.
    pub failures: Vec<ItemFailure>,
    /// How many items the call had.
    pub total: usize,
    /// The service's id of the request.
    pub request_id: Option<String>,
}

/// One item that failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ItemFailure {
    /// Place in the request, counted from 0.
    pub index: usize,
    /// Its id, where it has one.
    pub id: String,
    /// Why it failed.
    pub status: Box<Status>,
}

impl fmt::Display for ItemFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        write!(f, "{} of {} items failed", self.failures.len(), self.total)?;
        for (place, failure) in self.failures.iter().take(SHOWN).enumerate() {
            write!(f, "{} {failure}", if place == 0 { ":" } else { "," })?;
        }
        if self.failures.len() > SHOWN {
            write!(f, ", and {} more", self.failures.len() - SHOWN)?;
        }
        Ok(())
    }
}

impl std::error::Error for ItemFailures {}

impl fmt::Display for ItemFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "item {} ", self.index)?;
        if !self.id.is_empty() {
            write!(f, "`{}` ", clean(&self.id, 64))?;
        }
        write!(f, "{}", StatusText(&self.status, EXCERPT_BYTES / 2))
    }
}

/// No model has the name asked for.
#[derive(Clone, Debug, ThisError)]
#[error("no model has the id or name `{}`{}{}", clean(name, 128), ignored_note(*ignored), similar_note(similar))]
#[non_exhaustive]
pub struct NoSuchModel {
    /// The name asked for.
    pub name: String,
    /// How many models of that name were left aside because they embed or cluster.
    pub ignored: usize,
    /// Models the search found under other names: id, and type in brackets.
    pub similar: Vec<String>,
}

fn similar_note(similar: &[String]) -> String {
    match similar {
        [] => String::new(),
        _ => format!("; similar are {}", clean(&similar.join(", "), EXCERPT_BYTES)),
    }
}

fn ignored_note(ignored: usize) -> String {
    match ignored {
        0 => String::new(),
        count => format!("; {count} of that name embed or cluster and must be asked for by type"),
    }
}

/// Several models have the name asked for.
#[derive(Clone, Debug, ThisError)]
#[error("{} models have the name `{}`: {}", candidates.len(), clean(name, 128), clean(&candidates.join(", "), EXCERPT_BYTES))]
#[non_exhaustive]
pub struct AmbiguousName {
    /// The name asked for.
    pub name: String,
    /// The models that have it: id, and type in brackets.
    pub candidates: Vec<String>,
}

/// A list that was read in pages and is not known to be whole. The items that were read came before the error.
#[derive(Clone, Debug, ThisError)]
#[error("the list {problem} (page {page}, {read} items read)")]
#[non_exhaustive]
pub struct IncompleteList {
    /// What was noticed.
    pub problem: ListProblem,
    /// How many different items were read.
    pub read: u64,
    /// The page where reading ended.
    pub page: u32,
}

/// What was noticed of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ThisError)]
#[non_exhaustive]
pub enum ListProblem {
    /// Items came again on a later page: others were added in front while it was read.
    #[error("changed while it was read: {repeated} items came twice and were left out, so others may be missing")]
    Changed {
        /// How many items came again.
        repeated: u64,
    },
    /// It ended before it had as many items as were expected.
    #[error("ended early: {expected} items were expected")]
    Short {
        /// How many items were expected.
        expected: u64,
    },
    /// Page after page brought nothing new.
    #[error("repeats itself: the service answers different pages with the same items")]
    Looping,
}

/// A wait that ended before what it waited for was reached.
#[derive(Debug, ThisError)]
#[error("{cause} (waited {}, asked {polls} times){}", Seconds(*waited), LastState(last.as_ref()))]
#[non_exhaustive]
pub struct WaitError {
    /// Why it ended.
    pub cause: WaitCause,
    /// How long it waited.
    pub waited: Duration,
    /// How many questions it asked.
    pub polls: u64,
    /// The last known state of what was waited for, in the API's own shape.
    pub last: Option<Value>,
}

/// Why a wait ended.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum WaitCause {
    /// The deadline passed. What was waited for may still come.
    #[error("the deadline passed")]
    Deadline,
    /// It ended in failure, and will not come.
    #[error("it failed: {}", StatusText(.0, EXCERPT_BYTES))]
    Failed(Box<Status>),
    /// It could not be looked at: an error that does not pass, or too many in a row that do.
    #[error("it could not be looked at: {0}")]
    Polling(Box<Error>),
}

struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s", self.0.as_secs_f64())
    }
}

struct LastState<'a>(Option<&'a Value>);

impl fmt::Display for LastState<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(last) => write!(f, "; last known: {}", clean(&last.to_string(), EXCERPT_BYTES / 2)),
            None => Ok(()),
        }
    }
}

/// How a machine was driven against its rules.
#[derive(Clone, Debug, ThisError)]
#[error("the machine was driven wrongly: {0}")]
pub struct Misuse(pub(crate) &'static str);

macro_rules! into_kind {
    ($($kind:ident: $type:ty),* $(,)?) => {$(
        impl From<$type> for ErrorKind {
            fn from(value: $type) -> Self {
                Self::$kind(value)
            }
        }
    )*};
}

into_kind! {
    Invalid: Invalid,
    Api: ApiError,
    Decode: DecodeError,
    Transport: TransportFailure,
    Items: ItemFailures,
    NoSuchModel: NoSuchModel,
    Ambiguous: AmbiguousName,
    List: IncompleteList,
    Wait: WaitError,
    Misuse: Misuse,
}

/// Text from outside, fit for a terminal and a log: no control characters, at most `limit` bytes.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    for character in text.chars() {
        if out.len() + character.len_utf8() > limit {
            out.push('…');
            break;
        }
        match character {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => out.push(' '),
            // Also the marks that turn the direction of writing: they can make a line read as another. Replaced, not
            // dropped: what they part, a secret that was blotted out elsewhere, must not come together again.
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
    fn an_error_is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn text_from_outside_is_tamed() {
        assert_eq!(clean("a\nb\u{1b}[31mred\u{202e}x", 99), "a b\u{fffd}[31mred\u{fffd}x");
        assert_eq!(clean("äöü", 4), "äö…");
    }
}
