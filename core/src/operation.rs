//! API calls as plain values, and the rules for retrying them.

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use crate::body::Body;
pub use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
pub use crate::raw::{AddRaw, WithRaw};
pub use crate::target::Target;

mod keep_raw;

pub use keep_raw::KeepRaw;
pub(crate) use keep_raw::KeepRawIf;

/// An API call as a plain value: how to build its request, and how to decode its response.
///
/// An operation is independent of hosts, credentials, sockets and retries; [`Exchange`](crate::Exchange) and
/// [`Call`](crate::machine::Call) add those. To add an operation, copy the file of a similar one: see CONTRIBUTING.md.
pub trait Operation {
    /// Type of the decoded response.
    type Output;

    /// Name in errors and logs: a verb and an object, such as `get model`.
    const NAME: &'static str;

    /// HTTP method of the request.
    const METHOD: Method;

    /// Authentication scheme of the request. Default: [`AuthScheme::App`].
    const AUTH: AuthScheme = AuthScheme::App;

    /// Whether the response is a list in which every item has its own status. Only then are responses with the status
    /// codes "mixed" (10010) and "failure" (10020) decoded; for all other operations they are errors. Default: `false`.
    const PARTIAL: bool = false;

    /// Content type of the request body, if there is one. Default: `application/json`.
    const CONTENT_TYPE: &'static str = "application/json";

    /// Returns whether the call may be repeated when it is uncertain whether it took effect.
    ///
    /// This is a method rather than a constant because it can depend on the arguments: creating inputs is safe to
    /// repeat if the caller chose their ids, and creates duplicates otherwise.
    fn replay(&self) -> Replay;

    /// Appends the path segments and the query of the request.
    fn target(&self, target: &mut Target);

    /// Returns the request body. Default: empty.
    ///
    /// # Errors
    ///
    /// Names the argument that cannot be sent.
    fn body(&self) -> Result<Body, InvalidArgument> {
        Ok(Body::empty())
    }

    /// Decodes the response. Called only for responses that the service reports as a success or, if
    /// [`PARTIAL`](Self::PARTIAL) is set, as "mixed" or "failure".
    ///
    /// # Errors
    ///
    /// Names the place in the response that cannot be decoded.
    fn decode(&self, answer: &Envelope) -> Result<Self::Output, DecodeError>;

    /// Converts the operation into one that sends the same request and returns the raw JSON of the response.
    fn raw(self) -> Raw<Self>
    where
        Self: Sized,
    {
        Raw(self)
    }

    /// Converts the operation into one that returns each record as a [`WithRaw`]: the typed value and its JSON, with
    /// all members and all digits. Both come from one reading of the response.
    ///
    /// ```
    /// use clarifai_core::{Config, Credentials, Exchange, Operation, concepts::ListConcepts};
    ///
    /// let config = Config::new(Credentials::key("0123456789abcdef")?);
    /// let exchange = Exchange::new(&config, ListConcepts::new().with_raw())?;
    /// let concepts = exchange.parse(http::Response::new(
    ///     r#"{"status": {"code": 10000}, "concepts": [{"id": "cat", "value": 0.9000000000000000000001}]}"#,
    /// ))?;
    /// assert_eq!(concepts[0].value.id, "cat");
    /// assert_eq!(concepts[0].json.get(), r#"{"id": "cat", "value": 0.9000000000000000000001}"#);
    /// # Ok::<(), clarifai_core::Error>(())
    /// ```
    fn with_raw(self) -> KeepRaw<Self>
    where
        Self: Sized,
        Self::Output: AddRaw,
    {
        KeepRaw(self)
    }
}

/// Whether a call may be repeated when it is uncertain whether it took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Replay {
    /// The call changes nothing: reading, searching, predicting. It may always be repeated.
    Safe,
    /// Repeating the call has no additional effect: deleting by id, merging, creating with caller-chosen ids.
    Idempotent,
    /// Repeating the call repeats its effect. It is retried only if it was definitely not executed.
    Once,
}

/// The authentication scheme of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthScheme {
    /// The API key or the token of the configuration.
    App,
    /// The app id and secret of the configuration, by HTTP Basic: only to get an access token.
    AppSecret,
}

impl<O: Operation> Operation for &O {
    type Output = O::Output;
    const NAME: &'static str = O::NAME;
    const METHOD: Method = O::METHOD;
    const AUTH: AuthScheme = O::AUTH;
    const PARTIAL: bool = O::PARTIAL;
    const CONTENT_TYPE: &'static str = O::CONTENT_TYPE;

    fn replay(&self) -> Replay {
        (**self).replay()
    }

    fn target(&self, target: &mut Target) {
        (**self).target(target);
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        (**self).body()
    }

    fn decode(&self, answer: &Envelope) -> Result<Self::Output, DecodeError> {
        (**self).decode(answer)
    }
}

/// An operation that returns the raw JSON of the response: see [`Operation::raw`].
#[derive(Clone, Copy, Debug)]
pub struct Raw<O>(O);

impl<O: Operation> Operation for Raw<O> {
    type Output = RawResponse;
    const NAME: &'static str = O::NAME;
    const METHOD: Method = O::METHOD;
    const AUTH: AuthScheme = O::AUTH;
    const PARTIAL: bool = O::PARTIAL;
    const CONTENT_TYPE: &'static str = O::CONTENT_TYPE;

    fn replay(&self) -> Replay {
        self.0.replay()
    }

    fn target(&self, target: &mut Target) {
        self.0.target(target);
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.0.body()
    }

    fn decode(&self, answer: &Envelope) -> Result<RawResponse, DecodeError> {
        answer.raw()
    }
}

/// The raw response of a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RawResponse {
    /// Response body parsed as JSON.
    pub json: Value,
    /// Response body as received.
    pub body: Bytes,
}
