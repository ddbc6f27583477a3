//! What an adapter shows of itself to the suite.

use std::time::Duration;

use bytes::Bytes;
use clarifai_core::machine::Machine;
use clarifai_core::{App, Body, Error, RawAnswer, TransportFailure};
use http::{Request, Response};

/// Any machine of the suite: all of them answer the untouched JSON.
pub type AnyMachine = Box<dyn Machine<Output = RawAnswer> + Send>;

/// An adapter under test.
pub trait Driver: Send + Sync {
    /// Its name in the tables of the README.
    fn name(&self) -> &'static str;

    /// A client of it with these settings.
    fn client(&self, app: App, settings: &Settings) -> Box<dyn Client>;

    /// A client as it makes one by default.
    fn plain(&self, app: App) -> Box<dyn Client>;
}

/// The doors of a client.
pub trait Client: Send + Sync {
    /// Sends one request.
    ///
    /// # Errors
    ///
    /// What the transport failed at.
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure>;

    /// Drives a machine to its end.
    ///
    /// # Errors
    ///
    /// The machine's own.
    fn run(&self, machine: AnyMachine) -> Result<RawAnswer, Error>;

    /// Drives a machine for so long and then drops it in the middle of its step. Answers whether it can: a blocking
    /// call cannot be given up.
    fn give_up(&self, machine: AnyMachine, after: Duration) -> bool {
        let _ = (machine, after);
        false
    }
}

/// What a scenario asks of a client.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The limit for each part of a call: to connect, to send, until the answer begins, until it ends.
    pub timeout: Duration,
    /// The largest answer.
    pub max_response: u64,
    /// The certificate, in DER, of the only authority trusted. None: as the adapter does by default.
    pub authority: Option<Vec<u8>>,
    /// Address of a proxy, such as `http://127.0.0.1:3128`.
    pub proxy: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(20), max_response: 1 << 20, authority: None, proxy: None }
    }
}
