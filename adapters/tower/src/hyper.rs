//! The hyper client as the service: HTTP/1.1, TLS by rustls with ring, Mozilla's root certificates.

use std::error::Error as StdError;
use std::time::Duration;

use clarifai_core::transport::{BodyReader, Connect};
use clarifai_core::{Config, Error};
use http::Uri;
use hyper_rustls::{HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::{Client as Legacy, Error as LegacyError, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tower::timeout::Timeout;
use tower::util::BoxCloneSyncService;

use crate::{BoxError, Tower};

/// The service that [`hyper()`] creates.
pub type Hyper = Legacy<BoxCloneSyncService<Uri, MaybeHttpsStream<TokioIo<TcpStream>>, BoxError>, BodyReader>;

impl Connect for Tower<Hyper> {
    /// Creates a transport over [`hyper()`] with a timeout of 30 minutes for each request.
    fn connect(_: &Config) -> Result<Self, Error> {
        Ok(Self::new(hyper()).with_timeout(Duration::from_secs(1800)))
    }

    fn variable(name: &str) -> Option<String> {
        clarifai_native::variable(name)
    }
}

/// Creates a hyper client with its own connection pool, to which tower layers can be added: a timeout of 10 seconds for
/// connecting, including the TLS handshake; certificates verified against Mozilla's root certificates; no redirects and
/// no retries.
#[expect(clippy::missing_panics_doc, reason = "ring has the suites of TLS 1.2 and 1.3")]
pub fn hyper() -> Hyper {
    let roots: rustls::RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    let tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("ring has the suites of TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // Keepalive detects a peer that disappeared before the timeout of the request expires.
    tcp.set_keepalive(Some(Duration::from_secs(15)));
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
    Legacy::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        // Servers close connections that are idle for about a minute. If a request is sent on a connection that is
        // being closed, it is uncertain whether it arrived, so idle connections are closed earlier here.
        .pool_idle_timeout(Duration::from_secs(20))
        .retry_canceled_requests(false)
        .build(BoxCloneSyncService::new(Timeout::new(https, Duration::from_secs(10))))
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
