//! Uploads any number of inputs without loss or duplicates, and reports the outcome of each.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::plan::{BatchLimits, Plan, Planned};
use super::under_way::UnderWay;
use super::upload_task::{UploadTask, UploadTaskOutput};
use super::{Bulk, IntoBulk, Progress};
use serde_json::value::RawValue;

use crate::config::Config;
use crate::error::{Error, InvalidArgument, Misuse};
use crate::inputs::{CreateInputs, NewInput};
use crate::operation::Operation;
use crate::types::Status;

/// An upload of any number of inputs.
///
/// The inputs are split into requests of up to 128 inputs and 128 MB each; a video is sent alone. The report contains
/// an [`Outcome`] for each input, and no input is stored twice under an id:
///
/// - A request that definitely did not take effect is sent again, within the [rate limit](Config::with_rate_limiter) of
///   the configuration (default: 15 requests a second).
/// - After a request whose response was lost, each of its inputs is looked up by its id before anything is sent again.
///   An input that is found was stored; one that is not found is sent again under the same id.
/// - An input without an id cannot be looked up. If the response to its request is lost, its outcome is
///   [`Unknown`](Outcome::Unknown) and it is not sent again. Set ids, or
///   [derive them from the content](Self::ids_from_content).
///
/// The service offers no exactly-once storage. This upload stores each id at most once, and reports every input whose
/// outcome is uncertain.
///
/// The method `upload` of a client sends several requests concurrently. To run an upload with your own driver, see
/// [`Bulk`].
///
/// ```
/// use clarifai_core::{Config, Credentials, bulk::{self, IntoBulk, Outcome, Upload}, inputs::NewInput, testing::MockTransport};
/// use serde_json::json;
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let inputs = ["a", "b"].map(|id| NewInput::image_url(format!("https://example.com/{id}.jpg")).id(id));
/// let mut script = MockTransport::new().expect("POST", "/v2/inputs").reply(207, json!({
///     "status": {"code": 10010},
///     "inputs": [{"id": "a", "status": {"code": 30001}}, {"id": "b", "status": {"code": 30100}}],
/// }));
///
/// // With a client: client.bulk(Upload::new(inputs), 4, |_| ())
/// let report = bulk::run(Upload::new(inputs).into_bulk(&config), &mut script, |_| ());
/// assert!(matches!(report.items()[0].outcome, Outcome::Created));
/// assert!(matches!(report.items()[1].outcome, Outcome::AlreadyThere));
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[doc(alias = "bulk_create_images")]
#[must_use = "nothing is sent before it is run"]
pub struct Upload<I: Iterator> {
    plan: Plan<I>,
    account: Account,
    max_retries: u32,
}

/// The bulk work of an [`Upload`].
#[must_use = "nothing is sent before it is run"]
pub struct Uploader<I: Iterator> {
    config: Config,
    plan: Plan<I>,
    account: Account,
    max_retries: u32,
    under_way: UnderWay,
    stopped: Option<Arc<Error>>,
}

/// The outcome for an input.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// Stored by this upload. The service processes the input afterwards: see
    /// [`InputsProcessed`](crate::machine::InputsProcessed).
    ///
    /// Where the response to a request was lost, an input that was found counts as stored by this upload if the service
    /// dates it no earlier than two seconds before the request was sent, by the service's own clock.
    Created,
    /// Already in the app, with the same id or, unless duplicates were allowed, with the same URL; nothing was changed.
    /// With ids derived from the content, also a further copy of an input within this upload.
    ///
    /// If an intermediary sends a request twice and returns only the second response, inputs that the first request
    /// stored are reported as `AlreadyThere`.
    AlreadyThere,
    /// Rejected by the service, for this reason.
    Rejected(Box<Status>),
    /// Unknown whether it was stored, because of this error.
    Unknown(Arc<Error>),
    /// Definitely not stored, because of this error. It can be sent again.
    NotSent(Arc<Error>),
}

impl Outcome {
    /// Returns whether the input is in the app.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Created | Self::AlreadyThere)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => f.write_str("stored"),
            Self::AlreadyThere => f.write_str("was there already"),
            Self::Rejected(status) => write!(f, "refused: {}", crate::error::clean(&status.to_string(), 512)),
            Self::Unknown(error) => write!(f, "may be stored or not: {error}"),
            Self::NotSent(error) => write!(f, "not stored: {error}"),
        }
    }
}

/// An input of an upload and its outcome.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UploadedItem {
    /// Index of the input within the upload, counted from 0.
    pub index: u64,
    /// Id of the input: set by the caller, derived from its content, or assigned by the service.
    pub id: Option<String>,
    /// Outcome for the input.
    pub outcome: Outcome,
    /// Status of the input in the last response about it, if there was one. Set only on items that are passed to
    /// [`on_item`](Upload::on_item).
    pub status: Option<Box<Status>>,
    /// JSON of the input in the last response about it, if there was one. Set only on items that are passed to
    /// [`on_item`](Upload::on_item), and only with [`with_raw`](Upload::with_raw).
    pub raw: Option<Box<RawValue>>,
}

impl<I: Iterator<Item = NewInput>> Upload<I> {
    /// Default of [`max_retries`](Self::max_retries): 8.
    pub const DEFAULT_MAX_RETRIES: u32 = 8;

    /// Creates an upload of these inputs. They are taken from the iterator as they are sent, so the iterator can read
    /// files lazily.
    pub fn new(inputs: impl IntoIterator<Item = NewInput, IntoIter = I>) -> Self {
        Self {
            plan: Plan::new(inputs.into_iter()),
            account: Account::default(),
            max_retries: Self::DEFAULT_MAX_RETRIES,
        }
    }

    /// Derives the id of each input that has none from its content ([`NewInput::content_id`]), so that the same bytes
    /// are never stored twice in an app, even across uploads and callers.
    pub fn ids_from_content(mut self) -> Self {
        self.account.content_ids = true;
        self
    }

    /// Sets a callback that receives each item as soon as its outcome is known. Items of one request come together and
    /// in order, with their [status](UploadedItem::status) in the service's response. The report still contains all items,
    /// without the status.
    pub fn on_item(mut self, on_item: impl FnMut(UploadedItem) + Send + 'static) -> Self {
        self.account.on_item = Some(Box::new(on_item));
        self
    }

    /// Sets [`UploadedItem::raw`] to the JSON of each input in the service's response, with all members and all digits,
    /// on the items that are passed to [`on_item`](Self::on_item).
    pub fn with_raw(mut self) -> Self {
        self.account.raw = true;
        self
    }

    /// Sets the limits of one request.
    pub fn limits(mut self, limits: BatchLimits) -> Self {
        self.plan.limits = limits;
        self
    }

    /// Sets the maximum number of retries of each [task](UploadTask), for sending and for consecutive failed lookups
    /// (default: [`DEFAULT_MAX_RETRIES`](Self::DEFAULT_MAX_RETRIES)).
    ///
    /// The pauses between them grow; with the default they add up to about a minute and a half. These retries come on
    /// top of the retries of single calls. After the last one, the remaining inputs of the task are reported as not
    /// stored or unknown; if the service could not be reached at all, the rest of the upload is stopped too.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }
}

impl<I: Iterator<Item = NewInput>> IntoBulk for Upload<I> {
    type Bulk = Uploader<I>;

    fn into_bulk(self, config: &Config) -> Uploader<I> {
        let Self { plan, account, max_retries } = self;
        let config = config.paced();
        Uploader { config, plan, account, max_retries, under_way: UnderWay::default(), stopped: None }
    }
}

impl<I: Iterator> fmt::Debug for Upload<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("limits", &self.plan.limits)
            .field("max_retries", &self.max_retries)
            .finish_non_exhaustive()
    }
}

impl<I: Iterator<Item = NewInput>> Bulk for Uploader<I> {
    type Task = UploadTask;
    type Report = UploadReport;

    fn next(&mut self) -> Option<UploadTask> {
        if self.stopped.is_some() {
            return None;
        }
        let limits = self.plan.limits;
        let inputs = self.plan.call(|planned| self.account.accept(planned, &limits));
        if inputs.is_empty() {
            return None;
        }
        let number = self.under_way.begin(&inputs);
        let keeps_raw = self.account.raw && self.account.on_item.is_some();
        Some(UploadTask::new(&self.config, number, inputs, self.max_retries, keeps_raw))
    }

    fn record(&mut self, result: Result<UploadTaskOutput, Error>) {
        // The only error of a task is that it was driven incorrectly. The error does not identify the task, so `finish`
        // reports the inputs as unknown.
        let Ok(output) = result else { return };
        if !self.under_way.end(output.number, output.items.iter().map(|item| item.index)) {
            return;
        }
        for item in output.items {
            self.account.note(item);
        }
        self.stopped = self.stopped.take().or(output.fatal);
    }

    fn progress(&self) -> Progress {
        Progress {
            done: self.account.items.len() as u64,
            failed: self.account.failed,
            in_flight: self.under_way.inputs(),
            total: self.plan.total(),
        }
    }

    fn finish(mut self) -> UploadReport {
        let lost = Arc::new(
            Error::new(CreateInputs::SPEC.name, Misuse("the request was started and never completed")).in_doubt(),
        );
        for (index, id) in self.under_way.take() {
            self.account.note(UploadedItem {
                index,
                id,
                outcome: Outcome::Unknown(Arc::clone(&lost)),
                status: None,
                raw: None,
            });
        }
        let whole = self.stopped.is_none() && self.plan.is_empty();
        // An input that was taken from the iterator, did not fit into the last request, and never became part of
        // another.
        if let Some(Planned { index, input, .. }) = self.plan.take_held() {
            let error = self
                .stopped
                .clone()
                .unwrap_or_else(|| Arc::new(Error::new(CreateInputs::SPEC.name, Misuse("it was not asked for"))));
            self.account.note(UploadedItem {
                index,
                id: input.get_id().map(str::to_owned),
                outcome: Outcome::NotSent(error),
                status: None,
                raw: None,
            });
        }
        UploadReport { items: self.account.items.into_values().collect(), stopped: self.stopped, whole }
    }
}

impl<I: Iterator> fmt::Debug for Uploader<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uploader")
            .field("calls", &self.under_way.begun())
            .field("under_way", &self.under_way.inputs())
            .field("done", &self.account.items.len())
            .field("failed", &self.account.failed)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}

type OnItem = Box<dyn FnMut(UploadedItem) + Send>;

/// The state of each input.
#[derive(Default)]
struct Account {
    on_item: Option<OnItem>,
    content_ids: bool,
    /// Whether the JSON of the items is passed to `on_item`.
    raw: bool,
    /// Ids used in this upload, each with the index of its input.
    ids: BTreeMap<Box<str>, u64>,
    /// Inputs with the same content as an earlier input that has no outcome yet, by the index of the earlier one.
    copies: BTreeMap<u64, Vec<u64>>,
    items: BTreeMap<u64, UploadedItem>,
    failed: u64,
}

impl Account {
    /// Returns the input if it is to be sent. Otherwise records its outcome, or keeps it as a copy of an earlier input.
    fn accept(&mut self, mut planned: Planned, limits: &BatchLimits) -> Option<Planned> {
        let index = planned.index;
        let from_content = self.content_ids && planned.input.get_id().is_none();
        if from_content {
            let id = planned.input.content_id();
            planned.input = planned.input.id(id);
        }
        match planned.input.check_stored_id().and_then(|()| limits.check(&planned.input)) {
            Ok(bytes) => planned.bytes = bytes,
            Err(problem) => return self.refuse(&planned, problem),
        }
        let Some(id) = planned.input.get_id() else { return Some(planned) };
        match self.ids.get(id).copied() {
            None => {
                self.ids.insert(id.into(), index);
                Some(planned)
            }
            Some(first) if from_content => {
                match self.items.contains_key(&first) {
                    true => self.note_copy(index, first),
                    false => self.copies.entry(first).or_default().push(index),
                }
                None
            }
            Some(first) => {
                let problem = format!("is that of input {first} of this upload too");
                self.refuse(&planned, InvalidArgument::new("id", problem))
            }
        }
    }

    fn refuse(&mut self, planned: &Planned, problem: InvalidArgument) -> Option<Planned> {
        let id = planned.input.get_id().map(str::to_owned);
        let error = Arc::new(Error::new(CreateInputs::SPEC.name, problem));
        self.note(UploadedItem { index: planned.index, id, outcome: Outcome::NotSent(error), status: None, raw: None });
        None
    }

    fn note(&mut self, mut item: UploadedItem) {
        self.failed += u64::from(!item.outcome.is_success());
        // The report contains every input of the upload, so it stays small.
        let (status, raw) = (item.status.take(), item.raw.take());
        if let Some(on_item) = &mut self.on_item {
            on_item(UploadedItem { status, raw, ..item.clone() });
        }
        let index = item.index;
        self.items.insert(index, item);
        for copy in self.copies.remove(&index).unwrap_or_default() {
            self.note_copy(copy, index);
        }
    }

    /// Records the outcome of a copy. A copy is never sent: it is in the app if the first input is.
    fn note_copy(&mut self, index: u64, first: u64) {
        let Some(UploadedItem { id, outcome, .. }) = self.items.get(&first).cloned() else { return };
        let outcome = match outcome {
            outcome if outcome.is_success() => Outcome::AlreadyThere,
            Outcome::Unknown(error) => Outcome::Unknown(error),
            _ => {
                let problem = format!("has the content of input {first}, which was not stored");
                Outcome::NotSent(Arc::new(Error::new(CreateInputs::SPEC.name, InvalidArgument::new("input", problem))))
            }
        };
        self.note(UploadedItem { index, id, outcome, status: None, raw: None });
    }
}

/// The report of an upload: each input that was taken from the iterator, and its outcome.
#[derive(Clone, Debug)]
pub struct UploadReport {
    items: Vec<UploadedItem>,
    stopped: Option<Arc<Error>>,
    whole: bool,
}

impl UploadReport {
    /// Returns the inputs that were taken from the iterator, in its order.
    pub fn items(&self) -> &[UploadedItem] {
        &self.items
    }

    /// Consumes the report and returns its [items](Self::items).
    pub fn into_items(self) -> Vec<UploadedItem> {
        self.items
    }

    /// Returns the error that ended the upload early, if any: rejected credentials, an exhausted quota, or an
    /// unreachable service. The remaining inputs were not taken from the iterator and have no outcome.
    pub fn stopped(&self) -> Option<&Error> {
        self.stopped.as_deref()
    }

    /// Returns whether all inputs were taken from the iterator and are in the app.
    pub fn is_success(&self) -> bool {
        self.whole && self.items.iter().all(|item| item.outcome.is_success())
    }

    /// Returns the items that are not stored, or whose outcome is unknown.
    pub fn failures(&self) -> impl Iterator<Item = &UploadedItem> {
        self.items.iter().filter(|item| !item.outcome.is_success())
    }

    /// Returns the number of items whose outcome matches a predicate.
    pub fn count(&self, which: impl Fn(&Outcome) -> bool) -> usize {
        self.items.iter().filter(|item| which(&item.outcome)).count()
    }
}
