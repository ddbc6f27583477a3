//! The constant facts of an API call: its name, its method, how it is authorized, whether it may be repeated.

use http::Method;

/// The constant facts of an API call.
///
/// The constructors are named after the HTTP method, which also decides whether the call may be repeated: GET is
/// [`Safe`](Replay::Safe); PUT and DELETE are [`Idempotent`](Replay::Idempotent); POST and PATCH are sent
/// [`Once`](Replay::Once).
///
/// ```
/// use clarifai_core::operation::{Replay, Spec};
///
/// const SEARCH: Spec = Spec::post("search models").replay(Replay::Safe);
/// assert_eq!(SEARCH.name, "search models");
/// assert_eq!(Spec::delete("delete model").replay, Replay::Idempotent);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spec {
    /// Name in errors and logs: a verb and an object, such as `get model`.
    pub name: &'static str,
    /// HTTP method of the request.
    pub method: Method,
    /// Authentication scheme of the request. Default: [`AuthScheme::App`].
    pub auth: AuthScheme,
    /// Whether the response is a list in which every item has its own status. Only then are responses with the status
    /// codes "mixed" (10010) and "failure" (10020) decoded; for all other operations they are errors. Default: `false`.
    pub partial: bool,
    /// Whether a response of success contains the status object of the API. Default: `true`.
    pub status: bool,
    /// Content type of the request body, if there is one. Default: `application/json`.
    pub content_type: &'static str,
    /// Whether the call may be repeated, unless its arguments decide otherwise. Default: by the HTTP method.
    pub replay: Replay,
}

impl Spec {
    /// Creates the spec of a GET request with this name.
    pub const fn get(name: &'static str) -> Self {
        Self::new(name, Method::GET, Replay::Safe)
    }

    /// Creates the spec of a POST request with this name.
    pub const fn post(name: &'static str) -> Self {
        Self::new(name, Method::POST, Replay::Once)
    }

    /// Creates the spec of a PUT request with this name.
    pub const fn put(name: &'static str) -> Self {
        Self::new(name, Method::PUT, Replay::Idempotent)
    }

    /// Creates the spec of a PATCH request with this name.
    pub const fn patch(name: &'static str) -> Self {
        Self::new(name, Method::PATCH, Replay::Once)
    }

    /// Creates the spec of a DELETE request with this name.
    pub const fn delete(name: &'static str) -> Self {
        Self::new(name, Method::DELETE, Replay::Idempotent)
    }

    const fn new(name: &'static str, method: Method, replay: Replay) -> Self {
        Self {
            name,
            method,
            auth: AuthScheme::App,
            partial: false,
            status: true,
            content_type: "application/json",
            replay,
        }
    }

    /// Sets the authentication scheme.
    pub const fn auth(mut self, auth: AuthScheme) -> Self {
        self.auth = auth;
        self
    }

    /// States that every item of the response has its own status.
    pub const fn partial(mut self) -> Self {
        self.partial = true;
        self
    }

    /// States that a response of success contains no status object, as at the OpenAI-compatible endpoint.
    pub const fn without_status(mut self) -> Self {
        self.status = false;
        self
    }

    /// Sets the content type of the request body.
    pub const fn content_type(mut self, content_type: &'static str) -> Self {
        self.content_type = content_type;
        self
    }

    /// Sets whether the call may be repeated, where the default of the HTTP method is wrong.
    pub const fn replay(mut self, replay: Replay) -> Self {
        self.replay = replay;
        self
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
