#![cfg_attr(feature = "hyper", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "hyper"), doc = "Asynchronous Clarifai client over any tower service of HTTP.")]
#![forbid(unsafe_code)]

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::{Buf, Bytes};
use clarifai_core::time::{Instant, Now};
use clarifai_core::transport::{
    AsyncStreamBody, AsyncStreamTransport, AsyncTransport, Body, BodyCollector, BodyReader, MAX_RESPONSE_BYTES,
    RequestTimeout, TransportError, TransportErrorKind,
};
use futures_util::future::{Either, select};
use http::{Request, Response};
use tower_service::Service;

#[cfg(feature = "hyper")]
mod hyper;

pub use clarifai_core as core;
#[doc(inline)]
pub use clarifai_core::*;
#[cfg(feature = "hyper")]
pub use clarifai_native::roots::RootCertificates;
#[cfg(feature = "hyper")]
pub use hyper::{Hyper, hyper, hyper_with_roots};

type BoxError = Box<dyn StdError + Send + Sync>;

/// The timer of tokio.
pub type TokioTimer = fn(Duration) -> tokio::time::Sleep;

/// An asynchronous client over a service `S` of HTTP, which waits by the timer `T`.
///
/// Each call goes to a clone of the service, as tower expects it. Futures can be sent to other threads where those of
/// the service and the timer can, and the service is `Sync`. Dropping one cancels the call, and proves nothing about
/// what the service did.
#[cfg(feature = "hyper")]
pub type Client<S = Hyper, T = TokioTimer> = client::Client<Tower<S, T>>;

/// An asynchronous client over a service `S` of HTTP, which waits by the timer `T`.
#[cfg(not(feature = "hyper"))]
pub type Client<S, T = TokioTimer> = client::Client<Tower<S, T>>;

/// The transport: a tower service of HTTP, and a timer.
#[derive(Clone)]
pub struct Tower<S, T = TokioTimer> {
    service: S,
    timer: T,
    on_tokio: bool,
    timeout: Option<Duration>,
    max_response: u64,
}

impl<S> Tower<S> {
    /// Creates a transport over a ready-made service of HTTP with whatever layers it has, waiting on tokio.
    ///
    /// No layer may repeat requests or follow redirects: that is decided in the core, which alone knows which calls
    /// may be repeated. There is no timeout but those of the service: see [`with_timeout`](Self::with_timeout).
    pub fn new(service: S) -> Self {
        Self { on_tokio: true, ..Tower::with_timer(service, tokio::time::sleep as TokioTimer) }
    }
}

impl<S, T> Tower<S, T> {
    /// Creates a transport as [`new`](Tower::new), with the timer of another runtime: a function that returns a future
    /// which ends after that time.
    pub fn with_timer(service: S, timer: T) -> Self {
        Self { service, timer, on_tokio: false, timeout: None, max_response: MAX_RESPONSE_BYTES }
    }

    /// Limits each request to `timeout`, counted to the last byte of its response.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Limits the body of a response to `bytes`, as the service yields it. Default: [`MAX_RESPONSE_BYTES`].
    pub fn with_max_response(mut self, bytes: u64) -> Self {
        self.max_response = bytes;
        self
    }
}

impl<S, T, B> Tower<S, T>
where
    S: Service<Request<BodyReader>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    /// Sends one request and returns the response before its body.
    async fn begin(&self, request: Request<Body>) -> Result<Response<B>, TransportError> {
        let mut service = self.service.clone();
        // A service that cannot take the request has not seen it.
        poll_fn(|context| service.poll_ready(context))
            .await
            .map_err(|error| TransportError::new(TransportErrorKind::NotSent, error))?;
        service.call(request.map(|body| body.reader())).await.map_err(|error| failure(error.into()))
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        let (parts, body) = self.begin(request).await?.into_parts();
        let mut collector = BodyCollector::new(self.max_response, body.size_hint().exact())?;
        let mut body = pin!(body);
        while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
            let frame = frame.map_err(|error| TransportError::new(TransportErrorKind::MaybeSent, error))?;
            let Ok(mut data) = frame.into_data() else { continue };
            while data.has_remaining() {
                let chunk = data.chunk();
                collector.push(chunk)?;
                data.advance(chunk.len());
            }
        }
        Ok(Response::from_parts(parts, collector.finish()?))
    }
}

impl<S, T, B, F> AsyncTransport for Tower<S, T>
where
    S: Service<Request<BodyReader>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    B: http_body::Body,
    B::Error: Into<BoxError>,
    T: Fn(Duration) -> F,
    F: Future<Output = ()>,
{
    fn now(&self) -> Now {
        clarifai_native::now()
    }

    /// Sends one request. With the timer of tokio, but outside its runtime, nothing is sent.
    async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        self.check_runtime()?;
        let timeout = self.timeout.into_iter().chain(RequestTimeout::of(&request)).min();
        self.within(timeout, self.exchange(request)).await
    }

    async fn wait_until(&self, time: Instant) {
        (self.timer)(clarifai_native::time_until(time)).await;
    }

    fn seed(&self) -> u64 {
        clarifai_native::seed()
    }
}

impl<S, T> Tower<S, T> {
    fn check_runtime(&self) -> Result<(), TransportError> {
        if self.on_tokio && tokio::runtime::Handle::try_current().is_err() {
            return Err(TransportError::new(TransportErrorKind::NotSent, "there is no tokio runtime"));
        }
        Ok(())
    }

    /// Waits for a response for at most this long.
    async fn within<R, F: Future<Output = ()>>(
        &self,
        timeout: Option<Duration>,
        response: impl Future<Output = Result<R, TransportError>>,
    ) -> Result<R, TransportError>
    where
        T: Fn(Duration) -> F,
    {
        let response = pin!(response);
        let Some(timeout) = timeout else { return response.await };
        match select(response, pin!((self.timer)(timeout))).await {
            Either::Left((response, _)) => response,
            Either::Right(_) => {
                let problem = format!("no complete response within {timeout:?}");
                Err(TransportError::new(TransportErrorKind::MaybeSent, problem))
            }
        }
    }
}

impl<S, T, B, F> AsyncStreamTransport for Tower<S, T>
where
    S: Service<Request<BodyReader>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    B: http_body::Body,
    B::Error: Into<BoxError>,
    T: Fn(Duration) -> F,
    F: Future<Output = ()>,
{
    type Body = TowerBody<B>;

    /// Sends one request. The timeout of the transport applies until the head of the response has arrived.
    async fn open(&self, request: Request<Body>) -> Result<Response<TowerBody<B>>, TransportError> {
        self.check_runtime()?;
        let response = self.within(self.timeout, self.begin(request)).await?;
        Ok(response.map(|body| TowerBody { body: Box::pin(body) }))
    }
}

/// The body of a streamed response.
pub struct TowerBody<B> {
    body: Pin<Box<B>>,
}

impl<B> AsyncStreamBody for TowerBody<B>
where
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    async fn next_piece(&mut self) -> Result<Option<Bytes>, TransportError> {
        while let Some(frame) = poll_fn(|context| self.body.as_mut().poll_frame(context)).await {
            let frame = frame.map_err(|error| TransportError::new(TransportErrorKind::MaybeSent, error))?;
            // Trailers are not part of the body.
            let Ok(mut data) = frame.into_data() else { continue };
            if data.has_remaining() {
                return Ok(Some(data.copy_to_bytes(data.remaining())));
            }
        }
        Ok(None)
    }
}

impl<B> fmt::Debug for TowerBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TowerBody").finish_non_exhaustive()
    }
}

impl<S, T> fmt::Debug for Tower<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tower")
            .field("timeout", &self.timeout)
            .field("max_response", &self.max_response)
            .finish_non_exhaustive()
    }
}

/// Only what hyper's client tells to have failed while it connected, TLS and all, counts as not sent: an error of a
/// layer or of another service proves nothing.
fn failure(error: BoxError) -> TransportError {
    #[cfg(feature = "hyper")]
    if hyper::failed_to_connect(&*error) {
        if hyper::is_untrusted(&*error) {
            return TransportError::new(TransportErrorKind::Untrusted, error);
        }
        return TransportError::new(TransportErrorKind::NotSent, error);
    }
    TransportError::new(TransportErrorKind::MaybeSent, error)
}
