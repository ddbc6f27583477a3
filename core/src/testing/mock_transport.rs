//! A transport with a list of expected requests and their responses.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use serde_json::Value;

use super::log::{Entry, EventKind, Log};
use super::manual_clock::ManualClock;
use super::streams::Pieces;
use crate::body::Body;
use crate::error::{Error, TransportError, TransportErrorKind};
use crate::machine::{Driver, Event, Machine, Step};
use crate::time::{Instant, Now};

/// A transport that drives machines through a list of expected requests, each with its response, in virtual time.
///
/// A request that is not the next one on the list fails, and so does every later request, even one that is on the list.
/// [`finish`](Self::finish) and [`assert_done`](Self::assert_done) report which request was unexpected.
#[derive(Debug, Default)]
#[must_use = "a script does nothing until a machine is run with it"]
pub struct MockTransport {
    pub(super) clock: ManualClock,
    planned: VecDeque<Planned>,
    requests: Vec<Request<Body>>,
    log: Log,
    problems: Vec<String>,
    /// Pieces of the last response, if it is streamed.
    pub(super) streamed: Option<Pieces>,
}

#[derive(Debug)]
pub(super) struct Planned {
    method: String,
    path: String,
    takes: Duration,
    body: Option<Value>,
    reply: Result<Response<Bytes>, TransportErrorKind>,
    pub(super) pieces: Option<Pieces>,
}

/// More steps than any machine takes while it makes progress.
pub(super) const MAX_STEPS: usize = 100_000;

impl MockTransport {
    /// Creates a transport that expects no requests.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next expected request: its method, and its path with the query. Set the response on the returned
    /// [`ExpectedRequest`] to add another.
    pub fn expect(self, method: &str, path: &str) -> ExpectedRequest {
        let planned = Planned {
            method: method.to_owned(),
            path: path.to_owned(),
            takes: Duration::ZERO,
            body: None,
            reply: Err(TransportErrorKind::MaybeSent),
            pieces: None,
        };
        ExpectedRequest { script: self, planned, headers: Vec::new() }
    }

    /// Sets the clock (default: a [new](ManualClock::new) one).
    pub fn with_clock(mut self, clock: ManualClock) -> Self {
        self.clock = clock;
        self
    }

    /// Returns the clock.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Returns the clock for changes between machines.
    pub fn clock_mut(&mut self) -> &mut ManualClock {
        &mut self.clock
    }

    /// Drives a machine to its end and returns its result. The same transport can drive several machines, one after
    /// another.
    ///
    /// # Errors
    ///
    /// Returns the error of the machine.
    ///
    /// # Panics
    ///
    /// Panics if the machine has not ended after 100,000 steps.
    pub fn run<M: Machine>(&mut self, mut machine: M) -> Result<M::Output, Error> {
        let mut event = Event::Begin;
        for _ in 0..MAX_STEPS {
            event = match machine.resume(self.clock.now(), event) {
                Step::Send(request) => self.send(request).map_or_else(Event::Failed, Event::Response),
                Step::WaitUntil(time) => {
                    self.wait_until(time);
                    Event::Woke
                }
                Step::Done(result) => {
                    self.note(EventKind::Done(result.as_ref().map_or_else(|error| Err(error.to_string()), |_| Ok(()))));
                    return result;
                }
            };
        }
        panic!("the machine came to no end within {MAX_STEPS} steps; it began:\n{:.2000}", self.log.to_string());
    }

    /// Returns all requests that were sent, including unexpected ones.
    pub fn requests(&self) -> &[Request<Body>] {
        &self.requests
    }

    /// Returns the log of all steps so far.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Consumes the transport and returns the log.
    ///
    /// # Errors
    ///
    /// Errors if a request was unexpected, or if an expected one was not sent. The error names these requests.
    pub fn finish(self) -> Result<Log, UnexpectedRequests> {
        let Self { planned, log, mut problems, .. } = self;
        problems.extend(planned.iter().map(|one| format!("{} {} was expected and not sent", one.method, one.path)));
        match problems.is_empty() {
            true => Ok(log),
            false => Err(UnexpectedRequests { problems, log }),
        }
    }

    /// Asserts that exactly the expected requests were sent.
    ///
    /// # Panics
    ///
    /// Panics if [`finish`](Self::finish) fails.
    #[track_caller]
    pub fn assert_done(self) {
        if let Err(mismatch) = self.finish() {
            panic!("{mismatch}");
        }
    }

    pub(super) fn note(&mut self, what: EventKind) {
        self.log.0.push(Entry { at: self.clock.elapsed(), what });
    }

    fn respond(&mut self, request: &Request<Body>, path: &str) -> Result<Response<Bytes>, TransportError> {
        let seen = format!("{} {path}", request.method());
        let problem = match self.planned.front() {
            None => format!("{seen} was sent and nothing was expected any more"),
            Some(next) if next.method != request.method().as_str() || next.path != path => {
                format!("{seen} was sent where {} {} was expected", next.method, next.path)
            }
            Some(Planned { body: Some(wanted), .. })
                if serde_json::from_slice::<Value>(&request.body().to_bytes()).ok().as_ref() != Some(wanted) =>
            {
                format!("{seen} was sent with another body than {wanted}")
            }
            Some(_) => String::new(),
        };
        // What a machine does after the first unexpected request gives no further information.
        if !self.problems.is_empty() {
            return Err(TransportError::new(TransportErrorKind::TooLarge, "the script was left before"));
        }
        match self.planned.pop_front() {
            Some(planned) if problem.is_empty() => {
                self.clock.advance(planned.takes);
                self.streamed = planned.pieces;
                planned.reply.map_err(|kind| TransportError::new(kind, "as the script says"))
            }
            taken => {
                // The expected request stays on the list, so that `finish` reports it as missing.
                if let Some(taken) = taken {
                    self.planned.push_front(taken);
                }
                self.problems.push(problem.clone());
                // `TooLarge` is the one kind of failure that no call retries.
                Err(TransportError::new(TransportErrorKind::TooLarge, problem))
            }
        }
    }
}

impl Driver for MockTransport {
    fn now(&mut self) -> Now {
        self.clock.now()
    }

    fn send(&mut self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        let path = request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
        let at = self.clock.elapsed();
        let result = self.respond(&request, &path);
        let outcome = result.as_ref().map(|response| response.status().as_u16()).map_err(|failure| failure.kind);
        let method = request.method().to_string();
        self.log.0.push(Entry { at, what: EventKind::Send { method, path, outcome } });
        self.requests.push(request);
        result
    }

    fn wait_until(&mut self, time: Instant) {
        self.note(EventKind::Wait(time.since_start()));
        self.clock.advance_to(time);
    }
}

/// An expected request whose response is not set yet.
#[derive(Debug)]
#[must_use = "set its response with `reply`, `reply_with` or `fail`"]
pub struct ExpectedRequest {
    script: MockTransport,
    pub(super) planned: Planned,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ExpectedRequest {
    /// Sets the body that the request must have, compared as JSON (default: any body).
    pub fn body(mut self, json: Value) -> Self {
        self.planned.body = Some(json);
        self
    }

    /// Sets the virtual time until the response arrives (default: 0).
    pub fn takes(mut self, time: Duration) -> Self {
        self.planned.takes = time;
        self
    }

    /// Adds a header to the response.
    ///
    /// # Panics
    ///
    /// Panics if the name or the value is not valid in a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = name.parse().expect("a name of a header");
        self.headers.push((name, value.parse().expect("a value of a header")));
        self
    }

    /// Sets the response to this HTTP status and JSON body.
    ///
    /// # Panics
    ///
    /// Panics if `status` is not a valid HTTP status.
    #[expect(clippy::needless_pass_by_value, reason = "`json!` makes a value, and a `&` before each says nothing")]
    pub fn reply(self, status: u16, json: Value) -> MockTransport {
        self.reply_bytes(status, json.to_string())
    }

    /// Sets the response to this HTTP status and body of any bytes.
    ///
    /// # Panics
    ///
    /// Panics if `status` is not a valid HTTP status.
    pub fn reply_bytes(self, status: u16, body: impl Into<Bytes>) -> MockTransport {
        let mut response = Response::new(body.into());
        *response.status_mut() = http::StatusCode::from_u16(status).expect("an HTTP status");
        self.reply_with(response)
    }

    /// Sets the response.
    pub fn reply_with(mut self, response: Response<impl Into<Bytes>>) -> MockTransport {
        let mut response = response.map(Into::into);
        response.headers_mut().extend(self.headers.drain(..).map(|(name, value)| (Some(name), value)));
        self.planned(Ok(response))
    }

    /// Lets the request fail with a transport error of this kind.
    pub fn fail(self, kind: TransportErrorKind) -> MockTransport {
        self.planned(Err(kind))
    }

    fn planned(mut self, reply: Result<Response<Bytes>, TransportErrorKind>) -> MockTransport {
        self.planned.reply = reply;
        self.script.planned.push_back(self.planned);
        self.script
    }
}

/// The error for requests that differ from the expected ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnexpectedRequests {
    problems: Vec<String>,
    log: Log,
}

impl UnexpectedRequests {
    /// Returns one sentence for each request that was unexpected or missing.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Returns the log of all steps.
    pub fn log(&self) -> &Log {
        &self.log
    }
}

impl fmt::Display for UnexpectedRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the script did not go as planned: {}", self.problems.join("; "))?;
        self.log.fmt(f)
    }
}

impl std::error::Error for UnexpectedRequests {}
