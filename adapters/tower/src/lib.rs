#![cfg_attr(feature = "hyper", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "hyper"), doc = "Asynchronous Clarifai client over any tower service of HTTP.")]
#![forbid(unsafe_code)]

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::{Buf, Bytes};
use clarifai_core::bulk::{self, Bulk, PredictMany, PredictReport, Progress, Upload, UploadReport};
use clarifai_core::inputs::NewInput;
use clarifai_core::machine::{AsyncDriver, Attempt, Machine, Mono, Now, drive_async};
use clarifai_core::models::Predict;
use clarifai_core::pages::{self, IntoPages, Paged};
use clarifai_core::{
    Body, BodyReader, Error, MAX_RESPONSE_BYTES, Operation, Received, TransportFailure, TransportFailureKind,
};
use futures_util::Stream;
use futures_util::future::{Either, select};
use http::{Request, Response};
use tower_service::Service;

#[cfg(feature = "hyper")]
mod hyper;

pub use clarifai_core::{self as core, App, Batch, Credentials, Scope, inputs, model, models};
#[cfg(feature = "hyper")]
pub use hyper::{Hyper, hyper};

type BoxError = Box<dyn StdError + Send + Sync>;

/// Waits on tokio.
pub type TokioTimer = fn(Duration) -> tokio::time::Sleep;

/// An asynchronous client over a service `S` of HTTP, which waits by the timer `T`.
///
/// Each call goes to a clone of the service, as tower means it. Futures can be sent to other threads where service,
/// its futures and the timer's can, and the service is `Sync`. Dropping one gives the call up, and says nothing about
/// what the service did.
#[derive(Clone)]
pub struct Client<S, T = TokioTimer> {
    app: App,
    service: S,
    timer: T,
    on_tokio: bool,
    timeout: Option<Duration>,
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

impl<S> Client<S> {
    /// A client over a ready-made service of HTTP with whatever layers it has, waiting on tokio.
    ///
    /// No layer may repeat requests or follow redirects: that is decided in the core, which alone knows which calls
    /// may be repeated. There is no timeout but those of the service: see [`with_timeout`](Self::with_timeout).
    pub fn with_client(app: App, service: S) -> Self {
        Self { on_tokio: true, ..Client::with_timer(app, service, tokio::time::sleep as TokioTimer) }
    }
}

impl<S, T> Client<S, T> {
    /// As [`with_client`](Client::with_client), waiting by a timer of another runtime: a function that answers a
    /// future, which ends so much later.
    pub fn with_timer(app: App, service: S, timer: T) -> Self {
        let app = app.or_seed(fastrand::u64(..));
        Self { app, service, timer, on_tokio: false, timeout: None, max_response: MAX_RESPONSE_BYTES }
    }

    /// Gives a request up after so long, counted to the last byte of its answer.
    pub fn with_timeout(mut self, whole: Duration) -> Self {
        self.timeout = Some(whole);
        self
    }

    /// Reads answers of at most so many bytes, as the service hands them out. Default: [`MAX_RESPONSE_BYTES`].
    pub fn with_max_response(mut self, bytes: u64) -> Self {
        self.max_response = bytes;
        self
    }

    /// The app the calls are made for.
    pub fn app(&self) -> &App {
        &self.app
    }
}

impl<S, T, B, F> Client<S, T>
where
    S: Service<Request<BodyReader>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    B: http_body::Body,
    B::Error: Into<BoxError>,
    T: Fn(Duration) -> F,
    F: Future<Output = ()>,
{
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
    pub fn pages<L: IntoPages>(
        &self,
        list: L,
    ) -> impl Stream<Item = Result<<L::List as Paged>::Item, Error>> + use<L, S, T, B, F>
    where
        T: Clone,
    {
        pages::stream(list.into_pages(&self.app), self.clone())
    }

    /// Carries out work in pieces, up to `parallel` of them at once and at least one, and tells `watch` after each
    /// how far it is.
    pub async fn bulk<K: Bulk>(&self, work: K, parallel: usize, watch: impl FnMut(&Progress)) -> K::Report {
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
    /// What the transport failed at; a status of 400 or above is an answer. Waiting on tokio, but outside its
    /// runtime, nothing is sent.
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure> {
        if self.on_tokio && tokio::runtime::Handle::try_current().is_err() {
            return Err(TransportFailure::new(TransportFailureKind::NotSent, "there is no tokio runtime here"));
        }
        let exchange = pin!(self.exchange(request));
        let Some(timeout) = self.timeout else { return exchange.await };
        match select(exchange, pin!((self.timer)(timeout))).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => {
                let problem = format!("there was no whole answer within {timeout:?}");
                Err(TransportFailure::new(TransportFailureKind::MaybeSent, problem))
            }
        }
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure> {
        let mut service = self.service.clone();
        // A service that cannot take the request has not seen it.
        poll_fn(|context| service.poll_ready(context))
            .await
            .map_err(|error| TransportFailure::new(TransportFailureKind::NotSent, error))?;
        let answer = service.call(request.map(|body| body.reader())).await.map_err(|error| failure(error.into()))?;
        let (parts, body) = answer.into_parts();
        let mut received = Received::new(self.max_response, body.size_hint().exact())?;
        let mut body = pin!(body);
        while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
            let frame = frame.map_err(|error| TransportFailure::new(TransportFailureKind::MaybeSent, error))?;
            let Ok(mut data) = frame.into_data() else { continue };
            while data.has_remaining() {
                let chunk = data.chunk();
                received.push(chunk)?;
                data.advance(chunk.len());
            }
        }
        Ok(Response::from_parts(parts, received.finish()?))
    }
}

/// Only what hyper's client tells to have failed while it connected, TLS and all, counts as not sent: an error of a
/// layer or of another service proves nothing.
fn failure(error: BoxError) -> TransportFailure {
    #[cfg(feature = "hyper")]
    if hyper::failed_to_connect(&*error) {
        return TransportFailure::new(TransportFailureKind::NotSent, error);
    }
    TransportFailure::new(TransportFailureKind::MaybeSent, error)
}

impl<S, T, B, F> AsyncDriver for Client<S, T>
where
    S: Service<Request<BodyReader>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    B: http_body::Body,
    B::Error: Into<BoxError>,
    T: Fn(Duration) -> F,
    F: Future<Output = ()>,
{
    fn now(&self) -> Now {
        Now::new(mono(), since_1970())
    }

    async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure> {
        Client::send(self, request).await
    }

    async fn wait_until(&self, time: Mono) {
        (self.timer)(time.since(mono())).await;
    }
}

impl<S, T> fmt::Debug for Client<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("app", &self.app)
            .field("timeout", &self.timeout)
            .field("max_response", &self.max_response)
            .finish_non_exhaustive()
    }
}
