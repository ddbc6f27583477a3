//! Runs a batched operation for any number of items, and reports the outcome of each.

use std::fmt;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::plan::{BatchLimits, Plan, Planned};
use super::send_task::{SendTask, SendTaskOutput};
use super::under_way::UnderWay;
use super::{Bulk, IntoBulk, Progress};
use crate::config::Config;
use crate::error::{Error, Misuse};
use crate::operation::{Batched, Replay};
use crate::types::Status;

/// A batched operation, such as [`CreateAnnotations`](crate::annotations::CreateAnnotations), for any number of items.
///
/// The items are split into requests of up to 128 items and 128 MB each; a video is sent alone. The report contains the
/// outcome of each item. A request that definitely did not take effect, or that may be repeated, is sent again after a
/// transient error, within the [rate limit](Config::with_rate_limiter) of the configuration (default: 15 requests a
/// second); so are single items that failed with a transient status. An item without an id is not sent again if the
/// response to its request is lost: [`may_have_happened`](Error::may_have_happened) of its error is then true. Each
/// request counts against the quota.
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
pub struct SendMany<O: Batched, I: Iterator> {
    operation: O,
    plan: Plan<I>,
    max_retries: u32,
    on_item: Option<OnItem<O::Response>>,
    raw: bool,
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
    /// JSON of the item in the response as received, including that of a failed one. Set only with
    /// [`with_raw`](SendMany::with_raw).
    pub raw: Option<Box<RawValue>>,
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
            plan: Plan::new(items.into_iter()),
            max_retries: Self::DEFAULT_MAX_RETRIES,
            on_item: None,
            raw: false,
        }
    }

    /// Sets the limits of one request.
    pub fn limits(mut self, limits: BatchLimits) -> Self {
        self.plan.limits = limits;
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

    /// Sets [`SentItem::raw`] to the JSON of each item in the responses, with all members and all digits. It comes from
    /// the same reading of the response as the typed item.
    pub fn with_raw(mut self) -> Self {
        self.raw = true;
        self
    }
}

impl<O: Batched, I: Iterator<Item = O::Item>> IntoBulk for SendMany<O, I> {
    type Bulk = Sender<O, I>;

    fn into_bulk(self, config: &Config) -> Sender<O, I> {
        Sender {
            config: config.paced(),
            work: self,
            sent: Vec::new(),
            under_way: UnderWay::default(),
            done: 0,
            failed: 0,
            stopped: None,
        }
    }
}

impl<O: Batched, I: Iterator> fmt::Debug for SendMany<O, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendMany")
            .field("operation", &O::SPEC.name)
            .field("limits", &self.plan.limits)
            .field("max_retries", &self.max_retries)
            .field("raw", &self.raw)
            .finish_non_exhaustive()
    }
}

/// The bulk work of [`SendMany`].
#[must_use = "nothing is sent before it is run"]
pub struct Sender<O: Batched, I: Iterator> {
    config: Config,
    work: SendMany<O, I>,
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
    fn take(&mut self) -> Vec<Planned<O::Item>> {
        let SendMany { plan, operation, .. } = &mut self.work;
        let limits = plan.limits;
        let mut refused = Vec::new();
        let items = plan.call(|one| {
            let size = operation.measure(&one.item);
            match size.and_then(|size| limits.check(size).map(|()| size)) {
                Ok(size) => Some(Planned { size, ..one }),
                Err(invalid) => {
                    let error = Arc::new(Error::new(O::SPEC.name, invalid));
                    refused.push(one.outcome::<O>(Err(SendError::Failed(error))));
                    None
                }
            }
        });
        for item in refused {
            self.note(item);
        }
        items
    }
}

impl<O: Batched, I: Iterator<Item = O::Item>> Bulk for Sender<O, I> {
    type Task = SendTask<O>;
    type Report = SendReport<O::Response>;

    fn next(&mut self) -> Option<SendTask<O>> {
        if self.stopped.is_some() {
            return None;
        }
        let items = self.take();
        if items.is_empty() {
            return None;
        }
        let named = items.iter().map(|one| (one.index, O::item_id(&one.item).map(str::to_owned)));
        let number = self.under_way.begin(named.collect());
        let SendMany { operation, max_retries, raw, .. } = &self.work;
        Some(SendTask::new(&self.config, operation.clone(), number, items, *max_retries, *raw))
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
        let (in_flight, total) = (self.under_way.inputs(), self.work.plan.total());
        Progress { done: self.done, failed: self.failed, in_flight, total }
    }

    fn finish(mut self) -> SendReport<O::Response> {
        let lost = Error::new(O::SPEC.name, Misuse("the request was started and never completed"));
        let lost = Arc::new(if O::SPEC.replay == Replay::Safe { lost } else { lost.in_doubt() });
        for (index, id) in self.under_way.take() {
            self.note(SentItem { index, id, result: Err(SendError::Failed(Arc::clone(&lost))), raw: None });
        }
        let whole = self.stopped.is_none() && self.work.plan.is_empty();
        // An item that was taken from the iterator, did not fit into the last request, and never became part of
        // another.
        if let Some(held) = self.work.plan.take_held() {
            let unsent = || Arc::new(Error::new(O::SPEC.name, Misuse("it was not sent, because the work ended early")));
            let error = self.stopped.clone().filter(|error| !error.may_have_happened()).unwrap_or_else(unsent);
            self.note(held.outcome::<O>(Err(SendError::Failed(error))));
        }
        self.sent.sort_by_key(|item| item.index);
        SendReport { items: self.sent, done: self.done, failed: self.failed, stopped: self.stopped, whole }
    }
}

impl<O: Batched, I: Iterator> fmt::Debug for Sender<O, I> {
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
