//! A client of the simulator whose exchanges are recorded, see [`crate::exchanges`].

use std::ops::Deref;
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::Config;
use clarifai_core::client::blocking;
use clarifai_core::machine::OperationInfo;
use clarifai_core::time::{Instant, Now};
use clarifai_core::transport::{Body, Transport, TransportError};
use clarifai_simulator::{Client, Simulator};
use http::{Request, Response};

use crate::exchanges;

/// A client like [`clarifai_simulator::Client`], whose exchanges are recorded.
#[derive(Clone, Debug)]
pub struct RecordedClient(blocking::Client<Recorded>);

impl RecordedClient {
    /// Creates a client of this simulator.
    pub fn new(config: Config, simulator: Simulator) -> Self {
        let transport = Recorded(Client::with(config.clone(), simulator));
        Self(blocking::Client::with_transport(config, transport))
    }

    /// Lets time pass, as a wait does.
    pub fn advance(&self, time: Duration) {
        self.transport().0.advance(time);
    }
}

impl Deref for RecordedClient {
    type Target = blocking::Client<Recorded>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// The transport of [`RecordedClient`].
#[derive(Clone, Debug)]
pub struct Recorded(Client);

impl Transport for Recorded {
    fn now(&self) -> Now {
        self.0.transport().now()
    }

    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        let operation = request.extensions().get::<OperationInfo>().map_or("", |info| info.operation);
        let copy = request.clone().map(|body| body.to_bytes());
        let result = self.0.transport().send(request);
        exchanges::record(operation, &copy, result.as_ref().ok());
        result
    }

    fn wait_until(&self, time: Instant) {
        self.0.transport().wait_until(time);
    }
}
