#![cfg_attr(feature = "rustls", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "rustls"), doc = "Asynchronous Clarifai client over reqwest, whose TLS is yours to choose.")]
#![forbid(unsafe_code)]

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::time::{Instant, Now};
use clarifai_core::transport::{
    AsyncStreamBody, AsyncStreamTransport, AsyncTransport, Body, BodyCollector, MAX_RESPONSE_BYTES, RequestTimeout,
    TransportError, TransportErrorKind,
};
use http::{Request, Response};

#[doc(inline)]
pub use clarifai_core::*;
#[cfg(feature = "rustls")]
pub use clarifai_native::{proxy::Proxies, roots::RootCertificates};
pub use {clarifai_core as core, reqwest};

/// The asynchronous client over reqwest, on tokio. Cheap to clone; clones share one connection pool.
///
/// Its futures are [`Send`]. Dropping a future cancels the call; the service may have executed the request
/// nevertheless.
pub type Client = client::Client<Reqwest>;

/// The transport: a reqwest client.
#[derive(Clone)]
pub struct Reqwest {
    http: reqwest::Client,
    max_response: u64,
}

impl Reqwest {
    /// Creates a transport with its own connection pool and the settings of [`builder`](Self::builder). The proxy from
    /// the environment is not used if the base URL is `localhost` or a loopback address.
    ///
    /// # Errors
    ///
    /// Fails if the reqwest client cannot be built.
    #[cfg(feature = "rustls")]
    pub fn new(config: &Config) -> Result<Self, TransportError> {
        let not_sent = |error| TransportError::new(TransportErrorKind::NotSent, error);
        let builder =
            Self::builder_for(config).map_err(|invalid| TransportError::new(TransportErrorKind::NotSent, invalid))?;
        Ok(Self::with_client(builder.build().map_err(not_sent)?))
    }

    /// Returns a builder as [`builder`](Self::builder), after checking that the files of `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` and the proxy of the environment can be used for the base URL of `config`.
    #[cfg(feature = "rustls")]
    fn builder_for(config: &Config) -> Result<reqwest::ClientBuilder, error::InvalidArgument> {
        Proxies::from_env().of_config(config, PROXY_SCHEMES)?;
        let roots = RootCertificates::mozilla();
        let roots = if config.origin().starts_with("https:") { roots.with_env()? } else { roots };
        Ok(Self::builder_with_roots(roots))
    }

    /// Returns a builder with the default settings, to which a proxy, other timeouts or another pool size can be added.
    ///
    /// Defaults: a connect timeout of 10 seconds, a timeout of 30 minutes for each request, redirects and retries of
    /// reqwest disabled, certificates verified by rustls with ring.
    ///
    /// The root certificates are Mozilla's, and those of `SSL_CERT_FILE` and `SSL_CERT_DIR`; files that cannot be read
    /// are ignored here, and reported by `Client::new`. Proxies are those of the environment, by the rules of curl:
    /// `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in [`Proxies`].
    #[cfg(feature = "rustls")]
    pub fn builder() -> reqwest::ClientBuilder {
        Self::builder_with_roots(RootCertificates::mozilla().with_env().unwrap_or_default())
    }

    /// Returns a builder as [`builder`](Self::builder), which verifies certificates against these root certificates
    /// only.
    #[cfg(feature = "rustls")]
    pub fn builder_with_roots(roots: RootCertificates) -> reqwest::ClientBuilder {
        let proxies = Proxies::from_env();
        let proxy = move |url: &reqwest::Url| {
            let proxy = proxies.of(&url.as_str().parse().ok()?)?;
            reqwest::Url::parse(proxy.url()).ok()
        };
        reqwest::Client::builder()
            .tls_backend_preconfigured(roots.into_client_config())
            .no_proxy()
            .proxy(reqwest::Proxy::custom(proxy))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(1800))
    }

    /// Creates a transport over an existing reqwest client, with its proxy, certificates, timeouts and pool.
    ///
    /// Build the client with [`Policy::none`](reqwest::redirect::Policy::none), because reqwest cannot disable
    /// redirects for a single request. If the client follows a redirect, the response is not read and the call fails
    /// with an error that names the origin of the new address. The credentials are sent only to another path of the
    /// same host; reqwest removes them for other hosts.
    ///
    /// A proxy that reqwest takes from the environment is also used for loopback addresses: build the client with
    /// [`no_proxy`](reqwest::ClientBuilder::no_proxy) for these. Retries of reqwest do not resend bodies: reqwest
    /// cannot replay a streamed body.
    pub fn with_client(http: reqwest::Client) -> Self {
        Self { http, max_response: MAX_RESPONSE_BYTES }
    }

    /// Sets the maximum size of a response body in bytes, after decompression. Default: [`MAX_RESPONSE_BYTES`].
    pub fn with_max_response(mut self, bytes: u64) -> Self {
        self.max_response = bytes;
        self
    }
}

/// The kinds of proxies that reqwest supports here.
#[cfg(feature = "rustls")]
const PROXY_SCHEMES: &[&str] = if cfg!(feature = "socks") {
    &["http", "https", "socks4", "socks4a", "socks5", "socks5h"]
} else {
    &["http", "https"]
};

impl Reqwest {
    /// Sends one request and returns the response before its body. `whole` means that the time limit of the request
    /// covers the body.
    async fn begin(
        &self,
        request: Request<Body>,
        whole: bool,
    ) -> Result<(reqwest::Response, reqwest::Url), TransportError> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(TransportError::new(TransportErrorKind::NotSent, "there is no tokio runtime"));
        }
        let timeout = RequestTimeout::of(&request).filter(|_| whole);
        let request = request.map(|body| reqwest::Body::wrap(body.reader()));
        let mut request = reqwest::Request::try_from(request)
            .map_err(|error| TransportError::new(TransportErrorKind::NotSent, error.without_url()))?;
        if timeout.is_some() {
            *request.timeout_mut() = timeout;
        }
        let requested = request.url().clone();
        let response = self.http.execute(request).await.map_err(|error| failure(error, &requested))?;
        if *response.url() != requested {
            let origin = response.url().origin().ascii_serialization();
            let problem = format!("the client was built to follow redirects, and followed one to {origin}");
            return Err(TransportError::new(TransportErrorKind::MaybeSent, problem));
        }
        Ok((response, requested))
    }
}

/// Returns a response with the head of `response` and this body.
fn with_head<B>(response: &mut reqwest::Response, body: B) -> Response<B> {
    let mut whole = Response::new(body);
    *whole.status_mut() = response.status();
    *whole.version_mut() = response.version();
    *whole.headers_mut() = std::mem::take(response.headers_mut());
    whole
}

impl AsyncTransport for Reqwest {
    fn now(&self) -> Now {
        clarifai_native::now()
    }

    /// Sends one request. Fails without sending it outside of a tokio runtime.
    async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        let (mut response, requested) = self.begin(request, true).await?;
        let mut collector = BodyCollector::new(self.max_response, response.content_length())?;
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(error, &requested))? {
            collector.push(&chunk)?;
        }
        Ok(with_head(&mut response, collector.finish()?))
    }

    async fn wait_until(&self, time: Instant) {
        tokio::time::sleep(clarifai_native::time_until(time)).await;
    }

    fn seed(&self) -> u64 {
        clarifai_native::seed()
    }
}

impl AsyncStreamTransport for Reqwest {
    type Body = ReqwestBody;

    /// Sends one request. The timeout of the reqwest client covers the whole stream: 30 minutes by default.
    async fn open(&self, request: Request<Body>) -> Result<Response<ReqwestBody>, TransportError> {
        let (mut response, requested) = self.begin(request, false).await?;
        let head = with_head(&mut response, ());
        Ok(head.map(|()| ReqwestBody { response, requested }))
    }
}

/// The body of a streamed response.
#[derive(Debug)]
pub struct ReqwestBody {
    response: reqwest::Response,
    requested: reqwest::Url,
}

impl AsyncStreamBody for ReqwestBody {
    async fn next_piece(&mut self) -> Result<Option<Bytes>, TransportError> {
        self.response.chunk().await.map_err(|error| failure(error, &self.requested))
    }
}

#[cfg(feature = "rustls")]
impl transport::Connect for Reqwest {
    fn connect(config: &Config) -> Result<Self, Error> {
        let builder = Self::builder_for(config).map_err(Error::from_setting)?;
        let not_sent = |error| Error::from_connect(TransportError::new(TransportErrorKind::NotSent, error));
        Ok(Self::with_client(builder.build().map_err(not_sent)?))
    }

    fn variable(name: &str) -> Option<String> {
        clarifai_native::variable(name)
    }
}

/// Shows no settings of the reqwest client: its default headers may contain secrets.
impl fmt::Debug for Reqwest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reqwest").field("max_response", &self.max_response).finish_non_exhaustive()
    }
}

/// Converts an error of reqwest. Only failures before the connection was established, including TLS, count as not sent.
/// After a redirect, none does, because the first request was sent.
fn failure(error: reqwest::Error, asked: &reqwest::Url) -> TransportError {
    let is_first = error.url().is_none_or(|url| url == asked);
    let kind = match is_first && (error.is_connect() || error.is_builder()) {
        #[cfg(feature = "rustls")]
        true if clarifai_native::roots::is_untrusted(&error) => TransportErrorKind::Untrusted,
        true => TransportErrorKind::NotSent,
        false => TransportErrorKind::MaybeSent,
    };
    TransportError::new(kind, error.without_url())
}
