#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::any::Any;
use std::fmt;
use std::io::BufReader;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use clarifai_core::bulk::{self, Bulk, PredictMany, PredictReport, Progress, Upload, UploadReport};
use clarifai_core::inputs::NewInput;
use clarifai_core::machine::{AsyncDriver, Attempt, Machine, Mono, Now, drive_async};
use clarifai_core::models::Predict;
use clarifai_core::pages::{self, IntoPages, Paged};
use clarifai_core::{Body, Error, MAX_RESPONSE_BYTES, Operation, Received, TransportFailure, TransportFailureKind};
use futures_timer::Delay;
use futures_util::future::{Either, select};
use futures_util::io::{AllowStdIo, AsyncReadExt as _};
use futures_util::{FutureExt as _, Stream};
use http::{HeaderName, HeaderValue, Request, Response};
use http_client::HttpClient;
use http_client::http_types;

pub use clarifai_core::{self as core, App, Batch, Credentials, Scope, inputs, model, models};
pub use http_client;
pub use surf;

/// An asynchronous client over a backend of surf, in any runtime. Cheap to clone; clones share the backend.
///
/// Its futures can be sent to other threads. Dropping one gives the call up, and says nothing about what the service
/// did.
#[derive(Clone)]
pub struct Client {
    app: App,
    surf: surf::Client,
    timeout: Duration,
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

/// How much of a body is encoded, or of an answer read, at once.
const CHUNK: usize = 64 * 1024;

impl Client {
    /// A client over libcurl with a connection pool of its own: ten seconds to connect, half an hour for the whole
    /// exchange, no redirect followed; for a base address on this machine without the proxy of the environment.
    ///
    /// # Errors
    ///
    /// Where libcurl cannot be started.
    #[cfg(feature = "curl")]
    pub fn new(app: App) -> Result<Self, TransportFailure> {
        use isahc::config::{Configurable as _, RedirectPolicy};
        let mut curl =
            isahc::HttpClient::builder().connect_timeout(Duration::from_secs(10)).redirect_policy(RedirectPolicy::None);
        if app.is_loopback() {
            curl = curl.proxy(None);
        }
        let curl = curl.build().map_err(not_sent)?;
        Ok(Self::with_client(app, http_client::isahc::IsahcClient::from_client(curl)))
    }

    /// A client over a ready-made backend, as `surf::Client::with_http_client` takes it, and not over a `surf::Client`, which
    /// may have middleware: surf's for redirects sends each request twice and hands the key to whatever host it is told.
    /// Backends follow no redirect by themselves, unless isahc's was built to; isahc's takes proxies from the environment, for
    /// addresses of this machine too, unless it was built with none.
    pub fn with_client(app: App, backend: impl HttpClient) -> Self {
        let app = app.or_seed(fastrand::u64(..));
        let timeout = Duration::from_secs(1800);
        Self { app, surf: surf::Client::with_http_client(backend), timeout, max_response: MAX_RESPONSE_BYTES }
    }

    /// Gives a request up after so long, counted to the last byte of its answer. Default: half an hour.
    pub fn with_timeout(mut self, whole: Duration) -> Self {
        self.timeout = whole;
        self
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

    /// Sends one request as it is, for whatever the typed calls do not cover. No retry, no credentials added; but libcurl
    /// sends one without a body again by itself where a used connection breaks.
    ///
    /// # Errors
    ///
    /// What the transport failed at, panics of the backend among it; a status of 400 or above is an answer.
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure> {
        let request = translate(request)?;
        let exchange = AssertUnwindSafe(self.exchange(request)).catch_unwind();
        match select(pin!(exchange), Delay::new(self.timeout)).await {
            Either::Left((Ok(answer), _)) => answer,
            Either::Left((Err(panic), _)) => Err(maybe_sent(format!("the backend panicked: {}", told(&*panic)))),
            Either::Right(_) => Err(maybe_sent(format!("there was no whole answer within {:?}", self.timeout))),
        }
    }

    async fn exchange(&self, request: http_types::Request) -> Result<Response<Bytes>, TransportFailure> {
        let theirs = self.surf.send(request).await.map_err(|error| maybe_sent(error.into_inner()))?;
        let mut theirs: http_types::Response = theirs.into();
        let mut answer = Response::new(());
        *answer.status_mut() = http::StatusCode::from_u16(theirs.status().into()).map_err(maybe_sent)?;
        for (name, values) in &theirs {
            for value in values {
                // async-h1 makes a date up that no header may hold.
                let name = HeaderName::from_bytes(name.as_str().as_bytes());
                if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_str().as_bytes())) {
                    answer.headers_mut().append(name, value);
                }
            }
        }
        // libcurl unpacks what is compressed and leaves the length of the packed bytes.
        let announced = match answer.headers().get(http::header::CONTENT_ENCODING) {
            None => answer.headers().get(http::header::CONTENT_LENGTH),
            Some(_) => None,
        };
        let announced = announced.and_then(|length| length.to_str().ok()?.parse().ok());
        let mut received = Received::new(self.max_response, announced)?;
        let mut body = theirs.take_body();
        let mut buffer = vec![0; CHUNK];
        loop {
            match body.read(&mut buffer).await.map_err(maybe_sent)? {
                0 => break,
                count => received.push(&buffer[..count])?,
            }
        }
        let bytes = received.finish()?;
        Ok(answer.map(|()| bytes))
    }
}

/// The request in surf's types.
fn translate(request: Request<Body>) -> Result<http_types::Request, TransportFailure> {
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
        // The reader never waits: it encodes.
        let reader = AllowStdIo::new(BufReader::with_capacity(CHUNK, body.reader()));
        theirs.set_body(http_types::Body::from_reader(reader, Some(length)));
    }
    Ok(theirs)
}

/// What a panic says.
fn told(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it does not say why")
}

fn not_sent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TransportFailure {
    TransportFailure::new(TransportFailureKind::NotSent, source)
}

/// The backends hide behind their pools whether there was a connection at all, so whatever fails may have been sent.
fn maybe_sent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TransportFailure {
    TransportFailure::new(TransportFailureKind::MaybeSent, source)
}

impl AsyncDriver for Client {
    fn now(&self) -> Now {
        Now::new(mono(), since_1970())
    }

    async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure> {
        Client::send(self, request).await
    }

    async fn wait_until(&self, time: Mono) {
        Delay::new(time.since(mono())).await;
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("app", &self.app)
            .field("timeout", &self.timeout)
            .field("max_response", &self.max_response)
            .finish_non_exhaustive()
    }
}
