//! Any number of inputs into the app, none lost and none doubled, with an account of each.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::plan::{CallLimits, Plan, Planned};
use super::under_way::UnderWay;
use super::upload_batch::{UploadBatch, UploadedBatch};
use super::{Bulk, Progress};
use serde_json::Value;

use crate::app::App;
use crate::error::{Error, Invalid, Misuse};
use crate::inputs::{CreateInputs, NewInput};
use crate::model::Status;
use crate::operation::Operation;

/// Stores any number of inputs.
///
/// They are split by themselves: up to 128 inputs and 128 MB a call, a video alone. Each input has an
/// [`Outcome`] in the end, and none is stored twice under an id:
///
/// - A call that surely did not take effect is made again, at the pace of the [app](App::with_pacer), 15 requests a
///   second unless it has one.
/// - After a call whose answer was lost, each input is looked up by its id before anything is sent again. What is found
///   was stored; what is not is sent again, under the same id.
/// - An input without an id cannot be looked up. If the answer to its call is lost it is [`Unknown`](Outcome::Unknown),
///   and it is not sent again. Give ids, or have them [made from the content](Self::ids_from_content).
///
/// The service has no way to store something exactly once; this is at most once for each id, and every uncertain
/// input is named.
///
/// An adapter's `upload` carries several calls out at once. By hand, see [`Bulk`].
///
/// ```
/// use clarifai_core::{App, Credentials, bulk::{self, Outcome, Upload}, inputs::NewInput, testing::Script};
/// use serde_json::json;
///
/// let app = App::new(Credentials::key("0123456789abcdef")?);
/// let inputs = ["a", "b"].map(|id| NewInput::image_url(format!("https://example.com/{id}.jpg")).with_id(id));
/// let mut script = Script::new().expect("POST", "/v2/inputs").reply(207, json!({
///     "status": {"code": 10010},
///     "inputs": [{"id": "a", "status": {"code": 30001}}, {"id": "b", "status": {"code": 30100}}],
/// }));
///
/// let report = bulk::run(Upload::new(&app, inputs), &mut script, |_| ());
/// assert!(matches!(report.items()[0].outcome, Outcome::Created));
/// assert!(matches!(report.items()[1].outcome, Outcome::AlreadyThere));
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[doc(alias = "bulk_create_images")]
#[must_use = "nothing is sent before it is driven"]
pub struct Upload<I: Iterator> {
    app: App,
    plan: Plan<I>,
    account: Account,
    rounds: u32,
    under_way: UnderWay,
    stopped: Option<Arc<Error>>,
}

/// What became of an input.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// Stored by this upload. The service looks at it later: see [`WaitForUploads`](crate::machine::WaitForUploads).
    ///
    /// Where the answer to a call was lost, an input that was found counts as stored by it if the service dates it no
    /// earlier than two seconds before the call was made, by the service's own clock.
    Created,
    /// In the app already, by its id or, unless duplicates were allowed, by its address; nothing was changed. Of inputs
    /// whose id was made from their content, also any further copy in this upload.
    ///
    /// If something on the way sends a call twice, it hands on the second answer, which says this of what the first one
    /// stored.
    AlreadyThere,
    /// The service refused it, for this reason.
    Rejected(Box<Status>),
    /// Nobody can tell whether it was stored, because of this error.
    Unknown(Arc<Error>),
    /// It was surely not stored, because of this error, and can be sent again.
    NotSent(Arc<Error>),
}

impl Outcome {
    /// Whether the input is in the app.
    pub fn is_stored(&self) -> bool {
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

/// An input and what became of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UploadedItem {
    /// Its place among the inputs of the upload, counted from 0.
    pub index: u64,
    /// Its id: the caller's, one made from its content, or one the service gave it.
    pub id: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// The untouched JSON of the service's answer about it, where there was one. Only for a
    /// [sink](Upload::into_sink).
    pub raw: Option<Box<Value>>,
}

impl<I: Iterator<Item = NewInput>> Upload<I> {
    /// How often what did not get through is sent or looked up again, unless told otherwise.
    pub const ROUNDS: u32 = 8;

    /// Stores these inputs. They are taken from the iterator as they are sent, so it may read files.
    pub fn new(app: &App, inputs: impl IntoIterator<Item = NewInput, IntoIter = I>) -> Self {
        Self {
            app: app.paced(),
            plan: Plan::new(inputs.into_iter()),
            account: Account::default(),
            rounds: Self::ROUNDS,
            under_way: UnderWay::default(),
            stopped: None,
        }
    }

    /// Gives inputs without an id one that follows from their content ([`NewInput::content_id`]), so that the same bytes
    /// are never stored twice, whoever uploads them and however often.
    pub fn ids_from_content(mut self) -> Self {
        self.account.content_ids = true;
        self
    }

    /// Hands each item to `sink` as soon as its outcome is known, those of one call together and in order, with the
    /// service's own words about it. The report still has them all, without those.
    pub fn into_sink(mut self, sink: impl FnMut(UploadedItem) + Send + 'static) -> Self {
        self.account.sink = Some(Box::new(sink));
        self
    }

    /// Sets how much one call takes.
    pub fn limits(mut self, limits: CallLimits) -> Self {
        self.plan.limits = limits;
        self
    }

    /// Sends so often again what did not get through, and tries so often in a row to look up what is in doubt, with growing
    /// pauses: about a minute and a half in all with the default of [`ROUNDS`](Self::ROUNDS). This comes on top of the
    /// retries of single calls. After that, inputs are given up; if the service could not be reached at all, so is the
    /// rest of the upload.
    pub fn rounds(mut self, rounds: u32) -> Self {
        self.rounds = rounds;
        self
    }
}

impl<I: Iterator<Item = NewInput>> Bulk for Upload<I> {
    type Piece = UploadBatch;
    type Report = UploadReport;

    fn next(&mut self) -> Option<UploadBatch> {
        if self.stopped.is_some() {
            return None;
        }
        let limits = self.plan.limits;
        let inputs = self.plan.call(|planned| self.account.accept(planned, &limits));
        if inputs.is_empty() {
            return None;
        }
        let number = self.under_way.begin(&inputs);
        Some(UploadBatch::new(&self.app, number, inputs, self.rounds, self.account.sink.is_some()))
    }

    fn record(&mut self, result: Result<UploadedBatch, Error>) {
        // The only error of a batch is that it was driven wrongly. Whose it was is not known then; its inputs come out
        // as unknown in the end.
        let Ok(batch) = result else { return };
        if !self.under_way.end(batch.number, batch.items.iter().map(|item| item.index)) {
            return;
        }
        for item in batch.items {
            self.account.note(item);
        }
        self.stopped = self.stopped.take().or(batch.fatal);
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
            Error::new(CreateInputs::NAME, Misuse("the call was begun and never brought to its end")).in_doubt(),
        );
        for (index, id) in self.under_way.take() {
            self.account.note(UploadedItem { index, id, outcome: Outcome::Unknown(Arc::clone(&lost)), raw: None });
        }
        let whole = self.stopped.is_none() && self.plan.is_empty();
        // One that was taken, did not fit the last call, and never got a call of its own.
        if let Some(Planned { index, input, .. }) = self.plan.take_held() {
            let error = self
                .stopped
                .clone()
                .unwrap_or_else(|| Arc::new(Error::new(CreateInputs::NAME, Misuse("it was not asked for"))));
            self.account.note(UploadedItem {
                index,
                id: input.id().map(str::to_owned),
                outcome: Outcome::NotSent(error),
                raw: None,
            });
        }
        UploadReport { items: self.account.items.into_values().collect(), stopped: self.stopped, whole }
    }
}

impl<I: Iterator> fmt::Debug for Upload<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("calls", &self.under_way.begun())
            .field("under_way", &self.under_way.inputs())
            .field("done", &self.account.items.len())
            .field("failed", &self.account.failed)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}

type Sink = Box<dyn FnMut(UploadedItem) + Send>;

/// What is known of each input.
#[derive(Default)]
struct Account {
    sink: Option<Sink>,
    content_ids: bool,
    /// Ids of this upload, and which input has each.
    ids: BTreeMap<Box<str>, u64>,
    /// Inputs with the content of an earlier one whose outcome is not known yet, by the place of that.
    copies: BTreeMap<u64, Vec<u64>>,
    items: BTreeMap<u64, UploadedItem>,
    failed: u64,
}

impl Account {
    /// Keeps an input for a call, or notes at once what becomes of it.
    fn accept(&mut self, mut planned: Planned, limits: &CallLimits) -> Option<Planned> {
        let index = planned.index;
        let from_content = self.content_ids && planned.input.id().is_none();
        if from_content {
            let id = planned.input.content_id();
            planned.input = planned.input.with_id(id);
        }
        match limits.check(&planned.input) {
            Ok(bytes) => planned.bytes = bytes,
            Err(problem) => return self.refuse(&planned, problem),
        }
        let Some(id) = planned.input.id() else { return Some(planned) };
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
                self.refuse(&planned, Invalid::new("id", problem))
            }
        }
    }

    fn refuse(&mut self, planned: &Planned, problem: Invalid) -> Option<Planned> {
        let id = planned.input.id().map(str::to_owned);
        let error = Arc::new(Error::new(CreateInputs::NAME, problem));
        self.note(UploadedItem { index: planned.index, id, outcome: Outcome::NotSent(error), raw: None });
        None
    }

    fn note(&mut self, mut item: UploadedItem) {
        self.failed += u64::from(!item.outcome.is_stored());
        if let Some(sink) = &mut self.sink {
            sink(item.clone());
            item.raw = None;
        }
        let index = item.index;
        self.items.insert(index, item);
        for copy in self.copies.remove(&index).unwrap_or_default() {
            self.note_copy(copy, index);
        }
    }

    /// A copy is not sent; it is there if the first one is.
    fn note_copy(&mut self, index: u64, first: u64) {
        let Some(UploadedItem { id, outcome, .. }) = self.items.get(&first).cloned() else { return };
        let outcome = match outcome {
            outcome if outcome.is_stored() => Outcome::AlreadyThere,
            Outcome::Unknown(error) => Outcome::Unknown(error),
            _ => {
                let problem = format!("has the content of input {first}, which was not stored");
                Outcome::NotSent(Arc::new(Error::new(CreateInputs::NAME, Invalid::new("input", problem))))
            }
        };
        self.note(UploadedItem { index, id, outcome, raw: None });
    }
}

/// The account of an upload: each input that was taken, and what became of it.
#[derive(Clone, Debug)]
pub struct UploadReport {
    items: Vec<UploadedItem>,
    stopped: Option<Arc<Error>>,
    whole: bool,
}

impl UploadReport {
    /// Every input that was taken from the iterator, in its order.
    pub fn items(&self) -> &[UploadedItem] {
        &self.items
    }

    /// The same, to be kept.
    pub fn into_items(self) -> Vec<UploadedItem> {
        self.items
    }

    /// Why it ended early, if it did: credentials that are refused, a quota that is used up, no way to the service. The
    /// inputs from here on were not taken from the iterator, and nothing became of them.
    pub fn stopped(&self) -> Option<&Error> {
        self.stopped.as_deref()
    }

    /// Whether all inputs were taken and are stored.
    pub fn is_complete(&self) -> bool {
        self.whole && self.items.iter().all(|item| item.outcome.is_stored())
    }

    /// The inputs that are not stored, or of which nobody can tell.
    pub fn failures(&self) -> impl Iterator<Item = &UploadedItem> {
        self.items.iter().filter(|item| !item.outcome.is_stored())
    }

    /// How many inputs have an outcome of which this holds.
    pub fn count(&self, which: impl Fn(&Outcome) -> bool) -> usize {
        self.items.iter().filter(|item| which(&item.outcome)).count()
    }
}
