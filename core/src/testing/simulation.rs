//! A simulation of many machines that share one service.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

use super::log::{Entry, EventKind};
use super::manual_clock::ManualClock;
use crate::body::Body;
use crate::bulk::{Action, Bulk, Scheduler, TaskId};
use crate::error::{Error, TransportError, TransportErrorKind};
use crate::machine::{Event, Machine, Step};
use crate::time::{Instant, Now};

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
