//! One API call as a plain value, and how it may be repeated.

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use crate::body::Body;
pub use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
pub use crate::target::Target;

/// One API call as a plain value: how to ask, and how to read the answer.
///
/// An operation knows nothing of hosts, keys, sockets or retries; [`Exchange`](crate::Exchange) and
/// [`Call`](crate::machine::Call) add those. To add one, copy the file of a similar one: see CONTRIBUTING.md.
pub trait Operation {
    /// What the call answers.
    type Output;

    /// Its name in errors and logs: a verb and an object, such as `get model`.
    const NAME: &'static str;

    /// HTTP method.
    const METHOD: Method;

    /// How the call proves who is calling.
    const AUTH: AuthScheme = AuthScheme::App;

    /// Whether the answer is a list whose items carry a status of their own. Only then is "mixed" (10010) an answer;
    /// for all others it is a refusal.
    const PARTIAL: bool = false;

    /// Type of the body, where there is one.
    const CONTENT_TYPE: &'static str = "application/json";

    /// Whether the call may be repeated when nobody knows if it took effect.
    ///
    /// A method rather than a constant, because it can hang on the values: creating inputs is safe to repeat when
    /// the caller chose their ids, and doubles them when not.
    fn replay(&self) -> Replay;

    /// Appends path segments and query.
    fn target(&self, target: &mut Target);

    /// The body. Fails on arguments that cannot be sent.
    fn body(&self) -> Result<Body, InvalidArgument> {
        Ok(Body::empty())
    }

    /// Reads the answer. Called only for answers that the service calls a success, whole or in part.
    fn decode(&self, answer: &Envelope) -> Result<Self::Output, DecodeError>;

    /// The same call, answering the untouched JSON.
    fn raw(self) -> Raw<Self>
    where
        Self: Sized,
    {
        Raw(self)
    }
}

/// Whether a call may be repeated when nobody knows if it took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Replay {
    /// It changes nothing: reading, searching, predicting.
    Safe,
    /// Twice has the effect of once: deleting by id, merging, creating under ids of one's own.
    Idempotent,
    /// Twice has twice the effect. Repeated only when it surely was not carried out.
    Once,
}

/// How a call proves who is calling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthScheme {
    /// With the app's key or token.
    App,
    /// With the app's id and secret, by HTTP Basic: only to get a token.
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

/// A call that answers the untouched JSON: see [`Operation::raw`].
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

/// The untouched answer of a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RawResponse {
    /// The answer as JSON.
    pub json: Value,
    /// The answer as it came.
    pub body: Bytes,
}
