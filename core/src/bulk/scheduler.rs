//! The order of bulk work: which request to send next, and how long to wait.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use bytes::Bytes;
use http::{Request, Response};

use super::{Bulk, Progress};
use crate::body::Body;
use crate::error::TransportError;
use crate::machine::{Event, Machine, Step};
use crate::time::{Instant, Latest, Now};

/// Runs bulk work without I/O: it decides what to send and how long to wait, and the caller does it.
///
/// The clients of this crate run all bulk work with it. Use it directly to run bulk work in your own event loop.
///
/// ```text
///  ┌─► poll ─┬─► Send ──────────── start the request, whose outcome goes to on_response later ──┐
///  │         ├─► Paused, Ended ─── only for logs and progress ──────────────────────────────────┤
///  │         ├─► WaitUntil ─────── wait for the next response, or until this time ──────────────┤
///  │         ├─► WaitForResponse ─ wait for the next response ──────────────────────────────────┤
///  │         └─► Done ──────────── finish ─► report                                             │
///  └────────────────────────────────────────────────────────────────────────────────────────────┘
/// ```
///
/// # Rules
///
/// 1. Pass the outcome of each request to [`on_response`](Self::on_response) exactly once, in any order.
/// 2. Polling too early or too often is harmless: a task never continues before its time. A clock that runs backwards
///    is treated as standing still.
/// 3. At most `concurrency` tasks are in flight, each with at most one request. Tasks start in the order of the inputs.
///    A task whose pause is over continues before a new one starts.
/// 4. [`cancel`](Self::cancel) and [`finish`](Self::finish) are allowed at any time.
///
/// A scheduler keeps only the tasks in flight. It has no clock: all times come from the argument `now`, which must be
/// that of the clock for all machines of the same [`Config`](crate::Config).
///
/// # Example
///
/// An upload in an event loop. The [`MockTransport`](crate::testing::MockTransport) responds at once; with a network,
/// the responses arrive while the loop waits.
///
/// ```
/// use clarifai_core::bulk::{Action, BatchLimits, IntoBulk, Scheduler, Upload};
/// use clarifai_core::{Config, Credentials, inputs::NewInput, machine::Driver, testing::MockTransport};
/// use serde_json::json;
///
/// let stored = |id| json!({"status": {"code": 10000}, "inputs": [{"id": id, "status": {"code": 30001}}]});
/// let mut transport = MockTransport::new()
///     .expect("POST", "/v2/inputs").reply(200, stored("a"))
///     .expect("POST", "/v2/inputs").header("Retry-After", "7").reply(429, json!({"status": {"code": 11005}}))
///     .expect("POST", "/v2/inputs").reply(200, stored("b"));
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let inputs = ["a", "b"].map(|id| NewInput::image_url(format!("https://example.com/{id}.jpg")).id(id));
/// let upload = Upload::new(inputs).limits(BatchLimits::default().with_inputs(1));
/// let mut scheduler = Scheduler::new(upload.into_bulk(&config), 2);
///
/// let mut responses = Vec::new();
/// let report = loop {
///     match scheduler.poll(transport.now()) {
///         Action::Send(task, request) => responses.push((task, transport.send(request))),
///         Action::Paused(task, time) => println!("{task} pauses until {time:?}"),
///         Action::Ended(_) => println!("{} items are done", scheduler.progress().done),
///         Action::WaitUntil(time) if responses.is_empty() => transport.wait_until(time),
///         Action::WaitUntil(_) | Action::WaitForResponse => {
///             let (task, result) = responses.pop().expect("a request is in flight");
///             scheduler.on_response(transport.now(), task, result);
///         }
///         Action::Done => break scheduler.finish(),
///     }
/// };
/// assert!(report.is_success());
/// transport.assert_done();
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[must_use = "nothing is sent before it is polled"]
pub struct Scheduler<B: Bulk> {
    bulk: B,
    concurrency: usize,
    /// Tasks in flight.
    tasks: BTreeMap<TaskId, InFlight<B::Task>>,
    /// Tasks in flight that pause, by the end of the pause.
    pauses: BTreeSet<(Instant, TaskId)>,
    /// Actions that the next calls of `poll` return. Each task in flight has at most one of them, besides the
    /// notifications of tasks that ended.
    actions: VecDeque<Action>,
    started: usize,
    /// Whether no further task starts, because all have started or the work was canceled.
    is_closed: bool,
    clock: Latest,
}

struct InFlight<M> {
    machine: M,
    /// Whether its request was returned by `poll` and has no response yet.
    is_sent: bool,
}

/// The number of a task, counted from 0 in the order in which tasks start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub usize);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.0)
    }
}

/// What to do next for bulk work: the result of [`Scheduler::poll`].
///
/// The set of actions is closed: no variant will be added.
#[derive(Debug)]
#[must_use = "a request that is not sent leaves its task waiting forever"]
#[expect(
    clippy::large_enum_variant,
    reason = "an action is taken apart at once, and boxing the request would cost each call"
)]
pub enum Action {
    /// Send this request of a task, and pass its outcome to [`on_response`](Scheduler::on_response). Poll again without
    /// waiting for it.
    Send(TaskId, Request<Body>),
    /// A task pauses until this time, for example before a retry. There is nothing to do; poll again.
    Paused(TaskId, Instant),
    /// A task has ended, and the [progress](Scheduler::progress) contains its items. There is nothing to do; poll again.
    Ended(TaskId),
    /// Poll again at this time, or after the next response, whichever is first.
    WaitUntil(Instant),
    /// Poll again after the next response.
    WaitForResponse,
    /// All tasks have ended: [`finish`](Scheduler::finish) returns the report.
    Done,
}

impl<B: Bulk> Scheduler<B> {
    /// Creates a scheduler that runs up to `concurrency` tasks at a time (at least 1).
    pub fn new(bulk: B, concurrency: usize) -> Self {
        Self {
            bulk,
            concurrency: concurrency.max(1),
            tasks: BTreeMap::new(),
            pauses: BTreeSet::new(),
            actions: VecDeque::new(),
            started: 0,
            is_closed: false,
            clock: Latest::default(),
        }
    }

    /// Sets the maximum number of tasks at a time (at least 1). Tasks in flight above a lower limit continue.
    pub fn set_concurrency(&mut self, concurrency: usize) {
        self.concurrency = concurrency.max(1);
    }

    /// Returns what to do next. Takes at most one item of work further, so it never blocks for long.
    pub fn poll(&mut self, now: Now) -> Action {
        let now = self.clock.observe(now);
        if self.actions.is_empty() {
            self.advance(now);
        }
        match self.actions.pop_front() {
            Some(Action::Send(id, request)) => {
                if let Some(task) = self.tasks.get_mut(&id) {
                    task.is_sent = true;
                }
                Action::Send(id, request)
            }
            Some(action) => action,
            None => match self.pauses.first() {
                Some((until, _)) => Action::WaitUntil(*until),
                None if self.tasks.is_empty() => Action::Done,
                None => Action::WaitForResponse,
            },
        }
    }

    /// Takes the outcome of a request, as a transport returns it. Poll afterwards.
    ///
    /// Returns `false`, and has no effect, if the task has no request in flight.
    pub fn on_response(&mut self, now: Now, task: TaskId, result: Result<Response<Bytes>, TransportError>) -> bool {
        let now = self.clock.observe(now);
        let is_expected = self.tasks.get(&task).is_some_and(|task| task.is_sent);
        if is_expected {
            self.resume(now, task, result.map_or_else(Event::Failed, Event::Response));
        }
        is_expected
    }

    /// Cancels the work: no further task starts. Tasks in flight continue to their end, and then [`poll`](Self::poll)
    /// returns [`Done`](Action::Done). To abandon them instead, call [`finish`](Self::finish).
    pub fn cancel(&mut self) {
        self.is_closed = true;
    }

    /// Returns the progress so far.
    pub fn progress(&self) -> Progress {
        self.bulk.progress()
    }

    /// Returns the number of tasks in flight.
    pub fn in_flight(&self) -> usize {
        self.tasks.len()
    }

    /// Ends the work and returns the report. Tasks in flight are abandoned: see [`Bulk::finish`].
    pub fn finish(self) -> B::Report {
        self.bulk.finish()
    }

    /// Continues the task whose pause ended first, or starts the next one.
    fn advance(&mut self, now: Now) {
        match self.pauses.first().copied() {
            Some((until, id)) if until <= now.instant => {
                self.pauses.remove(&(until, id));
                self.resume(now, id, Event::Woke);
            }
            _ if self.is_closed || self.tasks.len() >= self.concurrency => {}
            _ => match self.bulk.next() {
                None => self.is_closed = true,
                Some(machine) => {
                    let id = TaskId(self.started);
                    self.started += 1;
                    self.tasks.insert(id, InFlight { machine, is_sent: false });
                    self.resume(now, id, Event::Begin);
                }
            },
        }
    }

    /// Takes one task further, and notes the action that follows.
    fn resume(&mut self, now: Now, id: TaskId, event: Event) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.is_sent = false;
        let action = match task.machine.resume(now, event) {
            Step::Send(request) => Action::Send(id, request),
            Step::WaitUntil(until) => {
                self.pauses.insert((until, id));
                Action::Paused(id, until)
            }
            Step::Done(result) => {
                self.tasks.remove(&id);
                self.bulk.record(result);
                Action::Ended(id)
            }
        };
        self.actions.push_back(action);
    }
}

impl<B: Bulk> fmt::Debug for Scheduler<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduler")
            .field("concurrency", &self.concurrency)
            .field("in_flight", &self.tasks.len())
            .field("paused", &self.pauses.len())
            .field("started", &self.started)
            .field("progress", &self.bulk.progress())
            .finish_non_exhaustive()
    }
}
