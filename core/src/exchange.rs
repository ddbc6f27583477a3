//! One request and the parser of its answer, for people who want no machine.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response, Uri};

use crate::auth::Authorization;
use crate::body::Body;
use crate::config::Config;
use crate::envelope::{Envelope, Verdict};
use crate::error::{Error, InvalidArgument};
use crate::operation::{AuthScheme, Operation};
use crate::target::Target;
use crate::types::Flag;

/// One call: the [`http::Request`] to send, and the parser of the [`http::Response`] to it.
///
/// No retry, no waiting, no state. Send the request with whatever you have, follow no redirect, and hand the
/// whole answer to [`parse`](Self::parse), whatever its HTTP status.
///
/// ```
/// use clarifai_core::{Config, Credentials, Exchange, models::Predict};
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let exchange = Exchange::new(&config, Predict::new("general-image-recognition").image_url("https://example.com/cat.jpg"))?;
/// assert_eq!(exchange.request().method(), "POST");
/// assert_eq!(exchange.request().uri(), "https://api.clarifai.com/v2/models/general-image-recognition/outputs");
///
/// // Send it; here is an answer as the service gives it.
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
    /// Builds the request of `operation` for `app`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::error::ErrorKind::InvalidArgument) names the argument that cannot be sent. That is also
    /// the answer to an app id and secret without a token: fetch one with [`GetToken`](crate::auth::GetToken), or use a
    /// machine, which does it by itself.
    pub fn new(config: &Config, operation: O) -> Result<Self, Error> {
        let request = match (O::AUTH, config.credentials().ready()) {
            (AuthScheme::App, Some(authorization)) => request(config, &operation, authorization),
            (AuthScheme::App, None) => {
                Err(InvalidArgument::credentials("are an app id and secret: fetch a token first"))
            }
            (AuthScheme::AppSecret, _) => {
                basic(config).and_then(|authorization| request(config, &operation, authorization))
            }
        };
        let request = request.map_err(|invalid| Error::new(O::NAME, invalid))?;
        Ok(Self { request, parser: Parser { config: config.clone(), operation } })
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
    config: Config,
    operation: O,
}

impl<O: Operation> Parser<O> {
    /// Reads the answer: the whole body as it came, whatever the HTTP status.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`](crate::error::ErrorKind::Api) for a refusal, by HTTP status or by the status in the body;
    /// [`ErrorKind::InvalidResponse`](crate::error::ErrorKind::InvalidResponse) for an answer that cannot be read.
    pub fn parse(&self, response: Response<impl Into<Bytes>>) -> Result<O::Output, Error> {
        judge(&self.operation, &Envelope::open(&self.config, self.operation.replay(), response.map(Into::into)))
    }
}

/// What an answer means for the operation that asked.
pub(crate) fn judge<O: Operation>(operation: &O, answer: &Envelope) -> Result<O::Output, Error> {
    let result = match answer.verdict() {
        Verdict::Success => operation.decode(answer).map_err(|unreadable| answer.unreadable(O::NAME, unreadable)),
        Verdict::ByItem if O::PARTIAL => operation.decode(answer).map_err(|unreadable| match answer.code() {
            // All of it failed, and no item says why: the status is all there is.
            Some(code) if code.has(Flag::AllFailed) => answer.refusal(O::NAME),
            _ => answer.unreadable(O::NAME, unreadable),
        }),
        Verdict::ByItem | Verdict::Refused => Err(answer.refusal(O::NAME)),
    };
    match O::AUTH {
        AuthScheme::App => result,
        // An answer with a token in it must not be quoted.
        AuthScheme::AppSecret => result.map_err(Error::without_excerpt),
    }
}

/// The header that proves app id and secret.
pub(crate) fn basic(config: &Config) -> Result<Authorization, InvalidArgument> {
    match config.credentials().basic() {
        Some(value) => Ok(Authorization { name: http::header::AUTHORIZATION, value }),
        None => Err(InvalidArgument::credentials("must be an app id and secret to fetch a token")),
    }
}

/// Builds the request of `operation` under the given header.
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
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(O::CONTENT_TYPE));
    }

    let mut request = Request::new(body);
    *request.method_mut() = O::METHOD;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}
