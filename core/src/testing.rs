//! For tests without a network: a clock set by hand, a script that drives machines through expected exchanges, and a
//! crowd of machines that share one service.
//!
//! Nothing here waits: a machine that backs off for an hour is through in microseconds, and the log says when what
//! would have happened. Behind the feature `testing`.
//!
//! ```
//! use std::time::Duration;
//!
//! use clarifai_core::{App, Credentials, machine::Attempt, models::GetModel, testing::Script};
//! use serde_json::json;
//!
//! let app = App::new(Credentials::key("0123456789abcdef")?);
//! let mut script = Script::new()
//!     .expect("GET", "/v2/models/m").header("Retry-After", "7").reply(503, json!({"status": {"code": 98004}}))
//!     .expect("GET", "/v2/models/m").reply(200, json!({"status": {"code": 10000}, "model": {"id": "m"}}));
//!
//! let model = script.run(Attempt::new(&app, GetModel::new("m")))?;
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
use crate::bulk::Bulk;
use crate::error::{Error, TransportFailure, TransportFailureKind};
use crate::machine::{Driver, Event, Machine, Mono, Now, Step};

/// Both clocks, standing still until they are moved.
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
    /// Where the calendar of a new clock stands: `Sun, 06 Nov 1994 08:49:37 GMT`, the example of RFC 9110.
    pub const UNIX: Duration = Duration::from_secs(784_111_777);

    /// A clock at its start.
    pub const fn new() -> Self {
        Self(Now::new(Mono::new(Duration::ZERO), Self::UNIX))
    }

    /// What the clocks say.
    pub const fn now(&self) -> Now {
        self.0
    }

    /// Time since the start.
    pub const fn elapsed(&self) -> Duration {
        self.0.mono.since_start()
    }

    /// Moves both clocks on.
    pub fn advance(&mut self, by: Duration) {
        self.0 = Now::new(self.0.mono + by, self.0.unix.saturating_add(by));
    }

    /// Moves both clocks on to that moment. A moment that has passed leaves them where they are.
    pub fn advance_to(&mut self, time: Mono) {
        self.advance(time.since(self.0.mono));
    }

    /// Sets either clock to anything, backwards too, as broken clocks do.
    pub fn set(&mut self, now: Now) {
        self.0 = now;
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

/// Drives machines through a list of expected requests, each with its answer, in virtual time.
///
/// A request that is not the next one on the list is answered with a failure, and so is every later one, whatever the list
/// says; [`finish`](Self::finish) and [`assert_done`](Self::assert_done) say which one it was.
#[derive(Debug, Default)]
#[must_use = "a script does nothing until a machine is run with it"]
pub struct Script {
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
    reply: Result<Response<Bytes>, TransportFailureKind>,
}

/// More steps than any machine takes that makes progress.
const MAX_STEPS: usize = 100_000;

impl Script {
    /// A script without a line.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next request: its method, and its path with the query. Say how it is answered to get on.
    pub fn expect(self, method: &str, path: &str) -> Expect {
        let planned = Planned {
            method: method.to_owned(),
            path: path.to_owned(),
            takes: Duration::ZERO,
            body: None,
            reply: Err(TransportFailureKind::MaybeSent),
        };
        Expect { script: self, planned, headers: Vec::new() }
    }

    /// Begins at this time instead of 0.
    pub fn with_clock(mut self, clock: ManualClock) -> Self {
        self.clock = clock;
        self
    }

    /// The clock.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// The clock, to be moved between machines.
    pub fn clock_mut(&mut self) -> &mut ManualClock {
        &mut self.clock
    }

    /// Drives a machine to its end. The same script can drive several, one after the other.
    ///
    /// # Errors
    ///
    /// The machine's own.
    ///
    /// # Panics
    ///
    /// When the machine takes 100,000 steps without coming to an end.
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
                    self.note(What::Done(result.as_ref().map_or_else(|error| Err(error.to_string()), |_| Ok(()))));
                    return result;
                }
            };
        }
        panic!("the machine came to no end within {MAX_STEPS} steps; it began:\n{:.2000}", self.log.to_string());
    }

    /// All requests that were sent, the unexpected ones among them.
    pub fn requests(&self) -> &[Request<Body>] {
        &self.requests
    }

    /// What happened when.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Ends the script and hands out the log.
    ///
    /// # Errors
    ///
    /// Names the requests that were not expected, and those that were and did not come.
    pub fn finish(self) -> Result<Log, Mismatch> {
        let Self { planned, log, mut problems, .. } = self;
        problems.extend(planned.iter().map(|one| format!("{} {} was expected and not sent", one.method, one.path)));
        match problems.is_empty() {
            true => Ok(log),
            false => Err(Mismatch { problems, log }),
        }
    }

    /// Ends the script, in a test.
    ///
    /// # Panics
    ///
    /// Where [`finish`](Self::finish) fails.
    #[track_caller]
    pub fn assert_done(self) {
        if let Err(mismatch) = self.finish() {
            panic!("{mismatch}");
        }
    }

    fn note(&mut self, what: What) {
        self.log.0.push(Entry { at: self.clock.elapsed(), what });
    }

    fn answer(&mut self, request: &Request<Body>, path: &str) -> Result<Response<Bytes>, TransportFailure> {
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
        // What a machine does after the first one that was wrong says nothing more.
        if !self.problems.is_empty() {
            return Err(TransportFailure::new(TransportFailureKind::TooLarge, "the script was left before"));
        }
        match self.planned.pop_front() {
            Some(planned) if problem.is_empty() => {
                self.clock.advance(planned.takes);
                planned.reply.map_err(|kind| TransportFailure::new(kind, "as the script says"))
            }
            taken => {
                // It stays on the list, so that the end names it as missing.
                if let Some(taken) = taken {
                    self.planned.push_front(taken);
                }
                self.problems.push(problem.clone());
                // The one kind of failure that no call repeats.
                Err(TransportFailure::new(TransportFailureKind::TooLarge, problem))
            }
        }
    }
}

impl Driver for Script {
    fn now(&mut self) -> Now {
        self.clock.now()
    }

    fn send(&mut self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure> {
        let path = request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
        let at = self.clock.elapsed();
        let answer = self.answer(&request, &path);
        let outcome = answer.as_ref().map(|response| response.status().as_u16()).map_err(|failure| failure.kind);
        let method = request.method().to_string();
        self.log.0.push(Entry { at, what: What::Send { method, path, outcome } });
        self.requests.push(request);
        answer
    }

    fn wait_until(&mut self, time: Mono) {
        self.note(What::Wait(time.since_start()));
        self.clock.advance_to(time);
    }
}

/// An expected request whose answer is still to be said.
#[derive(Debug)]
#[must_use = "say how it is answered: reply, reply_with or fail"]
pub struct Expect {
    script: Script,
    planned: Planned,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Expect {
    /// The body it must have, compared as JSON.
    pub fn body(mut self, json: Value) -> Self {
        self.planned.body = Some(json);
        self
    }

    /// How long the answer takes.
    pub fn takes(mut self, time: Duration) -> Self {
        self.planned.takes = time;
        self
    }

    /// A header of the answer.
    ///
    /// # Panics
    ///
    /// When name or value cannot stand in a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = name.parse().expect("a name of a header");
        self.headers.push((name, value.parse().expect("a value of a header")));
        self
    }

    /// Answers with this HTTP status and JSON.
    ///
    /// # Panics
    ///
    /// When `status` is no HTTP status.
    #[expect(clippy::needless_pass_by_value, reason = "`json!` makes a value, and a `&` before each says nothing")]
    pub fn reply(self, status: u16, json: Value) -> Script {
        self.reply_bytes(status, json.to_string())
    }

    /// Answers with this HTTP status and any bytes.
    ///
    /// # Panics
    ///
    /// When `status` is no HTTP status.
    pub fn reply_bytes(self, status: u16, body: impl Into<Bytes>) -> Script {
        let mut response = Response::new(body.into());
        *response.status_mut() = http::StatusCode::from_u16(status).expect("an HTTP status");
        self.reply_with(response)
    }

    /// Answers with this response.
    pub fn reply_with(mut self, response: Response<impl Into<Bytes>>) -> Script {
        let mut response = response.map(Into::into);
        response.headers_mut().extend(self.headers.drain(..).map(|(name, value)| (Some(name), value)));
        self.answered(Ok(response))
    }

    /// Fails as a transport does.
    pub fn fail(self, kind: TransportFailureKind) -> Script {
        self.answered(Err(kind))
    }

    fn answered(mut self, reply: Result<Response<Bytes>, TransportFailureKind>) -> Script {
        self.planned.reply = reply;
        self.script.planned.push_back(self.planned);
        self.script
    }
}

/// What happened when. Shows as one line a step, and compares as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log(Vec<Entry>);

impl Log {
    /// The steps in order.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// How many requests were sent.
    pub fn sent(&self) -> usize {
        self.0.iter().filter(|entry| matches!(entry.what, What::Send { .. })).count()
    }

    /// The steps without their times, such as `GET /v2/models/m 200`, `wait` and `done`.
    pub fn outline(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|entry| match &entry.what {
                What::Wait(_) => "wait".to_owned(),
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
    /// When, since the clock's start.
    pub at: Duration,
    /// What.
    pub what: What,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10.3} s  {}", self.at.as_secs_f64(), self.what)
    }
}

/// The kinds of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// A request was sent.
    Send {
        /// HTTP method.
        method: String,
        /// Path and query.
        path: String,
        /// HTTP status of the answer, or how the transport failed.
        outcome: Result<u16, TransportFailureKind>,
    },
    /// The machine waited until that time since the clock's start.
    Wait(Duration),
    /// The machine ended: with a value, or with this error.
    Done(Result<(), String>),
}

impl fmt::Display for What {
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

/// A script that did not go as planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    problems: Vec<String>,
    log: Log,
}

impl Mismatch {
    /// One sentence for each request that was not expected, or did not come.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// What happened when.
    pub fn log(&self) -> &Log {
        &self.log
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the script did not go as planned: {}", self.problems.join("; "))?;
        self.log.fmt(f)
    }
}

impl std::error::Error for Mismatch {}

/// What a service answers to one request, and how long that takes.
#[derive(Debug)]
pub struct Reply {
    answer: Result<Response<Bytes>, TransportFailure>,
    takes: Duration,
}

impl Reply {
    /// This answer, at once.
    pub fn new(answer: Result<Response<Bytes>, TransportFailure>) -> Self {
        Self { answer, takes: Duration::ZERO }
    }

    /// This HTTP status and JSON, at once.
    ///
    /// # Panics
    ///
    /// When `status` is no HTTP status.
    #[expect(clippy::needless_pass_by_value, reason = "`json!` makes a value, and a `&` before each says nothing")]
    pub fn json(status: u16, json: Value) -> Self {
        let mut response = Response::new(Bytes::from(json.to_string()));
        *response.status_mut() = http::StatusCode::from_u16(status).expect("an HTTP status");
        Self::new(Ok(response))
    }

    /// A failure of the transport, at once.
    pub fn fail(kind: TransportFailureKind) -> Self {
        Self::new(Err(TransportFailure::new(kind, "as the service was told")))
    }

    /// The same after this time.
    #[must_use]
    pub fn after(mut self, time: Duration) -> Self {
        self.takes = time;
        self
    }
}

/// Drives many machines at once, in virtual time, against one service: a function from the time and a request to a
/// [`Reply`], such as one that hands the request to a simulator.
///
/// What is due first happens first; what is due at the same time happens in the order in which it was asked for. So the
/// same machines and the same service give the same run.
///
/// ```
/// use std::time::Duration;
///
/// use clarifai_core::{App, Credentials, machine::Attempt, models::GetModel, testing::{Crowd, Reply}};
/// use serde_json::json;
///
/// let app = App::new(Credentials::key("0123456789abcdef")?);
/// let mut crowd = Crowd::new(|_now, _request| {
///     Reply::json(200, json!({"status": {"code": 10000}, "model": {"id": "m"}})).after(Duration::from_millis(80))
/// })
/// .with_log();
/// for _ in 0..100 {
///     crowd.add(Attempt::new(&app, GetModel::new("m")));
/// }
/// assert!(crowd.run().into_iter().all(|result| result.is_ok()));
/// assert_eq!(crowd.clock().elapsed(), Duration::from_millis(80), "all at the same time");
/// assert_eq!(crowd.log().len(), 200, "each sent once, and was done");
/// # Ok::<(), clarifai_core::Error>(())
/// ```
pub struct Crowd<'a, M: Machine> {
    clock: ManualClock,
    service: Box<dyn FnMut(Now, Request<Body>) -> Reply + 'a>,
    lateness: Option<Box<dyn FnMut() -> Duration + 'a>>,
    machines: BTreeMap<usize, M>,
    added: usize,
    due: BinaryHeap<Reverse<Due>>,
    order: u64,
    log: Option<Vec<(usize, Entry)>>,
}

/// Something that will happen to a machine. Ordered by time, then by when it was asked for.
struct Due {
    at: Mono,
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

impl<'a, M: Machine> Crowd<'a, M> {
    /// Nobody yet, and this service.
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

    /// Keeps a log of every step. Without this there is none: a crowd may take millions.
    #[must_use]
    pub fn with_log(mut self) -> Self {
        self.log = Some(Vec::new());
        self
    }

    /// What happened when, each with the number of the machine it happened to. Empty without
    /// [`with_log`](Self::with_log).
    pub fn log(&self) -> &[(usize, Entry)] {
        self.log.as_deref().unwrap_or_default()
    }

    fn note(&mut self, machine: usize, what: impl FnOnce() -> What) {
        let at = self.clock.elapsed();
        if let Some(log) = &mut self.log {
            log.push((machine, Entry { at, what: what() }));
        }
    }

    /// Begins at this time instead of 0.
    #[must_use]
    pub fn with_clock(mut self, clock: ManualClock) -> Self {
        self.clock = clock;
        self
    }

    /// Wakes machines later than they asked for, by what `lateness` gives, as busy computers do.
    #[must_use]
    pub fn waking_late(mut self, lateness: impl FnMut() -> Duration + 'a) -> Self {
        self.lateness = Some(Box::new(lateness));
        self
    }

    /// The clock.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Adds a machine that begins now. Answers its number, counted from 0.
    pub fn add(&mut self, machine: M) -> usize {
        self.add_at(self.clock.now().mono, machine)
    }

    /// Adds a machine that begins at that time.
    pub fn add_at(&mut self, time: Mono, machine: M) -> usize {
        let number = self.added;
        self.added += 1;
        self.machines.insert(number, machine);
        self.will(number, time.max(self.clock.now().mono), Event::Begin);
        number
    }

    /// How many machines are under way.
    pub fn len(&self) -> usize {
        self.machines.len()
    }

    /// Whether none is under way.
    pub fn is_empty(&self) -> bool {
        self.machines.is_empty()
    }

    fn will(&mut self, machine: usize, at: Mono, event: Event) {
        self.order += 1;
        self.due.push(Reverse(Due { at, order: self.order, machine, event }));
    }

    /// Lets time pass until a machine ends: its number and its result. `None` when none is left.
    pub fn next_done(&mut self) -> Option<(usize, Result<M::Output, Error>)> {
        while let Some(Reverse(Due { at, machine: number, event, .. })) = self.due.pop() {
            self.clock.advance_to(at);
            let now = self.clock.now();
            let Some(machine) = self.machines.get_mut(&number) else { continue };
            match machine.resume(now, event) {
                Step::Send(request) => {
                    let method = request.method().to_string();
                    let path = request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
                    let Reply { answer, takes } = (self.service)(now, request);
                    let outcome =
                        answer.as_ref().map(|answer| answer.status().as_u16()).map_err(|failure| failure.kind);
                    self.note(number, || What::Send { method, path, outcome });
                    self.will(number, now.mono + takes, answer.map_or_else(Event::Failed, Event::Response));
                }
                Step::WaitUntil(time) => {
                    self.note(number, || What::Wait(time.since_start()));
                    let late = self.lateness.as_mut().map_or(Duration::ZERO, |lateness| lateness());
                    self.will(number, time.max(now.mono) + late, Event::Woke);
                }
                Step::Done(result) => {
                    self.machines.remove(&number);
                    self.note(number, || {
                        What::Done(result.as_ref().map_or_else(|error| Err(error.to_string()), |_| Ok(())))
                    });
                    return Some((number, result));
                }
            }
        }
        None
    }

    /// Drives all of them to their ends. The results are in the order in which the machines were added; of those that
    /// ended before, there are none.
    pub fn run(&mut self) -> Vec<Result<M::Output, Error>> {
        let mut done: Vec<_> = std::iter::from_fn(|| self.next_done()).collect();
        done.sort_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, result)| result).collect()
    }

    /// Carries out work in bulk with so many pieces at once, as adapters do. The crowd must be empty.
    pub fn run_bulk<B: Bulk<Piece = M>>(&mut self, mut bulk: B, parallel: usize) -> B::Report {
        loop {
            while self.len() < parallel.max(1) {
                let Some(piece) = bulk.next() else { break };
                self.add(piece);
            }
            let Some((_, result)) = self.next_done() else { return bulk.finish() };
            bulk.record(result);
        }
    }
}

impl<M: Machine> fmt::Debug for Crowd<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crowd")
            .field("clock", &self.clock)
            .field("machines", &self.machines.len())
            .finish_non_exhaustive()
    }
}
