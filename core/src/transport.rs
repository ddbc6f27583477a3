//! The contract between a client and what performs its I/O, and the parts that both handle: bodies and errors.
//!
//! An adapter implements [`Transport`] (blocking) or [`AsyncTransport`], and [`Connect`] where it can set itself up.
//! Everything else (methods of the client, retries, pagination, bulk work) is written once, in this crate.

use bytes::Bytes;
use http::{Request, Response};

pub use crate::body::{Body, BodyReader, BodyWriter};
pub use crate::collector::BodyCollector;
use crate::config::Config;
pub use crate::config::is_loopback;
use crate::error::Error;
pub use crate::error::{TransportError, TransportErrorKind};
use crate::time::{Instant, Now};

/// The default limit for the body of a response: 128 MiB, as much as the service itself accepts in a request.
pub const MAX_RESPONSE_BYTES: u64 = 128 * 1024 * 1024;

/// The time left for one request, which a [`Transport`] has to respect.
///
/// A call with a time limit puts it into the [extensions](Request::extensions) of each of its requests. It covers the
/// whole exchange, to the last byte of the response. If the transport also has a limit, the shorter one applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestTimeout(pub std::time::Duration);

impl RequestTimeout {
    /// Returns the time limit of a request, if it has one.
    pub fn of<B>(request: &Request<B>) -> Option<std::time::Duration> {
        request.extensions().get::<Self>().map(|timeout| timeout.0)
    }
}

/// What a blocking adapter does: it sends requests, waits, and reads the clocks.
///
/// The rules for [`send`](Self::send): follow no redirect, repeat nothing, turn no HTTP status into an error, return
/// the whole body or [`TooLarge`](TransportErrorKind::TooLarge), and report [`NotSent`](TransportErrorKind::NotSent)
/// only where that is certain.
pub trait Transport {
    /// Reads the clocks.
    fn now(&self) -> Now;

    /// Sends one request and returns its response, whatever the HTTP status.
    ///
    /// # Errors
    ///
    /// The cause for which there is no response.
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError>;

    /// Waits until `time`.
    fn wait_until(&self, time: Instant);

    /// Returns a random number, as the seed of the jitter between attempts, or 0 for none.
    fn seed(&self) -> u64 {
        0
    }

    /// Runs `work` on up to `count` threads at the same time, the calling one among them, and returns when all of them
    /// have ended. Default: on the calling thread only.
    fn concurrently(&self, count: usize, work: &(dyn Fn() + Sync)) {
        let _ = count;
        work();
    }
}

impl<T: Transport + ?Sized> Transport for &T {
    fn now(&self) -> Now {
        (**self).now()
    }

    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        (**self).send(request)
    }

    fn wait_until(&self, time: Instant) {
        (**self).wait_until(time);
    }

    fn seed(&self) -> u64 {
        (**self).seed()
    }

    fn concurrently(&self, count: usize, work: &(dyn Fn() + Sync)) {
        (**self).concurrently(count, work);
    }
}

/// What an asynchronous adapter does, under the rules of [`Transport`].
///
/// The futures need not be [`Send`], because those of a browser are not. Where they are, the futures of the client are
/// `Send` too.
pub trait AsyncTransport {
    /// Reads the clocks.
    fn now(&self) -> Now;

    /// Sends one request and returns its response, whatever the HTTP status.
    ///
    /// # Errors
    ///
    /// The cause for which there is no response.
    fn send(&self, request: Request<Body>) -> impl Future<Output = Result<Response<Bytes>, TransportError>>;

    /// Waits until `time`.
    fn wait_until(&self, time: Instant) -> impl Future<Output = ()>;

    /// Returns a random number, as the seed of the jitter between attempts, or 0 for none.
    fn seed(&self) -> u64 {
        0
    }
}

/// A blocking transport that can return a response while its body is still arriving, under the rules of [`Transport`].
pub trait StreamTransport: Transport {
    /// The body of a response. Dropping it closes the connection, unless the body was read to its end.
    type Body: StreamBody;

    /// Sends one request and returns its response, whatever the HTTP status, as soon as its head has arrived.
    ///
    /// The [`RequestTimeout`] of the request applies until then. The limit for the size of responses does not apply.
    ///
    /// # Errors
    ///
    /// The cause for which there is no response.
    fn open(&self, request: Request<Body>) -> Result<Response<Self::Body>, TransportError>;
}

impl<T: StreamTransport + ?Sized> StreamTransport for &T {
    type Body = T::Body;

    fn open(&self, request: Request<Body>) -> Result<Response<T::Body>, TransportError> {
        (**self).open(request)
    }
}

/// The body of a response, piece by piece.
pub trait StreamBody {
    /// Returns the next piece as soon as it arrives, or `None` at the end of the body.
    ///
    /// `within` is the longest time to wait. A transport that cannot interrupt its reading at any time uses its own
    /// limit instead.
    ///
    /// # Errors
    ///
    /// [`MaybeSent`](TransportErrorKind::MaybeSent) if the body is incomplete, or does not arrive in time.
    fn next_piece(&mut self, within: std::time::Duration) -> Result<Option<Bytes>, TransportError>;
}

/// An asynchronous transport that can return a response while its body is still arriving, under the rules of
/// [`Transport`].
pub trait AsyncStreamTransport: AsyncTransport {
    /// The body of a response. Dropping it closes the connection, unless the body was read to its end.
    type Body: AsyncStreamBody;

    /// Sends one request and returns its response, whatever the HTTP status, as soon as its head has arrived. The limit
    /// for the size of responses does not apply, and the [`RequestTimeout`] is applied by the caller.
    ///
    /// # Errors
    ///
    /// The cause for which there is no response.
    fn open(&self, request: Request<Body>) -> impl Future<Output = Result<Response<Self::Body>, TransportError>>;
}

/// The body of a response, piece by piece.
pub trait AsyncStreamBody {
    /// Returns the next piece as soon as it arrives, or `None` at the end of the body.
    ///
    /// # Errors
    ///
    /// [`MaybeSent`](TransportErrorKind::MaybeSent) if the body is incomplete.
    fn next_piece(&mut self) -> impl Future<Output = Result<Option<Bytes>, TransportError>>;
}

/// A transport that can set itself up, and that reads the environment, which this crate must not touch.
pub trait Connect: Sized {
    /// Creates the transport with its default settings for the base URL of `config`.
    ///
    /// # Errors
    ///
    /// The cause for which it cannot be set up.
    fn connect(config: &Config) -> Result<Self, Error>;

    /// Returns an environment variable, or `None` where it is not set or not valid Unicode.
    fn variable(name: &str) -> Option<String>;
}
