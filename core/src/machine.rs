//! Machines: every decision of a client, as values without a clock, a socket or a thread.
//!
//! A [`Machine`] takes an event and returns the next step: send this request, wait until this time, or done. An adapter
//! performs the sends and the waits and does nothing else. The whole loop:
//!
//! ```
//! # use clarifai_core::{Error, machine::{Event, Machine, Step}, time::{Instant, Now}};
//! # fn now() -> Now { Now::default() }
//! # fn send(_: http::Request<clarifai_core::transport::Body>) -> Result<http::Response<bytes::Bytes>, clarifai_core::transport::TransportError> { unreachable!() }
//! # fn wait_until(_: Instant) {}
//! fn run<M: Machine>(mut machine: M) -> Result<M::Output, Error> {
//!     let mut event = Event::Begin;
//!     loop {
//!         event = match machine.resume(now(), event) {
//!             Step::Send(request) => match send(request) {
//!                 Ok(response) => Event::Response(response),
//!                 Err(failure) => Event::Failed(failure),
//!             },
//!             Step::WaitUntil(time) => {
//!                 wait_until(time);
//!                 Event::Woke
//!             }
//!             Step::Done(result) => return result,
//!         };
//!     }
//! }
//! ```
//!
//! # Rules
//!
//! 1. Pass [`Begin`](Event::Begin) once. Then reply to each step exactly once: to [`Send`](Step::Send) with
//!    [`Response`](Event::Response) or [`Failed`](Event::Failed), to [`WaitUntil`](Step::WaitUntil) with
//!    [`Woke`](Event::Woke). Any other event ends the machine with [`Misuse`](crate::error::Misuse); it never panics.
//! 2. Waking early is harmless: the machine returns the same wait again. A clock that runs backwards is treated as
//!    standing still.
//! 3. After [`Done`](Step::Done) the machine is spent. Resuming it again returns an error.
//! 4. An adapter follows no redirects, retries nothing, turns no HTTP status into an error, passes on the whole body,
//!    and stops at its limit for bodies with [`TooLarge`](TransportErrorKind::TooLarge).
//! 5. An adapter reports [`NotSent`](TransportErrorKind::NotSent) only where the transport can prove it: a refused
//!    connection, or a name that does not resolve. Otherwise it reports [`MaybeSent`](TransportErrorKind::MaybeSent).
//! 6. A machine has at most one request in flight. Parallel work uses several machines.
//! 7. Dropping a machine at any step is allowed. It does not show what the server did with a request in flight.
//! 8. Machines that share a [`Config`] or its clones must be driven by the same clock, because they share a token and
//!    its expiry time.
//!
//! Progress is available from getters on a machine, not from steps.

use std::fmt;
use std::ops::ControlFlow;

use bytes::Bytes;
use http::{Request, Response};

use crate::body::Body;
use crate::config::Config;
use crate::error::Error;
use crate::error::TransportError;
#[cfg(doc)]
use crate::error::TransportErrorKind;
use crate::time::{Instant, Now};
use crate::transport::{AsyncTransport, Transport};

mod call;
mod delete_all_inputs;
mod find_model;
mod stream_call;
mod stream_driver;
mod trace;
mod train;
mod wait;
mod warm_cache;

pub use call::Call;
pub use delete_all_inputs::{DeleteAllInputs, DeleteAllInputsMachine};
pub use find_model::{FindModel, FindModelMachine, ModelCache};
pub use stream_call::{StreamCall, StreamEvent, StreamStep};
pub use stream_driver::Items;
#[cfg(feature = "futures")]
pub use stream_driver::stream_items;
pub use trace::OperationInfo;
pub use train::{Train, TrainMachine, Training};
pub use wait::{
    AllInputsDeleted, AllInputsProcessed, AllModelsDeleted, Checkpoint, Condition, Evaluation, InputDeleted,
    InputsAdded, InputsProcessed, LookUpInputs, ModelDeleted, ModelTrained, Processed, SomeInputsProcessed, Wait,
    Waiter,
};
pub use warm_cache::{WarmModelCache, WarmModelCacheMachine};

/// An event that happened since the last step: the input of [`Machine::resume`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The first event of each machine.
    Begin,
    /// The response to the request, with any HTTP status.
    Response(Response<Bytes>),
    /// The request failed without a response.
    Failed(TransportError),
    /// The wait ended, on time or early.
    Woke,
}

/// The next action for the adapter.
///
/// The set of steps is closed: no variant will be added.
#[must_use = "a step that is not executed leaves the machine waiting forever"]
#[expect(
    clippy::large_enum_variant,
    reason = "a step is taken apart at once, and boxing the request would cost each call"
)]
pub enum Step<T> {
    /// Send this request and resume with its outcome.
    Send(Request<Body>),
    /// Resume at this time or shortly after.
    WaitUntil(Instant),
    /// The result. The machine must not be resumed again.
    Done(Result<T, Error>),
}

impl<T> Step<T> {
    /// Converts the result of a [`Done`](Self::Done) step with `of`; leaves other steps as they are.
    pub fn map<U>(self, of: impl FnOnce(Result<T, Error>) -> Result<U, Error>) -> Step<U> {
        match self {
            Self::Send(request) => Step::Send(request),
            Self::WaitUntil(time) => Step::WaitUntil(time),
            Self::Done(result) => Step::Done(of(result)),
        }
    }

    /// Splits the step of a nested machine into its result ([`Break`](ControlFlow::Break)) or the step that the outer
    /// machine returns for it ([`Continue`](ControlFlow::Continue)).
    pub fn into_control_flow<U>(self) -> ControlFlow<Result<T, Error>, Step<U>> {
        match self {
            Self::Send(request) => ControlFlow::Continue(Step::Send(request)),
            Self::WaitUntil(time) => ControlFlow::Continue(Step::WaitUntil(time)),
            Self::Done(result) => ControlFlow::Break(result),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(request) => write!(f, "Send({} {})", request.method(), request.uri()),
            Self::WaitUntil(time) => f.debug_tuple("WaitUntil").field(time).finish(),
            Self::Done(result) => f.debug_tuple("Done").field(result).finish(),
        }
    }
}

/// A sans-IO state machine: a sequence of requests and waits that produces a result. The rules are in the [module
/// documentation](self).
pub trait Machine {
    /// Type of the result.
    type Output;

    /// Takes an event and returns the next step.
    fn resume(&mut self, now: Now, event: Event) -> Step<Self::Output>;
}

impl<M: Machine + ?Sized> Machine for &mut M {
    type Output = M::Output;

    fn resume(&mut self, now: Now, event: Event) -> Step<M::Output> {
        (**self).resume(now, event)
    }
}

impl<M: Machine + ?Sized> Machine for Box<M> {
    type Output = M::Output;

    fn resume(&mut self, now: Now, event: Event) -> Step<M::Output> {
        (**self).resume(now, event)
    }
}

/// A machine, or a value that becomes one when it receives the configuration of a client: the argument of `client.run`.
pub trait IntoMachine {
    /// Type of the machine.
    type Machine: Machine;

    /// Creates the machine for a client with this configuration.
    fn into_machine(self, config: &Config) -> Self::Machine;
}

impl<M: Machine> IntoMachine for M {
    type Machine = M;

    fn into_machine(self, _: &Config) -> M {
        self
    }
}

/// What drives machines in a blocking way. Every reference to a [`Transport`] does; tests
/// use one that changes with each step.
pub trait Driver {
    /// Returns the current time of the clocks.
    fn now(&mut self) -> Now;

    /// Sends one request according to rules 4 and 5 of the [module](self) and returns the response, whatever its HTTP
    /// status.
    ///
    /// # Errors
    ///
    /// Returns an error if the transport failed, never because of an HTTP status.
    fn send(&mut self, request: Request<Body>) -> Result<Response<Bytes>, TransportError>;

    /// Blocks until `time`.
    fn wait_until(&mut self, time: Instant);
}

impl<T: Transport + ?Sized> Driver for &T {
    fn now(&mut self) -> Now {
        (**self).now()
    }

    fn send(&mut self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        (**self).send(request)
    }

    fn wait_until(&mut self, time: Instant) {
        (**self).wait_until(time);
    }
}

/// Sends a request inside its span.
pub(crate) fn send(driver: &mut impl Driver, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
    trace::in_span(request, |request| driver.send(request))
}

/// Sends a request inside its span, without blocking.
pub(crate) async fn send_async(
    driver: &impl AsyncTransport,
    request: Request<Body>,
) -> Result<Response<Bytes>, TransportError> {
    #[cfg(feature = "tracing")]
    let span = trace::span(&request);
    let response = driver.send(request);
    #[cfg(feature = "tracing")]
    let response = tracing::Instrument::instrument(response, span);
    response.await
}

/// Drives a machine until it is done and returns its result.
///
/// # Errors
///
/// Returns the error of the machine.
pub fn drive<M: Machine>(mut machine: M, driver: &mut impl Driver) -> Result<M::Output, Error> {
    let mut event = Event::Begin;
    loop {
        event = match machine.resume(driver.now(), event) {
            Step::Send(request) => send(driver, request).map_or_else(Event::Failed, Event::Response),
            Step::WaitUntil(time) => {
                driver.wait_until(time);
                Event::Woke
            }
            Step::Done(result) => return result,
        };
    }
}

/// Drives a machine until it is done, without blocking, and returns its result. The future may be dropped at any time:
/// see rule 7 of the [module](self).
///
/// # Errors
///
/// Returns the error of the machine.
pub async fn drive_async<M: Machine>(mut machine: M, driver: &impl AsyncTransport) -> Result<M::Output, Error> {
    let mut event = Event::Begin;
    loop {
        event = match machine.resume(driver.now(), event) {
            Step::Send(request) => send_async(driver, request).await.map_or_else(Event::Failed, Event::Response),
            Step::WaitUntil(time) => {
                driver.wait_until(time).await;
                Event::Woke
            }
            Step::Done(result) => return result,
        };
    }
}
