//! A task of [`SendMany`](super::SendMany): requests for up to 128 items.

use std::fmt;
use std::iter;
use std::mem;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::plan::Planned;
use super::rounds::{ItemRetries, Rounds};
use super::send_many::{SendError, SentItem};
use super::upload_task::{has_stale_token, is_fatal, is_misuse, is_too_large, is_unavailable};
use crate::config::Config;
use crate::error::{Error, Misuse};
use crate::machine::{Call, Event, Machine, Step};
use crate::operation::{Batched, ByItem, KeepRawIf, Operation as _, Replay};
use crate::time::{Instant, Latest, Now};
use crate::types::{Status, StatusClass};

impl<T> Planned<T> {
    /// Returns the outcome of this item.
    pub(super) fn outcome<O: Batched<Item = T>>(
        &self,
        result: Result<O::Response, SendError>,
    ) -> SentItem<O::Response> {
        SentItem { index: self.index, id: O::item_id(&self.item).map(str::to_owned), result, raw: None }
    }
}

/// A task of [`SendMany`](super::SendMany): up to 128 items.
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
    waiting: Vec<Planned<O::Item>>,
    done: Vec<SentItem<O::Response>>,
    /// Maximum number of items in a request; halved after a request that was too large.
    together: usize,
    rounds: Rounds,
    item_retries: ItemRetries,
    raw: bool,
    fatal: Option<Arc<Error>>,
    state: State<O>,
    clock: Latest,
}

/// The output of a [`SendTask`], to be passed to [`record`](super::Bulk::record).
#[derive(Debug)]
pub struct SendTaskOutput<T> {
    pub(super) number: u64,
    pub(super) items: Vec<SentItem<T>>,
    /// The error that no other task can avoid either.
    pub(super) fatal: Option<Arc<Error>>,
}

/// A call whose response keeps the JSON of its items if the caller asked for it.
type ItemCall<O> = Call<ByItem<KeepRawIf<O>>>;

enum State<O: Batched> {
    Start,
    Sending { call: Box<ItemCall<O>>, count: usize, repeatable: bool },
    Pausing(Instant),
    Spent,
}

impl<O: Batched> SendTask<O> {
    pub(super) fn new(
        config: &Config,
        operation: O,
        number: u64,
        waiting: Vec<Planned<O::Item>>,
        rounds: u32,
        raw: bool,
    ) -> Self {
        Self {
            config: config.clone(),
            operation,
            number,
            together: waiting.len(),
            waiting,
            done: Vec::new(),
            rounds: Rounds::new(config, rounds),
            item_retries: ItemRetries::new(config),
            raw,
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
        let operation = KeepRawIf { wanted: self.raw, operation };
        let call = Box::new(Call::new(&self.config, operation.by_item()));
        self.step(call, count, repeatable, now, Event::Begin)
    }

    fn step(
        &mut self,
        mut call: Box<ItemCall<O>>,
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
            ControlFlow::Break(Ok(mut batch)) => {
                let failures: Vec<_> = batch.results().map(|one| one.err().map(|failure| failure.status)).collect();
                let raw = batch.take_json().into_iter().map(Some).chain(iter::repeat_with(|| None));
                return self.responded(now, count, failures.into_iter().zip(batch.into_items()).zip(raw));
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
        let fatal = (is_fatal(&error) && !stale) || self.operation.fails_all(&error);
        let unavailable = is_unavailable(&error) || stale;
        let hint = error.retry_after();
        if is_transient && !fatal && (repeatable || !error.may_have_happened()) {
            if let Some(pause) = self.rounds.next(&self.config, hint) {
                return self.pause(now.instant + pause);
            }
        }
        let uncertain = error.may_have_happened();
        let error = Arc::new(error);
        self.fail(count, &error);
        if fatal || (is_transient && unavailable) {
            // The remaining items were not sent, so none of them may have been stored.
            let unsent = match uncertain {
                true => {
                    Arc::new(Error::new(O::SPEC.name, Misuse("it was not sent, because a request before it failed")))
                }
                false => Arc::clone(&error),
            };
            self.fail(self.waiting.len(), &unsent);
            self.fatal = Some(error);
        }
        self.send(now)
    }

    /// Records this error for the first `count` items.
    fn fail(&mut self, count: usize, error: &Arc<Error>) {
        let failed = self.waiting.drain(..count);
        self.done.extend(failed.map(|one| one.outcome::<O>(Err(SendError::Failed(Arc::clone(error))))));
    }

    /// Records the outcome of each item of a response.
    fn responded(
        &mut self,
        now: Now,
        count: usize,
        results: impl Iterator<Item = ((Option<Box<Status>>, O::Response), Option<Box<RawValue>>)>,
    ) -> Step<SendTaskOutput<O::Response>> {
        let sent: Vec<_> = self.waiting.drain(..count).collect();
        let mut again = Vec::new();
        for (one, ((failure, item), raw)) in sent.into_iter().zip(results) {
            let result = match failure {
                None => Ok(item),
                // Only the items that failed with a transient status are sent again.
                Some(status) if status.class() == StatusClass::Retry => {
                    again.push((one, status, raw));
                    continue;
                }
                Some(status) => Err(SendError::Rejected(status)),
            };
            self.done.push(SentItem { raw, ..one.outcome::<O>(result) });
        }
        if again.is_empty() {
            return self.send(now);
        }
        let statuses = again.iter().map(|(_, status, _)| &**status);
        let pause = self.item_retries.next(&self.config, statuses).or_else(|| self.rounds.next(&self.config, None));
        if let Some(pause) = pause {
            self.waiting.extend(again.into_iter().map(|(one, ..)| one));
            return self.pause(now.instant + pause);
        }
        for (one, status, raw) in again {
            self.done.push(SentItem { raw, ..one.outcome::<O>(Err(SendError::Rejected(status))) });
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
