//! A single request and the parser of its response, for use without a state machine.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response, Uri};

use crate::body::Body;
use crate::config::Config;
use crate::credentials::Authorization;
use crate::envelope::{Envelope, Verdict};
use crate::error::{Error, ErrorKind, InvalidArgument};
use crate::operation::{AuthScheme, Operation};
use crate::redact::Redactor;
use crate::target::Target;
use crate::types::Flag;

/// A single call: the [`http::Request`] to send, and the parser of its [`http::Response`].
///
/// It does not retry or wait and has no state. Send the request with any HTTP client, follow no redirects, and pass the
/// complete response to [`parse`](Self::parse), regardless of its HTTP status.
///
/// ```
/// use clarifai_core::{Config, Credentials, Exchange, models::Predict};
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let exchange = Exchange::new(&config, Predict::new("general-image-recognition").image_url("https://example.com/cat.jpg"))?;
/// assert_eq!(exchange.request().method(), "POST");
/// assert_eq!(exchange.request().uri(), "https://api.clarifai.com/v2/models/general-image-recognition/outputs");
///
/// // Send the request. This is a typical response of the service.
/// let response = http::Response::new(r#"{"status": {"code": 10000}, "outputs": [{"id": "o", "status": {"code": 10000},
///     "data": {"concepts": [{"id": "ai_1", "name": "cat", "value": 0.98}]}}]}"#);
/// let outputs = exchange.parse(response)?.into_result()?;
/// assert_eq!(outputs[0].concepts()[0].name, "cat");
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Exchange<O> {
    request: Request<Body>,
    parser: Parser<O>,
}

impl<O: Operation> Exchange<O> {
    /// Creates the request of `operation` with the base URL, credentials and default app of `config`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::error::ErrorKind::InvalidArgument) names the argument that cannot be sent.
    /// It is also returned if the credentials are an app id and secret: fetch a token with
    /// [`GetToken`](crate::auth::GetToken) first, or use a [machine](crate::machine), which does so automatically.
    pub fn new(config: &Config, operation: O) -> Result<Self, Error> {
        let request = match (O::SPEC.auth, config.credentials().ready()) {
            (AuthScheme::App, Some(authorization)) => request(config, &operation, authorization),
            (AuthScheme::App, None) => {
                Err(InvalidArgument::credentials("are an app id and secret: fetch a token first"))
            }
            (AuthScheme::AppSecret, _) => {
                basic(config).and_then(|authorization| request(config, &operation, authorization))
            }
        };
        let request = request.map_err(|invalid| Error::new(O::SPEC.name, invalid))?;
        Ok(Self { request, parser: Parser { redactor: config.redactor(), operation } })
    }

    /// Returns the request to send.
    pub fn request(&self) -> &Request<Body> {
        &self.request
    }

    /// Splits the exchange into the request and the parser, for HTTP clients that take the request by value.
    pub fn into_parts(self) -> (Request<Body>, Parser<O>) {
        (self.request, self.parser)
    }

    /// Parses the response: the complete body as received, regardless of the HTTP status.
    ///
    /// # Errors
    ///
    /// The same as [`Parser::parse`].
    pub fn parse(&self, response: Response<impl Into<Bytes>>) -> Result<O::Output, Error> {
        self.parser.parse(response)
    }
}

/// A parser of the response to one operation.
#[derive(Debug)]
pub struct Parser<O> {
    redactor: Redactor,
    operation: O,
}

impl<O: Operation> Parser<O> {
    /// Parses the response: the complete body as received, regardless of the HTTP status.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`](crate::error::ErrorKind::Api) if the HTTP status or the status in the body reports an error;
    /// [`ErrorKind::InvalidResponse`](crate::error::ErrorKind::InvalidResponse) if the response cannot be decoded;
    /// [`ErrorKind::Items`](crate::error::ErrorKind::Items) if every item of a batch failed, unless the operation is
    /// sent [by item](Operation::by_item).
    pub fn parse(&self, response: Response<impl Into<Bytes>>) -> Result<O::Output, Error> {
        let response = response.map(Into::into);
        judge(&self.operation, &Envelope::open(self.redactor.clone(), self.operation.replay(), response))
    }
}

/// Turns a response into the result of the operation that requested it.
pub(crate) fn judge<O: Operation>(operation: &O, answer: &Envelope) -> Result<O::Output, Error> {
    let first = judge_once(operation, answer);
    let is_unreadable = |error: &Error| matches!(error.kind(), ErrorKind::InvalidResponse(_));
    if !first.as_ref().is_err_and(is_unreadable) {
        return first;
    }
    // One part that cannot be read must not cost the others.
    let Some(repaired) = answer.repaired() else { return first };
    match judge_once(operation, &repaired) {
        Err(error) if is_unreadable(&error) => first,
        second => second,
    }
}

fn judge_once<O: Operation>(operation: &O, answer: &Envelope) -> Result<O::Output, Error> {
    let result = match answer.verdict() {
        Verdict::Success => operation.decode(answer).map_err(|unreadable| answer.unreadable(O::SPEC.name, unreadable)),
        Verdict::ByItem if O::SPEC.partial => operation.decode(answer).map_err(|unreadable| match answer.code() {
            // All items failed and none contains a reason: only the status of the call can be reported.
            Some(code) if code.has(Flag::AllFailed) => answer.refusal(O::SPEC.name),
            _ => answer.unreadable(O::SPEC.name, unreadable),
        }),
        Verdict::ByItem | Verdict::Refused => Err(answer.refusal(O::SPEC.name)),
    };
    let result = result.and_then(|output| match operation.total_failure(&output) {
        Some(error) => Err(error),
        None => Ok(output),
    });
    match O::SPEC.auth {
        AuthScheme::App => result,
        // The response contains a token, so errors must not quote it.
        AuthScheme::AppSecret => result.map_err(Error::without_excerpt),
    }
}

/// Returns the HTTP Basic header of the app id and secret.
pub(crate) fn basic(config: &Config) -> Result<Authorization, InvalidArgument> {
    match config.credentials().basic() {
        Some(value) => Ok(Authorization { name: http::header::AUTHORIZATION, value }),
        None => Err(InvalidArgument::credentials("must be an app id and secret to fetch a token")),
    }
}

/// Builds the request of `operation` with the given authorization header.
pub(crate) fn request<O: Operation>(
    config: &Config,
    operation: &O,
    authorization: Authorization,
) -> Result<Request<Body>, InvalidArgument> {
    let mut target = Target::new(config.root(), config.app());
    operation.target(&mut target);
    let body = operation.body()?;

    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(config.scheme().clone());
    uri.authority = Some(config.authority().clone());
    uri.path_and_query = Some(target.finish()?);
    let uri =
        Uri::from_parts(uri).map_err(|error| InvalidArgument::new("address", format!("cannot be built: {error}")))?;

    let mut headers = HeaderMap::with_capacity(3);
    headers.insert(authorization.name, authorization.value);
    headers.insert(Config::CLIENT_HEADER, HeaderValue::from_static(Config::CLIENT));
    if !body.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(O::SPEC.content_type));
    }

    let mut request = Request::new(body);
    *request.method_mut() = O::SPEC.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}
