//! The hyper client as the service: HTTP/1.1, TLS by rustls with ring, Mozilla's root certificates, and the proxies of
//! the environment.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use clarifai_core::transport::{BodyReader, Connect};
use clarifai_core::{Config, Error};
use clarifai_native::proxy::Proxies;
use clarifai_native::roots::{self, RootCertificates};
use http::Uri;
use hyper_rustls::{HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::{Client as Legacy, Error as LegacyError};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tower::timeout::Timeout;
use tower::util::BoxCloneSyncService;

use crate::{BoxError, Tower};

/// The service that [`hyper()`] creates.
pub type Hyper = Legacy<BoxCloneSyncService<Uri, MaybeHttpsStream<TokioIo<TcpStream>>, BoxError>, BodyReader>;

impl Connect for Tower<Hyper> {
    /// Creates a transport over [`hyper()`] with a timeout of 30 minutes for each request.
    fn connect(config: &Config) -> Result<Self, Error> {
        Proxies::from_env().of_config(config, PROXY_SCHEMES).map_err(Error::from_setting)?;
        let roots = match config.origin().starts_with("https:") {
            true => RootCertificates::mozilla().with_env().map_err(Error::from_setting)?,
            false => RootCertificates::mozilla(),
        };
        Ok(Self::new(hyper_with_roots(roots)).with_timeout(Duration::from_secs(1800)))
    }

    fn variable(name: &str) -> Option<String> {
        clarifai_native::variable(name)
    }
}

/// Creates a hyper client with its own connection pool, to which tower layers can be added: a timeout of 10 seconds for
/// connecting, including the TLS handshake; no redirects and no retries.
///
/// The root certificates are Mozilla's, and those of `SSL_CERT_FILE` and `SSL_CERT_DIR`; files that cannot be read are
/// ignored here, and reported by `Client::new`. Proxies are those of the environment, by the rules of curl:
/// `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. A proxy is asked to open a tunnel, with a base URL of `http` too.
pub fn hyper() -> Hyper {
    hyper_with_roots(RootCertificates::mozilla().with_env().unwrap_or_default())
}

/// Creates a hyper client as [`hyper()`], which verifies certificates against these root certificates only.
pub fn hyper_with_roots(roots: RootCertificates) -> Hyper {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // Keepalive detects a peer that disappeared before the timeout of the request expires.
    tcp.set_keepalive(Some(Duration::from_secs(15)));
    let tcp = ProxyConnector { tcp, proxies: Arc::new(Proxies::from_env()) };
    let https = HttpsConnectorBuilder::new().with_tls_config(roots.into_client_config()).https_or_http();
    let https = https.enable_http1().wrap_connector(tcp);
    Legacy::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        // Servers close connections that are idle for about a minute. If a request is sent on a connection that is
        // being closed, it is uncertain whether it arrived, so idle connections are closed earlier here.
        .pool_idle_timeout(Duration::from_secs(20))
        .retry_canceled_requests(false)
        .build(BoxCloneSyncService::new(Timeout::new(https, Duration::from_secs(10))))
}

/// The kinds of proxies that are supported.
const PROXY_SCHEMES: &[&str] = &["http"];

/// Connects to a host: directly, or through the proxy that the environment specifies for it.
#[derive(Clone, Debug)]
struct ProxyConnector {
    tcp: HttpConnector,
    proxies: Arc<Proxies>,
}

impl tower_service::Service<Uri> for ProxyConnector {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let Some(proxy) = self.proxies.of(&url) else {
            let connecting = self.tcp.call(url);
            return Box::pin(async move { Ok(connecting.await?) });
        };
        let Some(found) = Matcher::builder().all(proxy.url()).build().intercept(&url) else {
            let problem = format!("{} is not the address of a supported proxy", proxy.variable());
            return Box::pin(async move { Err(problem.into()) });
        };
        let mut tunnel = Tunnel::new(found.uri().clone(), self.tcp.clone());
        if let Some(credentials) = found.basic_auth() {
            tunnel = tunnel.with_auth(credentials.clone());
        }
        let connecting = tunnel.call(url);
        Box::pin(async move { Ok(connecting.await?) })
    }
}

/// Returns whether the cause is that the certificate of the server is not trusted.
pub(crate) fn is_untrusted(error: &(dyn StdError + 'static)) -> bool {
    roots::is_untrusted(error)
}

/// Returns whether the hyper client reports that it could not establish a connection.
pub(crate) fn failed_to_connect(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<LegacyError>().is_some_and(LegacyError::is_connect) {
            return true;
        }
        next = error.source();
    }
    false
}
