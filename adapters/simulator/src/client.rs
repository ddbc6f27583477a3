//! A client that calls the simulator in process, with a clock that jumps over every wait.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::client::blocking;
use clarifai_core::time::{Instant, Now};
use clarifai_core::transport::{StreamBody, StreamTransport, Transport};
use clarifai_core::{
    Config, Credentials,
    transport::{Body, TransportError},
};
use http::{Request, Response};

use crate::Simulator;
use crate::faults::{Exchange, Faults};

/// A client that calls a [`Simulator`] in process: no socket, no account, and an hour of waiting takes no time.
///
/// It has the methods of the [blocking client](blocking::Client). Bulk work runs one request after the other, whatever
/// the concurrency: where time passes only while something waits, threads gain nothing. Cheap to clone; clones share
/// simulator, clock and the number of exchanges.
///
/// ```
/// use clarifai_simulator::Client;
/// use clarifai_simulator::core::{bulk::Upload, inputs::{ListInputs, NewInput}, models::Predict};
///
/// let client = Client::new();
/// let input = |number| NewInput::image_url(format!("https://example.com/{number}.jpg")).id(format!("i{number}"));
/// let mut seen = Vec::new();
/// let report = client.bulk(Upload::new((0..300).map(input)), 4, |progress| seen.push(progress.done));
/// assert!(report.is_success());
/// assert_eq!(seen, [128, 256, 300]);
/// assert_eq!(client.pages(ListInputs::new()).filter_map(Result::ok).count(), 300);
///
/// let predict = Predict::new("general-image-recognition");
/// let report = client.predict_many(predict, (0..200).map(input), 4);
/// assert_eq!((report.done(), report.failed()), (200, 200), "those addresses cannot be downloaded");
/// assert_eq!(client.upload((299..301).map(input), 4).failures().count(), 0, "one of them exists already");
/// ```
#[derive(Clone, Debug)]
pub struct Client(blocking::Client<InProcess>);

/// The transport of [`Client`]: a simulator, its clock, and the faults of its exchanges.
#[derive(Clone, Debug)]
pub struct InProcess {
    simulator: Arc<Simulator>,
    clock: Arc<Mutex<Now>>,
    faults: Option<Faults>,
    exchanges: Arc<AtomicU64>,
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for Client {
    type Target = blocking::Client<InProcess>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Client {
    /// The time at which the clock starts by default: the first day of 2026, as the time since 1970.
    pub const START: Duration = Duration::from_secs(1_767_225_600);

    /// Creates a client of a new simulator.
    #[expect(clippy::missing_panics_doc, reason = "the key is a constant, and valid")]
    pub fn new() -> Self {
        Self::with(Config::new(Credentials::key("simulator").expect("a valid key")), Simulator::new())
    }

    /// Creates a client of this simulator. The base URL of the configuration does not matter.
    pub fn with(config: Config, simulator: Simulator) -> Self {
        let transport = InProcess {
            simulator: Arc::new(simulator),
            clock: Arc::new(Mutex::new(Now::new(Instant::default(), Self::START))),
            faults: None,
            exchanges: Arc::default(),
        };
        Self(blocking::Client::with_transport(config, transport))
    }

    /// Sets the clock to this time since 1970.
    pub fn at(self, unix: Duration) -> Self {
        self.transport().clock().unix = unix;
        self
    }

    /// Injects faults into the exchanges: those of its calls and of [`exchange`](Self::exchange), numbered from 0
    /// together with those of its clones.
    pub fn with_faults(self, faults: Faults) -> Self {
        let transport = InProcess { faults: Some(faults), ..self.transport().clone() };
        Self(blocking::Client::with_transport(self.config().clone(), transport))
    }

    /// Returns the simulator.
    pub fn simulator(&self) -> &Simulator {
        &self.transport().simulator
    }

    /// Lets time pass, as a wait does.
    pub fn advance(&self, time: Duration) {
        self.transport().advance(time);
    }

    /// Performs the next exchange at `now`, faults included, without moving the clock: for code that drives several
    /// machines at once on a clock of its own.
    pub fn exchange(&self, now: Now, request: Request<Body>) -> Exchange {
        self.transport().exchange(now, request)
    }

    /// Returns the number of exchanges so far.
    pub fn exchanges(&self) -> u64 {
        self.transport().exchanges.load(Ordering::Relaxed)
    }

    /// Sends one request as it is. It is free of faults, and does not count as an exchange.
    pub fn send(&self, request: Request<Body>) -> Response<Bytes> {
        let now = *self.transport().clock();
        self.simulator().handle(now, &request.map(|body| body.to_bytes()))
    }
}

impl InProcess {
    fn clock(&self) -> std::sync::MutexGuard<'_, Now> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn advance(&self, time: Duration) {
        let mut now = self.clock();
        *now = Now::new(now.instant + time, now.unix.saturating_add(time));
    }

    fn exchange(&self, now: Now, request: Request<Body>) -> Exchange {
        let number = self.exchanges.fetch_add(1, Ordering::Relaxed);
        let request = request.map(|body| body.to_bytes());
        match &self.faults {
            Some(faults) => faults.exchange(&self.simulator, now, number, &request),
            None => Exchange::whole(self.simulator.handle(now, &request), None),
        }
    }
}

impl Transport for InProcess {
    fn now(&self) -> Now {
        *self.clock()
    }

    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        let now = *self.clock();
        let exchange = self.exchange(now, request);
        self.advance(exchange.takes);
        exchange.response
    }

    fn wait_until(&self, time: Instant) {
        let mut now = self.clock();
        let passed = time.since(now.instant);
        now.unix += passed;
        now.instant = now.instant.max(time);
    }
}

impl StreamTransport for InProcess {
    type Body = Pieces;

    /// Performs one exchange. Its response comes in pieces that end with a line, as a server sends them.
    fn open(&self, request: Request<Body>) -> Result<Response<Pieces>, TransportError> {
        self.send(request).map(|response| response.map(Pieces))
    }
}

/// The rest of a response, line by line.
#[derive(Debug)]
pub struct Pieces(Bytes);

impl StreamBody for Pieces {
    fn next_piece(&mut self, _: Duration) -> Result<Option<Bytes>, TransportError> {
        let end = self.0.iter().position(|byte| *byte == b'\n').map_or(self.0.len(), |end| end + 1);
        let piece = self.0.split_to(end);
        Ok((!piece.is_empty()).then_some(piece))
    }
}
