//! Runs a batched operation for any number of items, and reports the outcome of each.

use std::fmt;
use std::iter::Fuse;
use std::mem;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::rounds::Rounds;
use super::under_way::UnderWay;
use super::upload_task::{has_stale_token, is_fatal, is_misuse, is_too_large, is_unavailable};
use super::{Bulk, IntoBulk, Progress};
use crate::arguments::MAX_INPUTS;
use crate::config::Config;
use crate::error::{Error, Misuse};
use crate::machine::{Call, Event, Machine, Step};
use crate::operation::{Batched, ByItem, Replay};
use crate::time::{Instant, Latest, Now};
use crate::types::{Status, StatusClass};

/// A batched operation, such as [`CreateAnnotations`](crate::annotations::CreateAnnotations), for any number of items.
///
/// The items are split into requests of up to 128. The report contains the outcome of each item. A request that
/// definitely did not take effect, or that may be repeated, is sent again after a transient error, within the
/// [rate limit](Config::with_rate_limiter) of the configuration; so are single items that failed with a transient
/// status. An item without an id is not sent again if the response to its request is lost:
/// [`may_have_happened`](Error::may_have_happened) of its error is then true.
///
/// To process the outcomes as they arrive, for example because they do not fit in memory, set a callback with
/// [`on_item`](Self::on_item).
///
/// ```
/// use clarifai_core::annotations::{CreateAnnotations, NewAnnotation};
/// use clarifai_core::{Config, Credentials, bulk::{self, IntoBulk, SendMany}, testing::MockTransport};
/// use serde_json::json;
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let annotations = ["a", "b"].map(|id| NewAnnotation::new("photo-1").id(id).concept("boat"));
/// let mut script = MockTransport::new().expect("POST", "/v2/annotations").reply(207, json!({
///     "status": {"code": 10010},
///     "annotations": [{"id": "a", "status": {"code": 24150}}, {"id": "b", "status": {"code": 24155}}],
/// }));
///
/// // With a client: client.bulk(SendMany::new(CreateAnnotations::new(), annotations), 4, |_| ())
/// let work = SendMany::new(CreateAnnotations::new(), annotations).into_bulk(&config);
/// let report = bulk::run(work, &mut script, |_| ());
/// assert!(report.items()[0].result.is_ok());
/// assert_eq!(report.failed(), 1);
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[must_use = "nothing is sent before it is run"]
pub struct SendMany<O: Batched, I> {
    operation: O,
    items: Fuse<I>,
    per_request: usize,
    max_retries: u32,
    on_item: Option<OnItem<O::Response>>,
}

type OnItem<T> = Box<dyn FnMut(SentItem<T>) + Send>;

/// An item and its outcome.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SentItem<T> {
    /// Index of the item, counted from 0.
    pub index: u64,
    /// Id of the item, if the caller set one.
    pub id: Option<String>,
    /// The item in the response, or why the item failed.
    pub result: Result<T, SendError>,
}

/// The reason why an item failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The service rejected the item, for this reason.
    #[error("{}", crate::error::clean(&.0.to_string(), 512))]
    Rejected(Box<Status>),
    /// The item is invalid, or the request failed. [`may_have_happened`](Error::may_have_happened) of the error tells
    /// whether the item may have been stored.
    #[error(transparent)]
    Failed(Arc<Error>),
}

impl<O: Batched, I: Iterator<Item = O::Item>> SendMany<O, I> {
    /// Default of [`max_retries`](Self::max_retries): 4.
    pub const DEFAULT_MAX_RETRIES: u32 = 4;

    /// Creates the work of sending these items, with the options of `operation`. They are taken from the iterator as
    /// they are sent. Items that `operation` has itself are ignored.
    #[expect(clippy::needless_pass_by_value, reason = "callers build the operation in place")]
    pub fn new(operation: O, items: impl IntoIterator<Item = O::Item, IntoIter = I>) -> Self {
        Self {
            operation: operation.with_items(Vec::new()),
            items: items.into_iter().fuse(),
            per_request: MAX_INPUTS,
            max_retries: Self::DEFAULT_MAX_RETRIES,
            on_item: None,
        }
    }

    /// Sets the maximum number of items in a request, from 1 to 128; other values are clamped. Default: 128.
    pub fn per_request(mut self, items: usize) -> Self {
        self.per_request = items.clamp(1, MAX_INPUTS);
        self
    }

    /// Sets the maximum number of retries of each [task](SendTask) after transient errors, with growing pauses
    /// (default: [`DEFAULT_MAX_RETRIES`](Self::DEFAULT_MAX_RETRIES)). These retries come on top of the retries of
    /// single calls.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Sets a callback that receives the outcomes as they arrive, those of one request together and in order. The
    /// report then contains no items.
    pub fn on_item(mut self, on_item: impl FnMut(SentItem<O::Response>) + Send + 'static) -> Self {
        self.on_item = Some(Box::new(on_item));
        self
    }
}

impl<O: Batched, I: Iterator<Item = O::Item>> IntoBulk for SendMany<O, I> {
    type Bulk = Sender<O, I>;

    fn into_bulk(self, config: &Config) -> Sender<O, I> {
        Sender {
            config: config.paced(),
            work: self,
            taken: 0,
            ended: false,
            sent: Vec::new(),
            under_way: UnderWay::default(),
            done: 0,
            failed: 0,
            stopped: None,
        }
    }
}

impl<O: Batched, I> fmt::Debug for SendMany<O, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendMany")
            .field("operation", &O::SPEC.name)
            .field("per_request", &self.per_request)
            .field("max_retries", &self.max_retries)
            .finish_non_exhaustive()
    }
}

/// The bulk work of [`SendMany`].
#[must_use = "nothing is sent before it is run"]
pub struct Sender<O: Batched, I> {
    config: Config,
    work: SendMany<O, I>,
    taken: u64,
    ended: bool,
    sent: Vec<SentItem<O::Response>>,
    under_way: UnderWay,
    done: u64,
    failed: u64,
    stopped: Option<Arc<Error>>,
}

impl<O: Batched, I: Iterator<Item = O::Item>> Sender<O, I> {
    fn note(&mut self, item: SentItem<O::Response>) {
        self.done += 1;
        self.failed += u64::from(item.result.is_err());
        match &mut self.work.on_item {
            Some(on_item) => on_item(item),
            None => self.sent.push(item),
        }
    }

    /// Takes the items of the next request; empty at the end. Items that cannot be sent are reported at once.
    fn take(&mut self) -> Vec<Waiting<O::Item>> {
        let mut waiting = Vec::new();
        while waiting.len() < self.work.per_request {
            let Some(item) = self.work.items.next() else {
                self.ended = true;
                break;
            };
            let one = Waiting { index: self.taken, id: O::item_id(&item).map(str::to_owned), item };
            self.taken += 1;
            match self.work.operation.check(&one.item) {
                Ok(()) => waiting.push(one),
                Err(invalid) => {
                    let error = Arc::new(Error::new(O::SPEC.name, invalid));
                    self.note(one.outcome(Err(SendError::Failed(error))));
                }
            }
        }
        waiting
    }
}

impl<O: Batched, I: Iterator<Item = O::Item>> Bulk for Sender<O, I> {
    type Task = SendTask<O>;
    type Report = SendReport<O::Response>;

    fn next(&mut self) -> Option<SendTask<O>> {
        if self.stopped.is_some() {
            return None;
        }
        let waiting = self.take();
        if waiting.is_empty() {
            return None;
        }
        let number = self.under_way.begin_named(waiting.iter().map(|one| (one.index, one.id.clone())).collect());
        Some(SendTask::new(&self.config, self.work.operation.clone(), number, waiting, self.work.max_retries))
    }

    fn record(&mut self, result: Result<SendTaskOutput<O::Response>, Error>) {
        // The only error of a task is that it was driven incorrectly. The error does not identify the task, so `finish`
        // reports the items as failed.
        let Ok(output) = result else { return };
        if !self.under_way.end(output.number, output.items.iter().map(|item| item.index)) {
            return;
        }
        for item in output.items {
            self.note(item);
        }
        self.stopped = self.stopped.take().or(output.fatal);
    }

    fn progress(&self) -> Progress {
        let total = match self.work.items.size_hint() {
            (least, Some(most)) if least == most => Some(self.taken + least as u64),
            _ => None,
        };
        Progress { done: self.done, failed: self.failed, in_flight: self.under_way.inputs(), total }
    }

    fn finish(mut self) -> SendReport<O::Response> {
        let lost = Misuse("the request was started and never completed");
        let lost = Arc::new(Error::new(O::SPEC.name, lost).in_doubt());
        for (index, id) in self.under_way.take() {
            self.note(SentItem { index, id, result: Err(SendError::Failed(Arc::clone(&lost))) });
        }
        self.sent.sort_by_key(|item| item.index);
        let whole = self.ended && self.stopped.is_none();
        SendReport { items: self.sent, done: self.done, failed: self.failed, stopped: self.stopped, whole }
    }
}

impl<O: Batched, I> fmt::Debug for Sender<O, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("calls", &self.under_way.begun())
            .field("under_way", &self.under_way.inputs())
            .field("done", &self.done)
            .field("failed", &self.failed)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}

/// The report of [`SendMany`].
#[derive(Clone, Debug)]
pub struct SendReport<T> {
    items: Vec<SentItem<T>>,
    done: u64,
    failed: u64,
    stopped: Option<Arc<Error>>,
    whole: bool,
}

impl<T> SendReport<T> {
    /// Returns the items that were taken from the iterator, in its order. Empty if [`on_item`](SendMany::on_item)
    /// received them.
    pub fn items(&self) -> &[SentItem<T>] {
        &self.items
    }

    /// Consumes the report and returns its [items](Self::items).
    pub fn into_items(self) -> Vec<SentItem<T>> {
        self.items
    }

    /// Returns the items that failed.
    pub fn failures(&self) -> impl Iterator<Item = &SentItem<T>> {
        self.items.iter().filter(|item| item.result.is_err())
    }

    /// Returns the number of items that were taken from the iterator.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Returns the number of those items that failed.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// Returns the error that ended the work early, if any. The remaining items were not taken from the iterator.
    pub fn stopped(&self) -> Option<&Error> {
        self.stopped.as_deref()
    }

    /// Returns whether all items were taken from the iterator and succeeded.
    pub fn is_success(&self) -> bool {
        self.whole && self.failed == 0
    }
}

/// An item that has no outcome yet.
#[derive(Debug)]
struct Waiting<T> {
    index: u64,
    id: Option<String>,
    item: T,
}

impl<T> Waiting<T> {
    fn outcome<R>(&self, result: Result<R, SendError>) -> SentItem<R> {
        SentItem { index: self.index, id: self.id.clone(), result }
    }
}

/// A task of [`SendMany`]: up to 128 items.
///
/// ```text
/// Begin ─► Send(request) ─┬─► response ─────────────────────► Done
///              ▲          ├─► too large ─► the first half ─► …
///              │          ├─► permanent error ──────────────► Done
///              └─ pause ◄─┴─► transient error, if it may be repeated, while retries are left
/// ```
pub struct SendTask<O: Batched> {
    config: Config,
    operation: O,
    number: u64,
    waiting: Vec<Waiting<O::Item>>,
    done: Vec<SentItem<O::Response>>,
    /// Maximum number of items in a request; halved after a request that was too large.
    together: usize,
    rounds: Rounds,
    fatal: Option<Arc<Error>>,
    state: State<O>,
    clock: Latest,
}

/// The output of a [`SendTask`], to be passed to [`record`](Bulk::record).
#[derive(Debug)]
pub struct SendTaskOutput<T> {
    number: u64,
    items: Vec<SentItem<T>>,
    /// The error that no other task can avoid either.
    fatal: Option<Arc<Error>>,
}

enum State<O> {
    Start,
    Sending { call: Box<Call<ByItem<O>>>, count: usize, repeatable: bool },
    Pausing(Instant),
    Spent,
}

impl<O: Batched> SendTask<O> {
    fn new(config: &Config, operation: O, number: u64, waiting: Vec<Waiting<O::Item>>, rounds: u32) -> Self {
        Self {
            config: config.clone(),
            operation,
            number,
            together: waiting.len(),
            waiting,
            done: Vec::new(),
            rounds: Rounds::new(config, rounds),
            fatal: None,
            state: State::Start,
            clock: Latest::default(),
        }
    }

    /// Returns the number of items.
    pub fn len(&self) -> usize {
        self.waiting.len() + self.done.len()
    }

    /// Returns whether there are no items. A task that has not ended always has some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sends the next request, or ends the task if no item is left.
    fn send(&mut self, now: Now) -> Step<SendTaskOutput<O::Response>> {
        if self.waiting.is_empty() {
            self.done.sort_by_key(|item| item.index);
            let (items, fatal) = (mem::take(&mut self.done), self.fatal.take());
            return Step::Done(Ok(SendTaskOutput { number: self.number, items, fatal }));
        }
        let count = self.waiting.len().min(self.together.max(1));
        let items = self.waiting.iter().take(count).map(|one| one.item.clone()).collect();
        let operation = self.operation.with_items(items);
        let repeatable = operation.replay() != Replay::Once;
        let call = Box::new(Call::new(&self.config, operation.by_item()));
        self.step(call, count, repeatable, now, Event::Begin)
    }

    fn step(
        &mut self,
        mut call: Box<Call<ByItem<O>>>,
        count: usize,
        repeatable: bool,
        now: Now,
        event: Event,
    ) -> Step<SendTaskOutput<O::Response>> {
        let error = match call.resume(now, event).into_control_flow() {
            ControlFlow::Continue(step) => {
                self.state = State::Sending { call, count, repeatable };
                return step;
            }
            ControlFlow::Break(Ok(batch)) => {
                let failures: Vec<_> = batch.results().map(|one| one.err().map(|failure| failure.status)).collect();
                return self.answered(now, count, failures.into_iter().zip(batch.into_items()));
            }
            ControlFlow::Break(Err(error)) if is_misuse(&error) => return Step::Done(Err(error)),
            ControlFlow::Break(Err(error)) => error,
        };
        self.failed(error, count, repeatable, now)
    }

    /// Decides what follows a request that failed as a whole.
    fn failed(&mut self, error: Error, count: usize, repeatable: bool, now: Now) -> Step<SendTaskOutput<O::Response>> {
        if is_too_large(&error) && count > 1 {
            self.together = count.div_ceil(2);
            return self.send(now);
        }
        let stale = has_stale_token(&error, &self.config);
        let is_transient = error.is_retryable() || stale;
        let fatal = is_fatal(&error) && !stale;
        let unavailable = is_unavailable(&error) || stale;
        let hint = error.retry_after();
        if is_transient && !fatal && (repeatable || !error.may_have_happened()) {
            if let Some(pause) = self.rounds.next(&self.config, hint) {
                return self.pause(now.instant + pause);
            }
        }
        let error = Arc::new(error);
        for one in self.waiting.drain(..count) {
            self.done.push(one.outcome(Err(SendError::Failed(Arc::clone(&error)))));
        }
        if fatal || (is_transient && unavailable) {
            // The remaining items were not sent, so none of them may have been stored.
            let unsent =
                Arc::new(Error::new(O::SPEC.name, Misuse("it was not sent, because a request before it failed")));
            for one in self.waiting.drain(..) {
                self.done.push(one.outcome(Err(SendError::Failed(Arc::clone(&unsent)))));
            }
            self.fatal = Some(error);
        }
        self.send(now)
    }

    /// Records the outcome of each item of a response.
    fn answered(
        &mut self,
        now: Now,
        count: usize,
        results: impl Iterator<Item = (Option<Box<Status>>, O::Response)>,
    ) -> Step<SendTaskOutput<O::Response>> {
        let sent: Vec<_> = self.waiting.drain(..count).collect();
        let mut again = Vec::new();
        for (one, (failure, item)) in sent.into_iter().zip(results) {
            match failure {
                None => self.done.push(one.outcome(Ok(item))),
                // Only the items that failed with a transient status are sent again.
                Some(status) if status.class() == StatusClass::Retry => again.push((one, status)),
                Some(status) => self.done.push(one.outcome(Err(SendError::Rejected(status)))),
            }
        }
        if again.is_empty() {
            return self.send(now);
        }
        if let Some(pause) = self.rounds.next(&self.config, None) {
            self.waiting.extend(again.into_iter().map(|(one, _)| one));
            return self.pause(now.instant + pause);
        }
        for (one, status) in again {
            self.done.push(one.outcome(Err(SendError::Rejected(status))));
        }
        self.send(now)
    }

    fn pause(&mut self, until: Instant) -> Step<SendTaskOutput<O::Response>> {
        self.state = State::Pausing(until);
        Step::WaitUntil(until)
    }
}

impl<O: Batched> Machine for SendTask<O> {
    type Output = SendTaskOutput<O::Response>;

    fn resume(&mut self, now: Now, event: Event) -> Step<Self::Output> {
        let now = self.clock.observe(now);
        let misuse = |how| Step::Done(Err(Error::new(O::SPEC.name, Misuse(how))));
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => self.send(now),
            (State::Start, _) => misuse("it has not begun"),
            (State::Sending { call, count, repeatable }, event) => self.step(call, count, repeatable, now, event),
            (State::Pausing(until), Event::Woke) if now.instant < until => self.pause(until),
            (State::Pausing(_), Event::Woke) => self.send(now),
            (State::Pausing(_), _) => misuse("it waits for a time"),
            (State::Spent, _) => misuse("it has ended already"),
        }
    }
}

impl<O: Batched> fmt::Debug for SendTask<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendTask")
            .field("operation", &O::SPEC.name)
            .field("number", &self.number)
            .field("waiting", &self.waiting.len())
            .field("done", &self.done.len())
            .finish_non_exhaustive()
    }
}
