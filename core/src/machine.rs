//! Machines: everything a client decides, as values without a clock, a socket or a thread.
//!
//! A [`Machine`] is told what happened and answers what to do next: send this request, wait until then, or done.
//! An adapter does those two things and nothing else. The loop, whole:
//!
//! ```
//! # use clarifai_core::{Error, machine::{Event, Machine, Now, Step}};
//! # fn now() -> Now { Now::default() }
//! # fn send(_: http::Request<clarifai_core::Body>) -> Result<http::Response<bytes::Bytes>, clarifai_core::TransportFailure> { unreachable!() }
//! # fn wait_until(_: clarifai_core::machine::Mono) {}
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
//!    body, and stops at its limit for bodies with [`TooLarge`](TransportFailureKind::TooLarge).
//! 5. [`NotSent`](TransportFailureKind::NotSent) only where the transport can prove it: a refused connection, a name
//!    that does not resolve. Otherwise [`MaybeSent`](TransportFailureKind::MaybeSent).
//! 6. One request in flight per machine. Parallel work is several machines.
//! 7. Dropping a machine at any step is allowed and says nothing about what the server did.
//! 8. Machines of one app and its clones are driven by one clock: they share a token and its times.
//!
//! Progress is a getter on a machine, not a step.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use crate::body::Body;
use crate::error::Error;
use crate::error::TransportFailure;
#[cfg(doc)]
use crate::error::TransportFailureKind;

mod attempt;
mod find_model;
mod trace;
mod train;
mod update_check;
mod wait;
mod warm_cache;

pub use attempt::Attempt;
pub use find_model::{FindModel, ModelCache};
pub use trace::Call;
pub use train::{Train, Training};
pub use update_check::{Update, UpdateCheck};
pub use wait::{
    AllProcessed, Checkpoint, Goal, InputGone, LookUpInputs, ModelGone, NoInputs, NoModels, Processed, TheseProcessed,
    Trained, Verdict, Wait, WaitForInputDeleted, WaitForInputsDeleted, WaitForModelDeleted, WaitForModelsDeleted,
    WaitForTraining, WaitForUploads, WaitForUploadsOf,
};
pub use warm_cache::WarmModelCache;

/// A moment on a clock that never runs backwards, counted from an arbitrary start.
///
/// Not [`std::time::Instant`], which can neither be made from a number, as tests and fuzzers need, nor be had on
/// `wasm32-unknown-unknown`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(Duration);

impl Mono {
    /// The moment that lies `since_start` after the clock's start.
    pub const fn new(since_start: Duration) -> Self {
        Self(since_start)
    }

    /// Time since the clock's start.
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// Time from `earlier` to here, 0 if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Mono {
    type Output = Self;

    /// Saturates: a wait beyond the end of time lasts until then.
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

/// What the clocks of the adapter say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The clock that never runs backwards; waits are named on it.
    pub mono: Mono,
    /// Time since 1970, for answers that name a date. It may be wrong or jump; nothing but a wait depends on it.
    pub unix: Duration,
}

impl Now {
    /// Both clocks together.
    pub const fn new(mono: Mono, unix: Duration) -> Self {
        Self { mono, unix }
    }
}

/// What happened since the last step.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The machine begins.
    Begin,
    /// The request was answered, with whatever HTTP status.
    Response(Response<Bytes>),
    /// The request was not answered.
    Failed(TransportFailure),
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
    WaitUntil(Mono),
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

    /// What a machine within another one came to. While it has not ended, the step that the outer one takes for it.
    ///
    /// # Errors
    ///
    /// That step, which is no failure.
    #[expect(clippy::result_large_err, reason = "it is handed on at once")]
    pub fn ended<U>(self) -> Result<Result<T, Error>, Step<U>> {
        match self {
            Self::Send(request) => Err(Step::Send(request)),
            Self::WaitUntil(time) => Err(Step::WaitUntil(time)),
            Self::Done(result) => Ok(result),
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

/// A course of requests and waits that leads to a result. The rules stand in the [module](self).
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

/// What a blocking adapter can do.
pub trait Driver {
    /// Reads the clocks.
    fn now(&mut self) -> Now;

    /// Sends one request under rules 4 and 5.
    ///
    /// # Errors
    ///
    /// Only what the transport failed at, never an HTTP status.
    fn send(&mut self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure>;

    /// Waits.
    fn wait_until(&mut self, time: Mono);
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

/// What an adapter of asynchronous I/O can do.
///
/// The futures need not be [`Send`] here, because those of a browser are not; where an adapter's are, so are those
/// of [`drive_async`].
pub trait AsyncDriver {
    /// Reads the clocks.
    fn now(&self) -> Now;

    /// Sends one request under rules 4 and 5.
    ///
    /// # Errors
    ///
    /// Only what the transport failed at, never an HTTP status.
    fn send(&self, request: Request<Body>) -> impl Future<Output = Result<Response<Bytes>, TransportFailure>>;

    /// Waits.
    fn wait_until(&self, time: Mono) -> impl Future<Output = ()>;
}

/// Drives a machine to its end without blocking. Dropping the future is allowed at any time: see rule 7.
///
/// # Errors
///
/// The machine's own.
pub async fn drive_async<M: Machine>(mut machine: M, driver: &impl AsyncDriver) -> Result<M::Output, Error> {
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

/// The latest moment a machine has seen, so that a clock running backwards does no harm.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Latest(Mono);

impl Latest {
    pub(crate) fn observe(&mut self, now: Now) -> Now {
        self.0 = self.0.max(now.mono);
        Now { mono: self.0, ..now }
    }
}
