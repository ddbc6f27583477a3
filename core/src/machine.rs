//! Machines: everything a client decides, as values without a clock, a socket or a thread.
//!
//! A [`Machine`] is told what happened and answers what to do next: send this request, wait until then, or done.
//! An adapter does those two things and nothing else. The loop, whole:
//!
//! ```
//! # use clarifai_core::{Error, machine::{Event, Machine, Now, Step}};
//! # fn now() -> Now { Now::default() }
//! # fn send(_: http::Request<clarifai_core::transport::Body>) -> Result<http::Response<bytes::Bytes>, clarifai_core::transport::TransportError> { unreachable!() }
//! # fn wait_until(_: clarifai_core::machine::Instant) {}
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
//! 1. [`Begin`](Event::Begin) once; then answer each step exactly once: [`Send`](Step::Send) with
//!    [`Response`](Event::Response) or [`Failed`](Event::Failed), [`WaitUntil`](Step::WaitUntil) with
//!    [`Woke`](Event::Woke). Any other event ends the machine with [`Misuse`](crate::error::Misuse); it never panics.
//! 2. Waking early is harmless: the same wait comes back. A clock that runs backwards is taken to stand still.
//! 3. After [`Done`](Step::Done) the machine is spent, and says so when it is driven on.
//! 4. An adapter follows no redirect, retries nothing, turns no HTTP status into an error, hands over the whole
//!    body, and stops at its limit for bodies with [`TooLarge`](TransportErrorKind::TooLarge).
//! 5. [`NotSent`](TransportErrorKind::NotSent) only where the transport can prove it: a refused connection, a name
//!    that does not resolve. Otherwise [`MaybeSent`](TransportErrorKind::MaybeSent).
//! 6. One request in flight per machine. Parallel work is several machines.
//! 7. Dropping a machine at any step is allowed and says nothing about what the server did.
//! 8. Machines of one app and its clones are driven by one clock: they share a token and its times.
//!
//! Progress is a getter on a machine, not a step.

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
pub use crate::time::{Instant, Now};
use crate::transport::{AsyncTransport, Transport};

mod call;
mod find_model;
mod trace;
mod train;
mod wait;
mod warm_cache;

pub use call::Call;
pub use find_model::{FindModel, ModelCache};
pub use trace::OperationInfo;
pub use train::{Train, Training};
pub use wait::{
    AllInputsDeleted, AllInputsProcessed, AllModelsDeleted, Checkpoint, Condition, Evaluation, InputDeleted,
    InputsProcessed, LookUpInputs, ModelDeleted, ModelTrained, Processed, Wait, WaitForInputDeleted,
    WaitForInputsDeleted, WaitForModelDeleted, WaitForModelsDeleted, WaitForTraining, WaitForUploads, WaitForUploadsOf,
};
pub use warm_cache::WarmModelCache;

/// What happened since the last step.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The machine begins.
    Begin,
    /// The request was answered, with whatever HTTP status.
    Response(Response<Bytes>),
    /// The request was not answered.
    Failed(TransportError),
    /// The wait is over, or was cut short.
    Woke,
}

/// What to do next.
///
/// These three are the contract, and there will be no fourth.
#[must_use = "a step that is not carried out leaves the machine waiting for ever"]
#[expect(
    clippy::large_enum_variant,
    reason = "a step is taken apart at once, and boxing the request would cost each call"
)]
pub enum Step<T> {
    /// Send this request and come back with the answer.
    Send(Request<Body>),
    /// Come back at this moment, or a little later.
    WaitUntil(Instant),
    /// This is the result. Do not come back.
    Done(Result<T, Error>),
}

impl<T> Step<T> {
    /// The same step of a machine that makes something else of the result.
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

/// A sans-IO state machine: a sequence of requests and waits that produces a result. The [module](self) has the rules.
pub trait Machine {
    /// What it leads to.
    type Output;

    /// Takes what happened, answers what to do next.
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

/// A machine, or a value that becomes one once it knows the configuration of a client: what `client.run` takes.
pub trait IntoMachine {
    /// The machine.
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

/// A value that has been given the configuration of a client, and runs: see [`IntoMachine`].
///
/// It dereferences to the value, for what is known of its progress.
#[derive(Debug)]
#[must_use = "a machine does nothing before it is driven"]
pub struct Running<P>(pub(crate) P);

impl<P> std::ops::Deref for Running<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.0
    }
}

/// A value that runs once it knows the configuration: the inner side of [`Running`].
#[doc(hidden)]
pub trait Procedure {
    /// What it produces.
    type Output;

    /// Takes the configuration, before the first step.
    fn configure(&mut self, config: &Config);

    /// Takes one event and returns the next step, as [`Machine::resume`].
    fn step(&mut self, now: Now, event: Event) -> Step<Self::Output>;
}

impl<P: Procedure> Machine for Running<P> {
    type Output = P::Output;

    fn resume(&mut self, now: Now, event: Event) -> Step<P::Output> {
        self.0.step(now, event)
    }
}

/// Lets a value run as a machine.
macro_rules! runs {
    (<$generic:ident: $bound:ident> $procedure:ty) => {
        $crate::machine::runs!(@ [<$generic: $bound>] $procedure);
    };
    (@ [$($generics:tt)*] $procedure:ty) => {
        impl $($generics)* $crate::machine::IntoMachine for $procedure {
            type Machine = $crate::machine::Running<Self>;

            fn into_machine(mut self, config: &$crate::config::Config) -> Self::Machine {
                $crate::machine::Procedure::configure(&mut self, config);
                $crate::machine::Running(self)
            }
        }
    };
    ($procedure:ty) => {
        $crate::machine::runs!(@ [] $procedure);
    };
}
pub(crate) use runs;

/// What drives machines in a blocking way. Every reference to a [`Transport`] does; tests
/// use one that changes with each step.
pub trait Driver {
    /// Reads the clocks.
    fn now(&mut self) -> Now;

    /// Sends one request under rules 4 and 5.
    ///
    /// # Errors
    ///
    /// Only what the transport failed at, never an HTTP status.
    fn send(&mut self, request: Request<Body>) -> Result<Response<Bytes>, TransportError>;

    /// Waits until `time`.
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

/// Drives a machine to its end.
///
/// # Errors
///
/// The machine's own.
pub fn drive<M: Machine>(mut machine: M, driver: &mut impl Driver) -> Result<M::Output, Error> {
    let mut event = Event::Begin;
    loop {
        event = match machine.resume(driver.now(), event) {
            Step::Send(request) => {
                let answer = trace::in_span(request, |request| driver.send(request));
                answer.map_or_else(Event::Failed, Event::Response)
            }
            Step::WaitUntil(time) => {
                driver.wait_until(time);
                Event::Woke
            }
            Step::Done(result) => return result,
        };
    }
}

/// Drives a machine to its end without blocking. Dropping the future is allowed at any time: see rule 7.
///
/// # Errors
///
/// The machine's own.
pub async fn drive_async<M: Machine>(mut machine: M, driver: &impl AsyncTransport) -> Result<M::Output, Error> {
    let mut event = Event::Begin;
    loop {
        event = match machine.resume(driver.now(), event) {
            Step::Send(request) => {
                #[cfg(feature = "tracing")]
                let span = trace::span(&request);
                let answer = driver.send(request);
                #[cfg(feature = "tracing")]
                let answer = tracing::Instrument::instrument(answer, span);
                answer.await.map_or_else(Event::Failed, Event::Response)
            }
            Step::WaitUntil(time) => {
                driver.wait_until(time).await;
                Event::Woke
            }
            Step::Done(result) => return result,
        };
    }
}
