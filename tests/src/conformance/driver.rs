//! The interface between the suite and an adapter.

use std::time::Duration;

use bytes::Bytes;
use clarifai_core::machine::Machine;
use clarifai_core::{
    Config, Error,
    operation::RawResponse,
    transport::{Body, TransportError},
};
use http::{Request, Response};

/// Any machine of the suite: all of them return the raw JSON.
pub type AnyMachine = Box<dyn Machine<Output = RawResponse> + Send>;

/// An adapter under test.
pub trait Driver: Send + Sync {
    /// Returns the name of the adapter in the tables of the README.
    fn name(&self) -> &'static str;

    /// Creates a client with these settings.
    fn client(&self, config: Config, settings: &Settings) -> Box<dyn Client>;

    /// Creates a client as the adapter does by default.
    fn plain(&self, config: Config) -> Box<dyn Client>;
}

/// The methods of a client.
pub trait Client: Send + Sync {
    /// Sends one request.
    ///
    /// # Errors
    ///
    /// The failure of the transport.
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError>;

    /// Drives a machine to its end.
    ///
    /// # Errors
    ///
    /// The error of the machine.
    fn run(&self, machine: AnyMachine) -> Result<RawResponse, Error>;

    /// Drives a machine for this long and then drops it in the middle of its step. Returns whether that is possible: a
    /// blocking call cannot be dropped.
    fn give_up(&self, machine: AnyMachine, after: Duration) -> bool {
        let _ = (machine, after);
        false
    }
}

/// Options that a scenario needs of a client.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Limit for each part of a call: connecting, sending, the start and the end of the response.
    pub timeout: Duration,
    /// Size of the largest response, in bytes.
    pub max_response: u64,
    /// Certificate of the only trusted authority, in DER. `None`: as by default.
    pub authority: Option<Vec<u8>>,
    /// Address of a proxy, such as `http://127.0.0.1:3128`.
    pub proxy: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(20), max_response: 1 << 20, authority: None, proxy: None }
    }
}
