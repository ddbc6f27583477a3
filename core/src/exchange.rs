//! One request and the parser of its answer, for people who want no machine.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response, Uri};

use crate::app::App;
use crate::auth::Authorization;
use crate::body::Body;
use crate::envelope::{Envelope, Verdict};
use crate::error::{Error, Invalid};
use crate::operation::{Auth, Operation};
use crate::target::Target;

/// One call: the [`http::Request`] to send, and the parser of the [`http::Response`] to it.
///
/// No retry, no waiting, no state. Send the request with whatever you have, follow no redirect, and hand the
/// whole answer to [`parse`](Self::parse), whatever its HTTP status.
///
/// ```
/// use clarifai_core::{App, Credentials, Exchange, models::Predict};
///
/// let app = App::new(Credentials::key("0123456789abcdef")?);
/// let exchange = Exchange::new(&app, Predict::with("general-image-recognition").image_url("https://example.com/cat.jpg"))?;
/// assert_eq!(exchange.request().method(), "POST");
/// assert_eq!(exchange.request().uri(), "https://api.clarifai.com/v2/models/general-image-recognition/outputs");
///
/// // Send it; here is an answer as the service gives it.
/// let response = http::Response::new(r#"{"status": {"code": 10000}, "outputs": [{"id": "o", "status": {"code": 10000},
///     "data": {"concepts": [{"id": "ai_1", "name": "cat", "value": 0.98}]}}]}"#);
/// let outputs = exchange.parse(response)?.all()?;
/// assert_eq!(outputs[0].concepts()[0].name, "cat");
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Exchange<O> {
    request: Request<Body>,
    parser: Parser<O>,
}

impl<O: Operation> Exchange<O> {
    /// Builds the request of `operation` for `app`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::error::ErrorKind::Invalid) names the argument that cannot be sent. That is also
    /// the answer to an app id and secret without a token: fetch one with [`Token`](crate::auth::Token), or use a
    /// machine, which does it by itself.
    pub fn new(app: &App, operation: O) -> Result<Self, Error> {
        let request = match (O::AUTH, app.credentials().ready()) {
            (Auth::App, Some(authorization)) => request(app, &operation, authorization),
            (Auth::App, None) => Err(Invalid::new("credentials", "are an app id and secret: fetch a token first")),
            (Auth::AppSecret, _) => basic(app).and_then(|authorization| request(app, &operation, authorization)),
        };
        let request = request.map_err(|invalid| Error::new(O::NAME, invalid))?;
        Ok(Self { request, parser: Parser { app: app.clone(), operation } })
    }

    /// The request to send.
    pub fn request(&self) -> &Request<Body> {
        &self.request
    }

    /// Request and parser apart, where the request must be given away.
    pub fn into_parts(self) -> (Request<Body>, Parser<O>) {
        (self.request, self.parser)
    }

    /// Reads the answer.
    ///
    /// # Errors
    ///
    /// As [`Parser::parse`].
    pub fn parse(&self, response: Response<impl Into<Bytes>>) -> Result<O::Output, Error> {
        self.parser.parse(response)
    }
}

/// Reads the answer to one operation.
#[derive(Debug)]
pub struct Parser<O> {
    app: App,
    operation: O,
}

impl<O: Operation> Parser<O> {
    /// Reads the answer: the whole body as it came, whatever the HTTP status.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`](crate::error::ErrorKind::Api) for a refusal, by HTTP status or by the status in the body;
    /// [`ErrorKind::Decode`](crate::error::ErrorKind::Decode) for an answer that cannot be read.
    pub fn parse(&self, response: Response<impl Into<Bytes>>) -> Result<O::Output, Error> {
        judge(&self.operation, &Envelope::open(&self.app, response.map(Into::into)))
    }
}

/// What an answer means for the operation that asked.
pub(crate) fn judge<O: Operation>(operation: &O, answer: &Envelope) -> Result<O::Output, Error> {
    let result = match answer.verdict() {
        Verdict::Success => operation.decode(answer).map_err(|unreadable| answer.unreadable(O::NAME, unreadable)),
        Verdict::ByItem if O::PARTIAL => operation.decode(answer).map_err(|unreadable| match answer.code() {
            // All of it failed, and no item says why: the status is all there is.
            Some(10020) => answer.refusal(O::NAME),
            _ => answer.unreadable(O::NAME, unreadable),
        }),
        Verdict::ByItem | Verdict::Refused => Err(answer.refusal(O::NAME)),
    };
    match O::AUTH {
        Auth::App => result,
        // An answer with a token in it must not be quoted.
        Auth::AppSecret => result.map_err(Error::without_excerpt),
    }
}

/// The header that proves app id and secret.
pub(crate) fn basic(app: &App) -> Result<Authorization, Invalid> {
    match app.credentials().basic() {
        Some(value) => Ok(Authorization { name: http::header::AUTHORIZATION, value }),
        None => Err(Invalid::new("credentials", "hold no app id and secret to fetch a token with")),
    }
}

/// Builds the request of `operation` under the given header.
pub(crate) fn request<O: Operation>(
    app: &App,
    operation: &O,
    authorization: Authorization,
) -> Result<Request<Body>, Invalid> {
    let mut target = Target::new(app.root(), app.scope());
    operation.target(&mut target);
    let body = operation.body()?;

    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(app.scheme().clone());
    uri.authority = Some(app.authority().clone());
    uri.path_and_query = Some(target.finish()?);
    let uri = Uri::from_parts(uri).map_err(|error| Invalid::new("address", format!("cannot be built: {error}")))?;

    let mut headers = HeaderMap::with_capacity(3);
    headers.insert(authorization.name, authorization.value);
    headers.insert(App::CLIENT_HEADER, HeaderValue::from_static(App::CLIENT));
    if !body.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(O::CONTENT_TYPE));
    }

    let mut request = Request::new(body);
    *request.method_mut() = O::METHOD;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}
