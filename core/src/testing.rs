//! Test support without a network: a clock that is set by hand, a transport with a list of expected requests and their
//! responses, and a simulation of many machines that share one service.
//!
//! All time is virtual: a machine that backs off for an hour finishes in microseconds, and the log contains the virtual
//! time of each step. Requires the feature `testing`.
//!
//! ```
//! use std::time::Duration;
//!
//! use clarifai_core::{Config, Credentials, machine::Call, models::GetModel, testing::MockTransport};
//! use serde_json::json;
//!
//! let config = Config::new(Credentials::key("0123456789abcdef")?);
//! let mut script = MockTransport::new()
//!     .expect("GET", "/v2/models/m").header("Retry-After", "7").reply(503, json!({"status": {"code": 98004}}))
//!     .expect("GET", "/v2/models/m").reply(200, json!({"status": {"code": 10000}, "model": {"id": "m"}}));
//!
//! let model = script.run(Call::new(&config, GetModel::new("m")))?;
//! assert_eq!(model.id, "m");
//! assert!(script.clock().elapsed() >= Duration::from_secs(7));
//! println!("{}", script.log());
//! script.assert_done();
//! # Ok::<(), clarifai_core::Error>(())
//! ```

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use serde_json::Value;

use crate::body::Body;
use crate::bulk::{Action, Bulk, Scheduler, TaskId};
use crate::error::{Error, TransportError, TransportErrorKind};
use crate::machine::{Driver, Event, Instant, Machine, Now, Step};

/// A monotonic clock and a calendar clock that stand still until they are moved.
///
/// ```
/// use std::time::Duration;
///
/// use clarifai_core::testing::ManualClock;
///
/// let mut clock = ManualClock::new();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.elapsed(), Duration::from_secs(60));
/// assert_eq!(clock.now().unix, ManualClock::UNIX + Duration::from_secs(60), "both clocks move together");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManualClock(Now);

impl ManualClock {
    /// Calendar time of a new clock, since 1970: `Sun, 06 Nov 1994 08:49:37 GMT`, the example of RFC 9110.
    pub const UNIX: Duration = Duration::from_secs(784_111_777);

    /// Creates a clock at its start.
    pub const fn new() -> Self {
        Self(Now::new(Instant::new(Duration::ZERO), Self::UNIX))
    }

    /// Returns the time of both clocks.
    pub const fn now(&self) -> Now {
        self.0
    }

    /// Returns the time since the start of the monotonic clock.
    pub const fn elapsed(&self) -> Duration {
        self.0.instant.since_start()
    }

    /// Moves both clocks forward by this duration.
    pub fn advance(&mut self, by: Duration) {
        self.0 = Now::new(self.0.instant + by, self.0.unix.saturating_add(by));
    }

    /// Moves both clocks forward to this time. Has no effect if the time has passed.
    pub fn advance_to(&mut self, time: Instant) {
        self.advance(time.since(self.0.instant));
    }

    /// Sets both clocks to any time, including an earlier one, as faulty clocks do.
    pub fn set(&mut self, now: Now) {
        self.0 = now;
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

/// A transport that drives machines through a list of expected requests, each with its response, in virtual time.
///
/// A request that is not the next one on the list fails, and so does every later request, even one that is on the list.
/// [`finish`](Self::finish) and [`assert_done`](Self::assert_done) report which request was unexpected.
#[derive(Debug, Default)]
#[must_use = "a script does nothing until a machine is run with it"]
pub struct MockTransport {
    clock: ManualClock,
    planned: VecDeque<Planned>,
    requests: Vec<Request<Body>>,
    log: Log,
    problems: Vec<String>,
}

#[derive(Debug)]
struct Planned {
    method: String,
    path: String,
    takes: Duration,
    body: Option<Value>,
    reply: Result<Response<Bytes>, TransportErrorKind>,
}

/// More steps than any machine takes while it makes progress.
const MAX_STEPS: usize = 100_000;

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

    fn note(&mut self, what: EventKind) {
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
    planned: Planned,
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

/// The steps of machines with their times. Displays one line per step, and can be compared as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log(Vec<Entry>);

impl Log {
    /// Returns the steps in order.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Returns the number of requests that were sent.
    pub fn sent(&self) -> usize {
        self.0.iter().filter(|entry| matches!(entry.what, EventKind::Send { .. })).count()
    }

    /// Returns the steps without their times, such as `GET /v2/models/m 200`, `wait` and `done`.
    pub fn outline(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|entry| match &entry.what {
                EventKind::Wait(_) => "wait".to_owned(),
                what => what.to_string(),
            })
            .collect()
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

/// One step of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Time of the step, since the start of the clock.
    pub at: Duration,
    /// Kind of the step.
    pub what: EventKind,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10.3} s  {}", self.at.as_secs_f64(), self.what)
    }
}

/// The kind of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// A request was sent.
    Send {
        /// HTTP method.
        method: String,
        /// Path with the query.
        path: String,
        /// HTTP status of the response, or kind of the transport error.
        outcome: Result<u16, TransportErrorKind>,
    },
    /// The machine waited until this time, since the start of the clock.
    Wait(Duration),
    /// The machine ended, successfully or with this error message.
    Done(Result<(), String>),
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { method, path, outcome: Ok(status) } => write!(f, "{method} {path} {status}"),
            Self::Send { method, path, outcome: Err(kind) } => write!(f, "{method} {path} {kind:?}"),
            Self::Wait(until) => write!(f, "wait until {:.3} s", until.as_secs_f64()),
            Self::Done(Ok(())) => f.write_str("done"),
            Self::Done(Err(error)) => write!(f, "failed: {error}"),
        }
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

/// A simulated service's response to a request, and the time it takes.
#[derive(Debug)]
pub struct Reply {
    result: Result<Response<Bytes>, TransportError>,
    takes: Duration,
}

impl Reply {
    /// Creates a reply with this response or transport error, which arrives immediately.
    pub fn new(result: Result<Response<Bytes>, TransportError>) -> Self {
        Self { result, takes: Duration::ZERO }
    }

    /// Creates a reply with this HTTP status and JSON body, which arrives immediately.
    ///
    /// # Panics
    ///
    /// Panics if `status` is not a valid HTTP status.
    #[expect(clippy::needless_pass_by_value, reason = "`json!` makes a value, and a `&` before each says nothing")]
    pub fn json(status: u16, json: Value) -> Self {
        let mut response = Response::new(Bytes::from(json.to_string()));
        *response.status_mut() = http::StatusCode::from_u16(status).expect("an HTTP status");
        Self::new(Ok(response))
    }

    /// Creates a transport error of this kind, which arrives immediately.
    pub fn fail(kind: TransportErrorKind) -> Self {
        Self::new(Err(TransportError::new(kind, "failure of the simulated service")))
    }

    /// Sets the virtual time until the reply arrives.
    #[must_use]
    pub fn after(mut self, time: Duration) -> Self {
        self.takes = time;
        self
    }
}

/// A simulation of many concurrent machines, in virtual time, against one service: a function from the time and a
/// request to a [`Reply`], for example one that passes the request to a simulator.
///
/// Events happen in the order of their times; events at the same time happen in the order in which they were scheduled.
/// The same machines with the same service therefore always produce the same sequence of events.
///
/// ```
/// use std::time::Duration;
///
/// use clarifai_core::{Config, Credentials, machine::Call, models::GetModel, testing::{Simulation, Reply}};
/// use serde_json::json;
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let mut crowd = Simulation::new(|_now, _request| {
///     Reply::json(200, json!({"status": {"code": 10000}, "model": {"id": "m"}})).after(Duration::from_millis(80))
/// })
/// .with_log();
/// for _ in 0..100 {
///     crowd.add(Call::new(&config, GetModel::new("m")));
/// }
/// assert!(crowd.run().into_iter().all(|result| result.is_ok()));
/// assert_eq!(crowd.clock().elapsed(), Duration::from_millis(80), "all at the same time");
/// assert_eq!(crowd.log().len(), 200, "each sent once, and was done");
/// # Ok::<(), clarifai_core::Error>(())
/// ```
pub struct Simulation<'a, M: Machine> {
    clock: ManualClock,
    service: Box<dyn FnMut(Now, Request<Body>) -> Reply + 'a>,
    lateness: Option<Box<dyn FnMut() -> Duration + 'a>>,
    machines: BTreeMap<usize, M>,
    added: usize,
    due: BinaryHeap<Reverse<Due>>,
    order: u64,
    log: Option<Vec<(usize, Entry)>>,
}

/// A scheduled event of a machine. Ordered by time, then by the order of scheduling.
struct Due {
    at: Instant,
    order: u64,
    machine: usize,
    event: Event,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl<'a, M: Machine> Simulation<'a, M> {
    /// Creates an empty simulation backed by `service`.
    pub fn new(service: impl FnMut(Now, Request<Body>) -> Reply + 'a) -> Self {
        Self {
            clock: ManualClock::new(),
            service: Box::new(service),
            lateness: None,
            machines: BTreeMap::new(),
            added: 0,
            due: BinaryHeap::new(),
            order: 0,
            log: None,
        }
    }

    /// Enables the log of every step. Disabled by default, because a simulation can take millions of steps.
    #[must_use]
    pub fn with_log(mut self) -> Self {
        self.log = Some(Vec::new());
        self
    }

    /// Returns the steps so far, each with the number of its machine. Empty without [`with_log`](Self::with_log).
    pub fn log(&self) -> &[(usize, Entry)] {
        self.log.as_deref().unwrap_or_default()
    }

    fn note(&mut self, machine: usize, what: impl FnOnce() -> EventKind) {
        let at = self.clock.elapsed();
        if let Some(log) = &mut self.log {
            log.push((machine, Entry { at, what: what() }));
        }
    }

    /// Sets the clock (default: a [new](ManualClock::new) one).
    #[must_use]
    pub fn with_clock(mut self, clock: ManualClock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets a function that returns by how much each machine wakes later than requested, as on a busy computer
    /// (default: no delay).
    #[must_use]
    pub fn waking_late(mut self, lateness: impl FnMut() -> Duration + 'a) -> Self {
        self.lateness = Some(Box::new(lateness));
        self
    }

    /// Returns the clock.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Adds a machine that begins now, and returns its number, counted from 0.
    pub fn add(&mut self, machine: M) -> usize {
        self.add_at(self.clock.now().instant, machine)
    }

    /// Adds a machine that begins at this time, or now if the time has passed, and returns its number, counted from 0.
    pub fn add_at(&mut self, time: Instant, machine: M) -> usize {
        let number = self.added;
        self.added += 1;
        self.machines.insert(number, machine);
        self.will(number, time.max(self.clock.now().instant), Event::Begin);
        number
    }

    /// Returns the number of machines that have not ended.
    pub fn len(&self) -> usize {
        self.machines.len()
    }

    /// Returns whether all machines have ended.
    pub fn is_empty(&self) -> bool {
        self.machines.is_empty()
    }

    fn will(&mut self, machine: usize, at: Instant, event: Event) {
        self.order += 1;
        self.due.push(Reverse(Due { at, order: self.order, machine, event }));
    }

    fn send(&mut self, machine: usize, request: Request<Body>) {
        let now = self.clock.now();
        let method = request.method().to_string();
        let path = request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
        let Reply { result, takes } = (self.service)(now, request);
        let outcome = result.as_ref().map(|response| response.status().as_u16()).map_err(|failure| failure.kind);
        self.note(machine, || EventKind::Send { method, path, outcome });
        self.will(machine, now.instant + takes, result.map_or_else(Event::Failed, Event::Response));
    }

    fn pause(&mut self, machine: usize, until: Instant) {
        self.note(machine, || EventKind::Wait(until.since_start()));
        let late = self.lateness.as_mut().map_or(Duration::ZERO, |lateness| lateness());
        self.will(machine, until.max(self.clock.now().instant) + late, Event::Woke);
    }

    /// Runs the simulation until a machine ends, and returns its number and its result. Returns `None` if no machine is
    /// left.
    pub fn next_done(&mut self) -> Option<(usize, Result<M::Output, Error>)> {
        while let Some(Reverse(Due { at, machine: number, event, .. })) = self.due.pop() {
            self.clock.advance_to(at);
            let now = self.clock.now();
            let Some(machine) = self.machines.get_mut(&number) else { continue };
            match machine.resume(now, event) {
                Step::Send(request) => self.send(number, request),
                Step::WaitUntil(time) => self.pause(number, time),
                Step::Done(result) => {
                    self.machines.remove(&number);
                    self.note(number, || {
                        EventKind::Done(result.as_ref().map_or_else(|error| Err(error.to_string()), |_| Ok(())))
                    });
                    return Some((number, result));
                }
            }
        }
        None
    }

    /// Runs the simulation until all machines have ended, and returns their results in the order in which the machines
    /// were added. Machines that ended before are not included.
    pub fn run(&mut self) -> Vec<Result<M::Output, Error>> {
        let mut done: Vec<_> = std::iter::from_fn(|| self.next_done()).collect();
        done.sort_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, result)| result).collect()
    }

    /// Runs bulk work with up to `parallel` concurrent tasks (at least 1), as clients do, and returns its report. The
    /// simulation must be empty.
    pub fn run_bulk<B: Bulk<Task = M>>(&mut self, bulk: B, parallel: usize) -> B::Report {
        let mut scheduler = Scheduler::new(bulk, parallel);
        let first = self.added;
        let number = |task: TaskId| first + task.0;
        loop {
            match scheduler.poll(self.clock.now()) {
                Action::Send(task, request) => self.send(number(task), request),
                Action::Paused(task, time) => self.pause(number(task), time),
                Action::Ended(task) => {
                    self.added = self.added.max(number(task) + 1);
                    self.note(number(task), || EventKind::Done(Ok(())));
                }
                Action::WaitUntil(_) | Action::WaitForResponse => {
                    // Each request in flight and each pause has an event, so there is one.
                    let Some(Reverse(Due { at, machine, event, .. })) = self.due.pop() else { break };
                    self.clock.advance_to(at);
                    let task = TaskId(machine.wrapping_sub(first));
                    match event {
                        Event::Response(response) => scheduler.on_response(self.clock.now(), task, Ok(response)),
                        Event::Failed(failure) => scheduler.on_response(self.clock.now(), task, Err(failure)),
                        // The scheduler continues all tasks whose pauses are over when it is polled.
                        Event::Begin | Event::Woke => true,
                    };
                }
                Action::Done => break,
            }
        }
        self.due.clear();
        scheduler.finish()
    }
}

impl<M: Machine> fmt::Debug for Simulation<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("clock", &self.clock)
            .field("machines", &self.machines.len())
            .finish_non_exhaustive()
    }
}
