#![cfg_attr(feature = "rustls", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "rustls"), doc = "Asynchronous Clarifai client over reqwest, whose TLS is yours to choose.")]
#![forbid(unsafe_code)]

use std::fmt;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use clarifai_core::bulk::{self, Bulk, PredictMany, PredictReport, Progress, Upload, UploadReport};
use clarifai_core::inputs::NewInput;
use clarifai_core::machine::{AsyncDriver, Attempt, Machine, Mono, Now, drive_async};
use clarifai_core::models::Predict;
use clarifai_core::pages::{self, IntoPages, Paged};
use clarifai_core::{Body, Error, MAX_RESPONSE_BYTES, Operation, Received, TransportFailure, TransportFailureKind};
use futures_core::Stream;
use http::{Request, Response};

pub use clarifai_core::{self as core, App, Batch, Credentials, Scope, inputs, model, models};
pub use reqwest;

/// An asynchronous client on tokio. Cheap to clone; clones share one pool of connections.
///
/// Its futures can be sent to other threads. Dropping one gives the call up, and says nothing about what the service
/// did.
#[derive(Clone)]
pub struct Client {
    app: App,
    http: reqwest::Client,
    max_response: u64,
}

/// The clock of all clients: those that share an app share its token and its pace, and must agree on the time. It begins
/// in 1970, so that the clients of another adapter agree too.
static CLOCK: LazyLock<(Instant, Duration)> = LazyLock::new(|| (Instant::now(), since_1970()));

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn mono() -> Mono {
    Mono::new(CLOCK.1 + CLOCK.0.elapsed())
}

impl Client {
    /// A client with a connection pool of its own, as [`builder`](Self::builder) makes it; for a base address on this
    /// machine without the proxy of the environment.
    #[cfg(feature = "rustls")]
    #[expect(clippy::missing_panics_doc, reason = "reqwest refuses only settings that `builder` does not make")]
    pub fn new(app: App) -> Self {
        let builder = if app.is_loopback() { Self::builder().no_proxy() } else { Self::builder() };
        Self::with_client(app, builder.build().expect("settings that reqwest takes"))
    }

    /// The settings of [`new`](Self::new), to be completed by a proxy, other timeouts or a pool of another size:
    /// ten seconds to connect, half an hour for the whole exchange, no redirect followed, nothing repeated by
    /// reqwest, certificates checked against Mozilla's roots by rustls with ring.
    ///
    /// For other certificate authorities hand a `rustls::ClientConfig` of your own to
    /// [`tls_backend_preconfigured`](reqwest::ClientBuilder::tls_backend_preconfigured).
    #[cfg(feature = "rustls")]
    #[expect(clippy::missing_panics_doc, reason = "ring has the suites of TLS 1.2 and 1.3")]
    pub fn builder() -> reqwest::ClientBuilder {
        let roots: rustls::RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        let tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .expect("ring has the suites of TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(1800))
    }

    /// A client over a ready-made one, with its proxy, certificates, timeouts and pool.
    ///
    /// Build it with [`Policy::none`](reqwest::redirect::Policy::none): reqwest lets nobody switch redirects off for
    /// one request. If it follows one all the same, its answer is not read, and the call fails with an error that
    /// names the other address; the key goes with it only to another path of the same host, because reqwest takes it
    /// off for others. A proxy it takes from the environment is used for addresses of this machine too: build it with
    /// [`no_proxy`](reqwest::ClientBuilder::no_proxy) for these. Its retries do no harm to bodies: what is streamed
    /// cannot be sent again by reqwest.
    pub fn with_client(app: App, http: reqwest::Client) -> Self {
        Self { app: app.or_seed(fastrand::u64(..)), http, max_response: MAX_RESPONSE_BYTES }
    }

    /// Reads answers of at most so many bytes, counted after decompression. Default: [`MAX_RESPONSE_BYTES`].
    pub fn with_max_response(mut self, bytes: u64) -> Self {
        self.max_response = bytes;
        self
    }

    /// The app the calls are made for.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Carries out one operation, with the retries of the app's policy.
    ///
    /// # Errors
    ///
    /// See [`clarifai_core::error`].
    pub async fn call<O: Operation>(&self, operation: O) -> Result<O::Output, Error> {
        self.run(Attempt::new(&self.app, operation)).await
    }

    /// Drives a machine to its end.
    ///
    /// # Errors
    ///
    /// The machine's own.
    pub async fn run<M: Machine>(&self, machine: M) -> Result<M::Output, Error> {
        drive_async(machine, self).await
    }

    /// The items of a list or a search to its end, page after page, each asked for when it is needed. Takes the
    /// operation, or [`Pages`](clarifai_core::pages::Pages) of it with wishes such as a number of items.
    ///
    /// The stream ends after its first error; a list that was seen to change while it was read ends with one.
    pub fn pages<L: IntoPages>(&self, list: L) -> impl Stream<Item = Result<<L::List as Paged>::Item, Error>> + use<L> {
        pages::stream(list.into_pages(&self.app), self.clone())
    }

    /// Carries out work in pieces, up to `parallel` of them at once and at least one, and tells `watch` after each
    /// how far it is.
    pub async fn bulk<B: Bulk>(&self, work: B, parallel: usize, watch: impl FnMut(&Progress)) -> B::Report {
        bulk::run_async(work, parallel, self, watch).await
    }

    /// Stores any number of inputs, up to `parallel` calls at once and at least one, and accounts for each. For
    /// wishes and progress hand an [`Upload`] to [`bulk`](Self::bulk).
    pub async fn upload(&self, inputs: impl IntoIterator<Item = NewInput>, parallel: usize) -> UploadReport {
        self.bulk(Upload::new(&self.app, inputs), parallel, |_| ()).await
    }

    /// Asks a model what it sees in any number of inputs, as `predict` does with its own, up to `parallel` calls at
    /// once and at least one. For a sink, other wishes and progress hand a [`PredictMany`] to [`bulk`](Self::bulk).
    pub async fn predict_many(
        &self,
        predict: Predict,
        inputs: impl IntoIterator<Item = NewInput>,
        parallel: usize,
    ) -> PredictReport {
        self.bulk(PredictMany::new(&self.app, predict, inputs), parallel, |_| ()).await
    }

    /// Sends one request as it is, for whatever the typed calls do not cover. No retry, no credentials added.
    ///
    /// # Errors
    ///
    /// What the transport failed at; a status of 400 or above is an answer. Outside a tokio runtime nothing is sent.
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(TransportFailure::new(TransportFailureKind::NotSent, "there is no tokio runtime here"));
        }
        let request = request.map(|body| reqwest::Body::wrap(body.reader()));
        let request = reqwest::Request::try_from(request)
            .map_err(|error| TransportFailure::new(TransportFailureKind::NotSent, error.without_url()))?;
        let asked = request.url().clone();
        let failure = |error| failure(error, &asked);
        let mut response = self.http.execute(request).await.map_err(failure)?;
        if *response.url() != asked {
            let origin = response.url().origin().ascii_serialization();
            let problem = format!("the client was built to follow redirects, and followed one to {origin}");
            return Err(TransportFailure::new(TransportFailureKind::MaybeSent, problem));
        }
        let mut received = Received::new(self.max_response, response.content_length())?;
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            received.push(&chunk)?;
        }
        let mut answer = Response::new(received.finish()?);
        *answer.status_mut() = response.status();
        *answer.version_mut() = response.version();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

/// Only what went wrong before there was a connection, TLS and all, counts as not sent; and not where a redirect led
/// elsewhere, because then it was sent once.
fn failure(error: reqwest::Error, asked: &reqwest::Url) -> TransportFailure {
    let is_first = error.url().is_none_or(|url| url == asked);
    let kind = match is_first && (error.is_connect() || error.is_builder()) {
        true => TransportFailureKind::NotSent,
        false => TransportFailureKind::MaybeSent,
    };
    TransportFailure::new(kind, error.without_url())
}

impl AsyncDriver for Client {
    fn now(&self) -> Now {
        Now::new(mono(), since_1970())
    }

    async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure> {
        Client::send(self, request).await
    }

    async fn wait_until(&self, time: Mono) {
        tokio::time::sleep(time.since(mono())).await;
    }
}

/// Shows the app only: the headers that a ready-made client adds may hold secrets.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("app", &self.app)
            .field("max_response", &self.max_response)
            .finish_non_exhaustive()
    }
}
