#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::any::Any;
use std::fmt;
use std::io::BufReader;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::time::{Instant, Now};
use clarifai_core::transport::{
    AsyncStreamBody, AsyncStreamTransport, AsyncTransport, Body, BodyCollector, MAX_RESPONSE_BYTES, RequestTimeout,
    TransportError, TransportErrorKind,
};
use futures_timer::Delay;
use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use futures_util::io::{AllowStdIo, AsyncReadExt as _};
use http::{HeaderName, HeaderValue, Request, Response};
use http_client::HttpClient;
use http_client::http_types;

#[doc(inline)]
pub use clarifai_core::*;
pub use {clarifai_core as core, http_client, surf};

/// The asynchronous client over a surf backend, for any runtime. Cheap to clone; clones share the backend.
///
/// Its futures are [`Send`]. Dropping a future cancels the call; the service may have executed the request
/// nevertheless.
pub type Client = client::Client<Surf>;

/// The transport: a surf client without middleware.
#[derive(Clone)]
pub struct Surf {
    client: surf::Client,
    timeout: Duration,
    max_response: u64,
}

/// Size of the buffers for encoding request bodies and reading responses, in bytes.
const CHUNK: usize = 64 * 1024;

impl Surf {
    /// Creates a transport over libcurl with its own connection pool, a connect timeout of 10 seconds, a timeout of 30
    /// minutes for each request, and redirects disabled. The proxy from the environment is not used if the base URL is
    /// `localhost` or a loopback address.
    ///
    /// # Errors
    ///
    /// Fails if libcurl cannot be initialized.
    #[cfg(feature = "curl")]
    pub fn new(config: &Config) -> Result<Self, TransportError> {
        use isahc::config::{Configurable as _, RedirectPolicy};
        let mut curl =
            isahc::HttpClient::builder().connect_timeout(Duration::from_secs(10)).redirect_policy(RedirectPolicy::None);
        if config.is_loopback() {
            curl = curl.proxy(None);
        }
        let curl = curl.build().map_err(not_sent)?;
        Ok(Self::with_backend(http_client::isahc::IsahcClient::from_client(curl)))
    }

    /// Creates a transport over an existing backend, as accepted by `surf::Client::with_http_client`.
    ///
    /// It does not accept a `surf::Client`, which may have middleware: the redirect middleware of surf sends each
    /// request twice and sends the credentials to any host it is redirected to. Backends do not follow redirects,
    /// except an isahc backend that was configured to. An isahc backend uses proxies from the environment, also for
    /// loopback addresses, unless it was built without a proxy.
    pub fn with_backend(backend: impl HttpClient) -> Self {
        let timeout = Duration::from_secs(1800);
        Self { client: surf::Client::with_http_client(backend), timeout, max_response: MAX_RESPONSE_BYTES }
    }

    /// Sets the timeout of each request, measured until the last byte of its response. Default: 30 minutes.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the maximum size of a response body in bytes, after decompression. Default: [`MAX_RESPONSE_BYTES`].
    pub fn with_max_response(mut self, bytes: u64) -> Self {
        self.max_response = bytes;
        self
    }

    /// Sends one request and returns the head of the response, and its body.
    async fn begin(&self, request: http_types::Request) -> Result<Response<http_types::Body>, TransportError> {
        let has_body = request.len() != Some(0);
        let theirs = self.client.send(request).await.map_err(|error| failed(error, has_body))?;
        let mut theirs: http_types::Response = theirs.into();
        let mut response = Response::new(());
        *response.status_mut() = http::StatusCode::from_u16(theirs.status().into()).map_err(maybe_sent)?;
        for (name, values) in &theirs {
            for value in values {
                // async-h1 adds a date header whose value is not valid, so invalid headers are skipped.
                let name = HeaderName::from_bytes(name.as_str().as_bytes());
                if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_str().as_bytes())) {
                    response.headers_mut().append(name, value);
                }
            }
        }
        Ok(response.map(|()| theirs.take_body()))
    }

    async fn exchange(&self, request: http_types::Request) -> Result<Response<Bytes>, TransportError> {
        let (parts, mut body) = self.begin(request).await?.into_parts();
        let mut received = BodyCollector::new(self.max_response, announced(&parts.headers))?;
        let mut buffer = vec![0; CHUNK];
        loop {
            match body.read(&mut buffer).await.map_err(maybe_sent)? {
                0 => break,
                count => received.push(&buffer[..count])?,
            }
        }
        let bytes = received.finish()?;
        Ok(Response::from_parts(parts, bytes))
    }

    /// Waits for a response for at most this long. A panic of the backend is an error.
    async fn within<R>(
        timeout: Duration,
        response: impl Future<Output = Result<R, TransportError>>,
    ) -> Result<R, TransportError> {
        let response = AssertUnwindSafe(response).catch_unwind();
        match select(pin!(response), Delay::new(timeout)).await {
            Either::Left((Ok(response), _)) => response,
            Either::Left((Err(panic), _)) => Err(maybe_sent(format!("the backend panicked: {}", message(&*panic)))),
            Either::Right(_) => Err(maybe_sent(format!("no complete response within {timeout:?}"))),
        }
    }
}

/// Returns the length of the body that the headers announce, if the body arrives as announced.
fn announced(headers: &http::HeaderMap) -> Option<u64> {
    // libcurl decompresses the body but keeps the `Content-Length` of the compressed one.
    if headers.contains_key(http::header::CONTENT_ENCODING) {
        return None;
    }
    headers.get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl AsyncTransport for Surf {
    fn now(&self) -> Now {
        clarifai_native::now()
    }

    /// Sends one request. libcurl itself resends a request without a body if a reused connection breaks.
    async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        let timeout = RequestTimeout::of(&request).map_or(self.timeout, |timeout| timeout.min(self.timeout));
        let request = translate(request)?;
        Self::within(timeout, self.exchange(request)).await
    }

    async fn wait_until(&self, time: Instant) {
        Delay::new(clarifai_native::time_until(time)).await;
    }

    fn seed(&self) -> u64 {
        clarifai_native::seed()
    }
}

impl AsyncStreamTransport for Surf {
    type Body = SurfBody;

    /// Sends one request. The timeout of the transport applies until the head of the response has arrived.
    async fn open(&self, request: Request<Body>) -> Result<Response<SurfBody>, TransportError> {
        let response = Self::within(self.timeout, self.begin(translate(request)?)).await?;
        let missing = announced(response.headers());
        Ok(response.map(|body| SurfBody { body, missing, buffer: vec![0; CHUNK] }))
    }
}

/// The body of a streamed response.
#[derive(Debug)]
pub struct SurfBody {
    body: http_types::Body,
    /// Number of bytes that must still arrive, if known: not all backends check it.
    missing: Option<u64>,
    buffer: Vec<u8>,
}

impl AsyncStreamBody for SurfBody {
    async fn next_piece(&mut self) -> Result<Option<Bytes>, TransportError> {
        let count = self.body.read(&mut self.buffer).await.map_err(maybe_sent)?;
        if let Some(missing) = &mut self.missing {
            *missing = missing.saturating_sub(count as u64);
        }
        match count {
            0 if self.missing.is_some_and(|missing| missing > 0) => Err(maybe_sent("the response is incomplete")),
            0 => Ok(None),
            count => Ok(Some(Bytes::copy_from_slice(&self.buffer[..count]))),
        }
    }
}

#[cfg(feature = "curl")]
impl transport::Connect for Surf {
    fn connect(config: &Config) -> Result<Self, Error> {
        Self::new(config).map_err(Error::from_connect)
    }

    fn variable(name: &str) -> Option<String> {
        clarifai_native::variable(name)
    }
}

impl fmt::Debug for Surf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surf")
            .field("timeout", &self.timeout)
            .field("max_response", &self.max_response)
            .finish_non_exhaustive()
    }
}

/// Converts a request to the types of surf.
fn translate(request: Request<Body>) -> Result<http_types::Request, TransportError> {
    let (parts, body) = request.into_parts();
    let method: http_types::Method =
        parts.method.as_str().parse().map_err(|_| not_sent("surf knows no such method"))?;
    let address = http_types::Url::parse(&parts.uri.to_string()).map_err(not_sent)?;
    let mut theirs = http_types::Request::new(method, address);
    for (name, value) in &parts.headers {
        let refused = || not_sent(format!("surf cannot send the value of the header {name}"));
        let text = value.to_str().map_err(|_| refused())?;
        let ours = http_types::headers::HeaderName::from_bytes(name.as_str().into()).map_err(|_| refused())?;
        theirs.append_header(ours, text.parse::<http_types::headers::HeaderValue>().map_err(|_| refused())?);
    }
    if !body.is_empty() {
        let length = usize::try_from(body.len()).map_err(not_sent)?;
        // The reader never blocks: it only encodes.
        let reader = AllowStdIo::new(BufReader::with_capacity(CHUNK, body.reader()));
        theirs.set_body(http_types::Body::from_reader(reader, Some(length)));
    }
    Ok(theirs)
}

/// Returns the message of a panic.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}

fn not_sent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TransportError {
    TransportError::new(TransportErrorKind::NotSent, source)
}

/// Classifies a failure before the response. isahc reports why libcurl could not connect, which proves that a request
/// with a body was not sent. libcurl may repeat one without a body after an earlier connection broke, so that the
/// failure of the last connection proves nothing about the first.
fn failed(error: http_types::Error, has_body: bool) -> TransportError {
    #[cfg(feature = "curl")]
    if let (true, Some(error)) = (has_body, error.downcast_ref::<isahc::Error>()) {
        use isahc::Error as Curl;
        let kind = match error {
            Curl::BadServerCertificate(_) => Some(TransportErrorKind::Untrusted),
            Curl::ConnectFailed | Curl::CouldntResolveHost | Curl::CouldntResolveProxy | Curl::SSLConnectFailed(_) => {
                Some(TransportErrorKind::NotSent)
            }
            _ => None,
        };
        if let Some(kind) = kind {
            return TransportError::new(kind, error.to_string());
        }
    }
    let _ = has_body;
    maybe_sent(error.into_inner())
}

/// Creates an error for a request that may have been sent. Most backends do not report whether a connection was
/// established, so this covers every failure after the request is passed to them that does not prove more.
fn maybe_sent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TransportError {
    TransportError::new(TransportErrorKind::MaybeSent, source)
}
