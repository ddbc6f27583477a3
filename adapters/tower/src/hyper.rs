//! The client of hyper as the service: rustls with ring, Mozilla's roots, HTTP/1.1.

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

/// The service that [`hyper()`] makes.
pub type Hyper = Legacy<BoxCloneSyncService<Uri, MaybeHttpsStream<TokioIo<TcpStream>>, BoxError>, BodyReader>;

impl Connect for Tower<Hyper> {
    /// Creates a transport over [`hyper()`], with 30 minutes for a whole exchange.
    fn connect(_: &Config) -> Result<Self, Error> {
        Ok(Self::new(hyper()).with_timeout(Duration::from_secs(1800)))
    }

    fn variable(name: &str) -> Option<String> {
        clarifai_native::variable(name)
    }
}

/// A connection pool of hyper, to put layers around: ten seconds to connect and to agree on TLS, certificates checked
/// against Mozilla's roots, no redirect followed, nothing repeated.
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
    // A peer that vanished is noticed before the timeout of the whole.
    tcp.set_keepalive(Some(Duration::from_secs(15)));
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
    Legacy::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        // Servers close connections that idle for a minute or so. Whoever is too late cannot tell whether a request
        // that went into such a connection arrived.
        .pool_idle_timeout(Duration::from_secs(20))
        .retry_canceled_requests(false)
        .build(BoxCloneSyncService::new(Timeout::new(https, Duration::from_secs(10))))
}

/// Whether hyper's client says that there was no connection to send on.
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
