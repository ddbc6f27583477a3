#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use clarifai_core::bulk::{Bulk, PredictMany, PredictReport, Progress, Upload, UploadReport};
use clarifai_core::inputs::NewInput;
use clarifai_core::machine::{self, Attempt, Driver, Machine, Mono, Now};
use clarifai_core::models::Predict;
use clarifai_core::pages::{IntoPages, Iter};
use clarifai_core::{Body, Error, MAX_RESPONSE_BYTES, Operation, TransportFailure, TransportFailureKind};
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::{Method, Request, Response};

pub use clarifai_core::{self as core, App, Batch, Credentials, Scope, inputs, model, models};
pub use ureq;

/// A blocking client. Cheap to clone, and shared by threads: each call uses a connection of its own from one pool.
#[derive(Clone, Debug)]
pub struct Client {
    app: App,
    agent: ureq::Agent,
    /// Whether the agent must be told for each request to leave status and redirects alone.
    override_agent: bool,
    /// Whether it must be told to leave its proxy alone, too.
    without_proxy: bool,
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
    /// A client with a connection pool of its own: ten seconds to connect, half an hour to send a body,
    /// five minutes until the answer begins, half an hour until it ends; certificates checked against Mozilla's roots.
    ///
    /// Looking up the host has the limits of the system's resolver: ureq would start a thread for each call to hold
    /// it to another.
    pub fn new(app: App) -> Self {
        let half_hour = Some(Duration::from_secs(1800));
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_send_body(half_hour)
            .timeout_recv_response(Some(Duration::from_secs(300)))
            .timeout_recv_body(half_hour)
            .build();
        Self::with_agent(app, config.into())
    }

    /// A client over a ready-made agent, with its proxy, certificates, timeouts and pool.
    ///
    /// Its settings for redirects and for statuses as errors are overridden: the key goes to no other host, and the
    /// body of a refusal is read. A proxy that it found in the environment is not used for a base address on this machine.
    pub fn with_agent(app: App, agent: ureq::Agent) -> Self {
        let config = agent.config();
        let without_proxy = app.is_loopback() && config.proxy().is_some_and(ureq::Proxy::is_from_env);
        let override_agent = without_proxy
            || config.http_status_as_error()
            || config.max_redirects() != 0
            || config.max_redirects_will_error();
        let app = app.or_seed(fastrand::u64(..));
        Self { app, agent, override_agent, without_proxy, max_response: MAX_RESPONSE_BYTES }
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
    pub fn call<O: Operation>(&self, operation: O) -> Result<O::Output, Error> {
        self.run(Attempt::new(&self.app, operation))
    }

    /// Drives a machine to its end.
    ///
    /// # Errors
    ///
    /// The machine's own.
    pub fn run<M: Machine>(&self, machine: M) -> Result<M::Output, Error> {
        machine::drive(machine, &mut { self })
    }

    /// The items of a list or a search to its end, page after page, each asked for when it is needed. Takes the
    /// operation, or [`Pages`](clarifai_core::pages::Pages) of it with wishes such as a number of items.
    ///
    /// The iterator ends after its first error; a list that was seen to change while it was read ends with one.
    pub fn pages<L: IntoPages>(&self, list: L) -> Iter<L::List, &Self> {
        list.into_pages(&self.app).iter(self)
    }

    /// Carries out work in pieces, up to `parallel` of them at once and at least one, and tells `watch` after each
    /// how far it is. Each has a thread, this one among them; where the system gives no more threads, those there are
    /// do the work.
    pub fn bulk<B>(&self, work: B, parallel: usize, watch: impl FnMut(&Progress) + Send) -> B::Report
    where
        B: Bulk + Send,
    {
        let shared = Mutex::new((work, watch));
        let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
        // A function of its own, so that the lock is held no longer than it takes.
        let next = || lock().0.next();
        let carry_out = || {
            while let Some(piece) = next() {
                let result = self.run(piece);
                let (work, watch) = &mut *lock();
                work.record(result);
                watch(&work.progress());
            }
        };
        thread::scope(|scope| {
            let another = |_: &usize| thread::Builder::new().spawn_scoped(scope, carry_out).is_ok();
            (1..parallel).take_while(another).for_each(drop);
            carry_out();
        });
        shared.into_inner().unwrap_or_else(PoisonError::into_inner).0.finish()
    }

    /// Stores any number of inputs, up to `parallel` calls at once and at least one, and accounts for each. For
    /// wishes and progress hand an [`Upload`] to [`bulk`](Self::bulk).
    pub fn upload<I>(&self, inputs: I, parallel: usize) -> UploadReport
    where
        I: IntoIterator<Item = NewInput, IntoIter: Send>,
    {
        self.bulk(Upload::new(&self.app, inputs), parallel, |_| ())
    }

    /// Asks a model what it sees in any number of inputs, as `predict` does with its own, up to `parallel` calls at
    /// once and at least one. For a sink, other wishes and progress hand a [`PredictMany`] to [`bulk`](Self::bulk).
    pub fn predict_many<I>(&self, predict: Predict, inputs: I, parallel: usize) -> PredictReport
    where
        I: IntoIterator<Item = NewInput, IntoIter: Send>,
    {
        self.bulk(PredictMany::new(&self.app, predict, inputs), parallel, |_| ())
    }

    /// Sends one request as it is, for whatever the typed calls do not cover. No retry, no credentials added.
    ///
    /// # Errors
    ///
    /// What the transport failed at; a status of 400 or above is an answer.
    pub fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure> {
        let (mut parts, body) = request.into_parts();
        let answer = match body.as_slice() {
            Some([]) => {
                // Where a method usually has a body, ureq would announce chunks and send none.
                if matches!(parts.method, Method::POST | Method::PUT | Method::PATCH) {
                    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
                }
                self.exchange(Request::from_parts(parts, ()))
            }
            Some(bytes) => self.exchange(Request::from_parts(parts, bytes)),
            None => {
                parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
                let mut reader = body.reader();
                self.exchange(Request::from_parts(parts, ureq::SendBody::from_reader(&mut reader)))
            }
        };
        answer.map_err(|error| TransportFailure::new(kind_of(&error), error))
    }

    fn exchange(&self, mut request: Request<impl ureq::AsSendBody>) -> Result<Response<Bytes>, ureq::Error> {
        if self.override_agent {
            let agent = &self.agent;
            let config = agent.configure_request(request).http_status_as_error(false);
            let config = config.max_redirects(0).max_redirects_will_error(false);
            request = if self.without_proxy { config.proxy(None).build() } else { config.build() };
        }
        let (parts, mut body) = self.agent.run(request)?.into_parts();
        if body.content_length().is_some_and(|length| length > self.max_response) {
            return Err(ureq::Error::BodyExceedsLimit(self.max_response));
        }
        let bytes = body.with_config().limit(self.max_response).read_to_vec()?;
        Ok(Response::from_parts(parts, bytes.into()))
    }
}

/// Only what ureq tells before it has written anything counts as not sent.
fn kind_of(error: &ureq::Error) -> TransportFailureKind {
    match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::BadUri(_)
        | ureq::Error::InvalidProxyUrl
        | ureq::Error::ConnectProxyFailed(_)
        | ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => TransportFailureKind::NotSent,
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused || is_lookup(error) => {
            TransportFailureKind::NotSent
        }
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => TransportFailureKind::TooLarge,
        _ => TransportFailureKind::MaybeSent,
    }
}

/// The standard library has no kind for names that cannot be looked up, only this text.
fn is_lookup(error: &std::io::Error) -> bool {
    error.raw_os_error().is_none() && error.to_string().starts_with("failed to lookup address information")
}

impl Driver for &Client {
    fn now(&mut self) -> Now {
        Now::new(mono(), since_1970())
    }

    fn send(&mut self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure> {
        Client::send(self, request)
    }

    fn wait_until(&mut self, time: Mono) {
        thread::sleep(time.since(mono()));
    }
}
