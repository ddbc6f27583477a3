#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod tls;

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::time::{Instant, Now};
use clarifai_core::transport::{
    Body, Connect, MAX_RESPONSE_BYTES, RequestTimeout, StreamBody, StreamTransport, Transport, TransportError,
    TransportErrorKind,
};
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::{Method, Request, Response};

#[doc(inline)]
pub use clarifai_core::*;
pub use clarifai_native::proxy::Proxies;
pub use clarifai_native::roots::RootCertificates;
pub use {clarifai_core as core, rustls, ureq};

/// The blocking client over ureq. Cheap to clone and usable from several threads at once: each call uses a separate
/// connection from one pool.
pub type Client = client::blocking::Client<Ureq>;

/// The transport: a ureq agent.
///
/// ```
/// use clarifai_ureq::{Client, Config, Credentials, Ureq, ureq};
///
/// // A client over an agent with custom settings, here a proxy.
/// let proxy = ureq::Proxy::new("http://proxy.example:3128").expect("a valid address");
/// let agent = ureq::Agent::config_builder().proxy(Some(proxy)).build().new_agent();
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let client = Client::with_transport(config, Ureq::with_agent(agent));
/// # Ok::<(), clarifai_ureq::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ureq {
    agent: ureq::Agent,
    /// Whether the settings of the agent for redirects and statuses must be overridden for each request.
    override_agent: bool,
    /// The proxies of the environment, unless the agent has its own settings.
    proxies: Option<Arc<Proxies>>,
    max_response: u64,
}

/// The kinds of proxies that ureq supports here.
const PROXY_SCHEMES: &[&str] = if cfg!(feature = "socks") {
    &["http", "https", "socks", "socks4", "socks4a", "socks5"]
} else {
    &["http", "https"]
};

impl Default for Ureq {
    fn default() -> Self {
        Self::new()
    }
}

impl Ureq {
    /// Creates a transport with its own connection pool.
    ///
    /// Timeouts: 10 seconds to connect, 30 minutes to send a body, 5 minutes until the response begins, 30 minutes to
    /// receive its body. Resolving the host has only the timeout of the system's resolver: to apply another one, ureq
    /// would start a thread for each call.
    ///
    /// Certificates are verified against Mozilla's root certificates, and those of `SSL_CERT_FILE` and `SSL_CERT_DIR`;
    /// files that cannot be read are ignored here, and reported by `Client::new`. Proxies are those of the environment,
    /// by the rules of curl: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in [`Proxies`].
    pub fn new() -> Self {
        let roots = RootCertificates::mozilla().with_env().unwrap_or_default();
        Self::with_roots(roots)
    }

    /// Creates a transport as [`new`](Self::new), which verifies certificates against these root certificates only.
    ///
    /// ```no_run
    /// use clarifai_ureq::{Client, Config, Credentials, RootCertificates, Ureq};
    ///
    /// let config = Config::new(Credentials::key("0123456789abcdef")?);
    /// let roots = RootCertificates::mozilla().with_file("company.pem").expect("a PEM file");
    /// let client = Client::with_transport(config, Ureq::with_roots(roots));
    /// # Ok::<(), clarifai_ureq::Error>(())
    /// ```
    pub fn with_roots(roots: RootCertificates) -> Self {
        let half_hour = Some(Duration::from_secs(1800));
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_send_body(half_hour)
            .timeout_recv_response(Some(Duration::from_secs(300)))
            .timeout_recv_body(half_hour)
            .proxy(None)
            .build();
        let proxies = Some(Arc::new(Proxies::from_env()));
        Self { proxies, ..Self::with_config(config, roots.into_client_config()) }
    }

    /// Creates a transport over a new agent with these settings and this TLS configuration, which replaces that of
    /// ureq.
    ///
    /// Unlike with [`with_agent`](Self::with_agent), a failed TLS handshake is proven to have sent nothing. The settings
    /// for redirects and for statuses as errors are overridden.
    pub fn with_config(config: ureq::config::Config, tls: rustls::ClientConfig) -> Self {
        Self::with_agent(tls::agent(config, tls))
    }

    /// Creates a transport over an existing agent, with its proxy, certificates, timeouts and pool.
    ///
    /// Its settings for redirects and for statuses as errors are overridden: the credentials must not reach another
    /// host, and the body of an error response must be read. A proxy that the agent took from the environment is not
    /// used for `localhost` and loopback addresses.
    ///
    /// The agent's own connector reports a failed TLS handshake like a lost connection. Only a certificate that is not
    /// trusted is recognized, and proves that nothing was sent: see [`with_config`](Self::with_config).
    pub fn with_agent(agent: ureq::Agent) -> Self {
        let config = agent.config();
        let override_agent =
            config.http_status_as_error() || config.max_redirects() != 0 || config.max_redirects_will_error();
        Self { agent, override_agent, proxies: None, max_response: MAX_RESPONSE_BYTES }
    }

    /// Checks that the proxy for the base URL of `config`, if the environment specifies one, can be used.
    ///
    /// # Errors
    ///
    /// Names the variable whose value is not the address of a supported proxy.
    pub fn checked(self, config: &Config) -> Result<Self, Error> {
        if let Some(proxies) = &self.proxies {
            proxies.of_config(config, PROXY_SCHEMES).map_err(Error::from_setting)?;
        }
        Ok(self)
    }

    /// Sets the maximum size of a response body in bytes, after decompression. Default: [`MAX_RESPONSE_BYTES`].
    pub fn with_max_response(mut self, bytes: u64) -> Self {
        self.max_response = bytes;
        self
    }

    /// Sends one request with the body that it has. `whole` means that the time limit covers the body of the response.
    fn run(&self, request: Request<Body>, whole: bool) -> Result<Response<ureq::Body>, ureq::Error> {
        let (mut parts, body) = request.into_parts();
        match body.as_slice() {
            Some([]) => {
                // For methods that usually have a body, ureq would announce a chunked body and send none.
                if matches!(parts.method, Method::POST | Method::PUT | Method::PATCH) {
                    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
                }
                self.begin(Request::from_parts(parts, ()), whole)
            }
            Some(bytes) => self.begin(Request::from_parts(parts, bytes), whole),
            None => {
                parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
                let mut reader = body.reader();
                self.begin(Request::from_parts(parts, ureq::SendBody::from_reader(&mut reader)), whole)
            }
        }
    }

    fn begin(
        &self,
        mut request: Request<impl ureq::AsSendBody>,
        whole: bool,
    ) -> Result<Response<ureq::Body>, ureq::Error> {
        let without_proxy = self.agent.config().proxy().is_some_and(ureq::Proxy::is_from_env)
            && request.uri().host().is_some_and(clarifai_core::transport::is_loopback);
        let proxy = self.proxies.as_ref().and_then(|proxies| proxies.of(request.uri()));
        let proxy = proxy.map(|proxy| ureq::Proxy::new(proxy.url())).transpose()?;
        let timeout = RequestTimeout::of(&request);
        if self.override_agent || without_proxy || proxy.is_some() || timeout.is_some() {
            let mut config = self.agent.configure_request(request).http_status_as_error(false);
            config = config.max_redirects(0).max_redirects_will_error(false);
            if without_proxy {
                config = config.proxy(None);
            }
            if proxy.is_some() {
                config = config.proxy(proxy);
            }
            config = match timeout {
                Some(_) if whole => config.timeout_global(timeout),
                // The body of a stream may take longer than its start.
                Some(_) => config.timeout_send_request(timeout).timeout_recv_response(timeout),
                None => config,
            };
            request = config.build();
        }
        self.agent.run(request)
    }

    fn collect(&self, response: Response<ureq::Body>) -> Result<Response<Bytes>, ureq::Error> {
        let (parts, mut body) = response.into_parts();
        if body.content_length().is_some_and(|length| length > self.max_response) {
            return Err(ureq::Error::BodyExceedsLimit(self.max_response));
        }
        let bytes = body.with_config().limit(self.max_response).read_to_vec()?;
        Ok(Response::from_parts(parts, bytes.into()))
    }
}

impl Transport for Ureq {
    fn now(&self) -> Now {
        clarifai_native::now()
    }

    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        self.run(request, true).and_then(|response| self.collect(response)).map_err(failed)
    }

    fn wait_until(&self, time: Instant) {
        clarifai_native::wait_until(time);
    }

    fn seed(&self) -> u64 {
        clarifai_native::seed()
    }

    fn concurrently(&self, count: usize, work: &(dyn Fn() + Sync)) {
        clarifai_native::concurrently(count, work);
    }
}

impl StreamTransport for Ureq {
    type Body = UreqBody;

    fn open(&self, request: Request<Body>) -> Result<Response<UreqBody>, TransportError> {
        let response = self.run(request, false).map_err(failed)?;
        Ok(response.map(|body| UreqBody { reader: body.into_reader(), buffer: vec![0; CHUNK] }))
    }
}

fn failed(error: ureq::Error) -> TransportError {
    match (kind_of(&error), error) {
        (kind, ureq::Error::Other(error)) => TransportError::new(kind, error),
        (kind, error) => TransportError::new(kind, error),
    }
}

/// Size of the buffer for a streamed body, in bytes.
const CHUNK: usize = 16 * 1024;

/// The body of a streamed response.
///
/// Its reading cannot be interrupted, so the limit between two pieces does not apply. The timeout of the agent for
/// receiving a body does, which covers the whole stream: 30 minutes by default.
pub struct UreqBody {
    reader: ureq::BodyReader<'static>,
    buffer: Vec<u8>,
}

impl StreamBody for UreqBody {
    fn next_piece(&mut self, _: Duration) -> Result<Option<Bytes>, TransportError> {
        loop {
            return match self.reader.read(&mut self.buffer) {
                Ok(0) => Ok(None),
                Ok(count) => Ok(Some(Bytes::copy_from_slice(&self.buffer[..count]))),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => Err(TransportError::new(TransportErrorKind::MaybeSent, error)),
            };
        }
    }
}

impl std::fmt::Debug for UreqBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UreqBody").finish_non_exhaustive()
    }
}

impl Connect for Ureq {
    fn connect(config: &Config) -> Result<Self, Error> {
        let roots = match config.origin().starts_with("https:") {
            true => RootCertificates::mozilla().with_env().map_err(Error::from_setting)?,
            false => RootCertificates::mozilla(),
        };
        Self::with_roots(roots).checked(config)
    }

    fn variable(name: &str) -> Option<String> {
        clarifai_native::variable(name)
    }
}

/// Classifies an error. Only errors that ureq reports before it writes any byte count as not sent.
fn kind_of(error: &ureq::Error) -> TransportErrorKind {
    let inner: Option<&(dyn std::error::Error + 'static)> = match error {
        ureq::Error::Io(error) => Some(error),
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Other(error) => Some(&**error),
        _ => None,
    };
    if inner.is_some_and(clarifai_native::roots::is_untrusted) {
        return TransportErrorKind::Untrusted;
    }
    match error {
        ureq::Error::Other(error) if error.is::<tls::HandshakeFailed>() => TransportErrorKind::NotSent,
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::BadUri(_)
        | ureq::Error::InvalidProxyUrl
        | ureq::Error::ConnectProxyFailed(_)
        | ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => TransportErrorKind::NotSent,
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused || is_lookup(error) => {
            TransportErrorKind::NotSent
        }
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => TransportErrorKind::TooLarge,
        _ => TransportErrorKind::MaybeSent,
    }
}

/// Returns whether an error is a failed name lookup. The standard library has no error kind for it, only this text.
fn is_lookup(error: &std::io::Error) -> bool {
    error.raw_os_error().is_none() && error.to_string().starts_with("failed to lookup address information")
}
