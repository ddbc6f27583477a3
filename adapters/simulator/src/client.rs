//! A client that calls the simulator in process, with a clock that jumps over every wait.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::machine::{self, Attempt, Driver, Machine, Mono, Now};
use clarifai_core::{App, Body, Credentials, Error, Operation, TransportFailure};
use http::{Request, Response};

use crate::Simulator;

/// A client that calls a [`Simulator`] in process: no socket, no account, and an hour of waiting takes no time.
///
/// Cheap to clone; clones share simulator and clock.
#[derive(Clone, Debug)]
pub struct Client {
    app: App,
    simulator: Arc<Simulator>,
    clock: Arc<Mutex<Now>>,
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
        }
    }

    /// Sets the clock to this time since 1970.
    pub fn at(self, unix: Duration) -> Self {
        self.clock().unix = unix;
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

    /// Sends one request as it is.
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
        Ok(Client::send(self, request))
    }

    fn wait_until(&mut self, time: Mono) {
        let mut now = self.clock();
        let passed = time.since(now.mono);
        now.unix += passed;
        now.mono = now.mono.max(time);
    }
}
