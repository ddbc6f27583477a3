//! A client that calls the simulator in process, with a clock that jumps over every wait.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::bulk::{self, Bulk, Progress};
use clarifai_core::machine::{self, Attempt, Driver, Machine, Mono, Now};
use clarifai_core::pages::{IntoPages, Iter};
use clarifai_core::{App, Body, Credentials, Error, Operation, TransportFailure};
use http::{Request, Response};

use crate::Simulator;
use crate::faults::{Exchange, Faults};

/// A client that calls a [`Simulator`] in process: no socket, no account, and an hour of waiting takes no time.
///
/// Cheap to clone; clones share simulator, clock and the number of exchanges.
#[derive(Clone, Debug)]
pub struct Client {
    app: App,
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

impl Client {
    /// The moment the clock starts at unless it is set: the first day of 2026.
    pub const START: Duration = Duration::from_secs(1_767_225_600);

    /// A client of a new simulator.
    #[expect(clippy::missing_panics_doc, reason = "the key is a constant, and valid")]
    pub fn new() -> Self {
        Self::with(App::new(Credentials::key("simulator").expect("a valid key")), Simulator::new())
    }

    /// A client of this simulator. The app's address does not matter.
    pub fn with(app: App, simulator: Simulator) -> Self {
        Self {
            app,
            simulator: Arc::new(simulator),
            clock: Arc::new(Mutex::new(Now::new(Mono::default(), Self::START))),
            faults: None,
            exchanges: Arc::default(),
        }
    }

    /// Sets the clock to this time since 1970.
    pub fn at(self, unix: Duration) -> Self {
        self.clock().unix = unix;
        self
    }

    /// Lets exchanges go wrong: those of [`call`](Self::call), [`run`](Self::run) and
    /// [`exchange`](Self::exchange), numbered from 0 together with those of its clones.
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = Some(faults);
        self
    }

    /// The app the calls are made for.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The simulator that is called.
    pub fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// Lets time pass, as a wait would.
    pub fn advance(&self, time: Duration) {
        let mut now = self.clock();
        *now = Now::new(now.mono + time, now.unix.saturating_add(time));
    }

    /// Carries out one operation.
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

    /// Carries out work in pieces, and tells `watch` after each how far it is.
    ///
    /// It has the signature of the same door of `clarifai-ureq`. Here the pieces are carried out one after the other,
    /// whatever `parallel` says: where time only passes while somebody waits, nothing is gained by threads.
    ///
    /// ```
    /// use clarifai_simulator::{Client, core::bulk::Upload, core::inputs::{ListInputs, NewInput}};
    ///
    /// let client = Client::new();
    /// let input = |number| NewInput::image_url(format!("https://example.com/{number}.jpg")).with_id(format!("i{number}"));
    /// let mut seen = Vec::new();
    /// let report = client.bulk(Upload::new(client.app(), (0..300).map(input)), 4, |progress| seen.push(progress.done));
    /// assert!(report.is_complete());
    /// assert_eq!(seen, [128, 256, 300]);
    /// assert_eq!(client.pages(ListInputs::new()).filter_map(Result::ok).count(), 300);
    /// ```
    pub fn bulk<B>(&self, work: B, parallel: usize, watch: impl FnMut(&Progress) + Send) -> B::Report
    where
        B: Bulk + Send,
    {
        let _ = parallel;
        bulk::run(work, &mut { self }, watch)
    }

    /// Carries out the next exchange at `now`, faults and all, without moving the clock: for whoever drives several
    /// machines side by side and has a clock of their own.
    pub fn exchange(&self, now: Now, request: Request<Body>) -> Exchange {
        let number = self.exchanges.fetch_add(1, Ordering::Relaxed);
        let request = request.map(|body| body.to_bytes());
        match &self.faults {
            Some(faults) => faults.exchange(&self.simulator, now, number, &request),
            None => Exchange::whole(self.simulator.handle(now, &request), None),
        }
    }

    /// How many exchanges there were.
    pub fn exchanges(&self) -> u64 {
        self.exchanges.load(Ordering::Relaxed)
    }

    /// Sends one request as it is. No fault befalls it, and it does not count as an exchange.
    pub fn send(&self, request: Request<Body>) -> Response<Bytes> {
        let now = *self.clock();
        self.simulator.handle(now, &request.map(|body| body.to_bytes()))
    }

    fn clock(&self) -> std::sync::MutexGuard<'_, Now> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Driver for &Client {
    fn now(&mut self) -> Now {
        *self.clock()
    }

    fn send(&mut self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure> {
        let exchange = self.exchange(*self.clock(), request);
        self.advance(exchange.takes);
        exchange.answer
    }

    fn wait_until(&mut self, time: Mono) {
        let mut now = self.clock();
        let passed = time.since(now.mono);
        now.unix += passed;
        now.mono = now.mono.max(time);
    }
}
