//! Batch responses: one item for each item of the request, each with its own status.
//!
//! The service reports the status "mixed" (10010) if some items failed and "failure" (10020) if all did; both responses
//! contain all items. A batch without any success is an error of the call, unless the caller asked for the result [by
//! item](crate::Operation::by_item). A mixed one is not an error, and must not be mistaken for success, so every accessor
//! of [`Batch`] states how it treats failed items.

use std::fmt::Write as _;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::envelope::{DecodeError, Envelope};
use crate::error::{Error, ItemFailure, ItemFailures};
use crate::lenient::Lenient;
use crate::raw::{AddRaw, WithRaw, sealed::Sealed};
use crate::redact::Redactor;
use crate::types::{Annotation, DatasetInput, Flag, Input, Output, Status, StatusClass, StatusCode, WorkflowResult};

/// A batch response: one item for each item of the request, in the order of the request, each with its own status.
///
/// ```
/// # use clarifai_core::{Config, Credentials, Exchange, models::Predict};
/// # let config = Config::new(Credentials::key("0123456789abcdef")?);
/// # let predict = Predict::new("m").image_url("https://example.com/1").image_url("https://example.com/2");
/// # let exchange = Exchange::new(&config, predict)?;
/// let response = http::Response::builder().status(207).body(r#"{"status": {"code": 10010}, "outputs": [
///     {"status": {"code": 10000}, "data": {"concepts": [{"name": "cat", "value": 0.9}]}},
///     {"status": {"code": 30002, "description": "Download failed"}, "data": {}}]}"#).unwrap();
/// let batch = exchange.parse(response)?;
/// assert!(!batch.is_success());
/// for result in batch.results() {
///     match result {
///         Ok(output) => println!("{}", output.concepts()[0].name),
///         Err(failure) => println!("{failure}"),
///     }
/// }
/// assert_eq!(batch.succeeded().count(), 1);
/// assert!(batch.into_result().is_err(), "one item failed");
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "some of the items may have failed: see `into_result`, `results` and `failures`"]
pub struct Batch<T> {
    operation: &'static str,
    /// Whether the call is read-only, as predictions are.
    read_only: bool,
    items: Vec<T>,
    /// JSON of each item; empty if it is not kept.
    json: Vec<Box<RawValue>>,
    request_id: Option<String>,
    body: Bytes,
    /// Redacts the credentials in the errors of items.
    redactor: Redactor,
}

/// An item of a response that has its own status.
pub trait Item {
    /// Returns the status of the item, or `None` if the response contained none.
    fn status(&self) -> Option<&Status>;

    /// Returns the id that identifies the item in errors; empty if unknown.
    fn id(&self) -> &str;

    /// Returns the reason why the item failed: its status, unless a part of it explains more.
    fn cause(&self) -> Option<Status> {
        self.status().cloned()
    }

    /// Returns whether the item failed. An item without a status counts as successful, because the call as a whole was.
    fn failed(&self) -> bool {
        let code = self.status().and_then(|status| status.code.as_ref());
        code.is_some_and(|code| !matches!(code.class(), StatusClass::Success | StatusClass::Pending))
    }
}

impl Item for Output {
    fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }

    fn id(&self) -> &str {
        self.input.as_deref().map_or("", |input| &input.id)
    }

    fn failed(&self) -> bool {
        !self.is_success()
    }
}

impl Item for Input {
    fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl Item for Annotation {
    fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }

    fn id(&self) -> &str {
        &self.id
    }

    /// Returns whether the annotation could not be stored. One that a reviewer has denied is stored.
    fn failed(&self) -> bool {
        let code = self.status.as_ref().and_then(|status| status.code.as_ref());
        code.is_some_and(|code| {
            !matches!(code.class(), StatusClass::Success | StatusClass::Pending)
                && *code != StatusCode::ANNOTATION_REVIEW_DENIED
        })
    }
}

/// Its id is that of the input.
impl Item for DatasetInput {
    fn status(&self) -> Option<&Status> {
        self.outcome()
    }

    fn id(&self) -> &str {
        self.input_id()
    }
}

impl Item for WorkflowResult {
    fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }

    fn id(&self) -> &str {
        self.input.as_ref().map_or("", |input| &input.id)
    }

    /// Returns the status of the first output that failed, with the name of its model in the details. Further failed
    /// models follow there.
    fn cause(&self) -> Option<Status> {
        let mut failed = self.failed_outputs();
        let Some((model, mut first)) = failed.next().and_then(|(model, status)| Some((model, status?.clone()))) else {
            return self.status.clone();
        };
        let details = first.details.take().filter(|details| !details.is_empty());
        let mut text = details.map_or_else(|| format!("model {model}"), |details| format!("model {model}: {details}"));
        for (model, status) in failed {
            let status = status.map_or_else(|| "no status".to_owned(), Status::to_string);
            // Writing to a string cannot fail.
            let _ = write!(text, "; model {model}: {status}");
        }
        Some(Status { details: Some(text), ..first })
    }

    /// Returns whether the result or any of its outputs failed. A result with neither a status nor outputs failed too.
    fn failed(&self) -> bool {
        let is_bad = |code: &StatusCode| !matches!(code.class(), StatusClass::Success | StatusClass::Pending);
        let code = self.status.as_ref().and_then(|status| status.code.as_ref());
        let is_blank = code.is_none() && self.outputs.is_none();
        is_blank || code.is_some_and(is_bad) || self.failed_outputs().next().is_some()
    }
}

impl<T: Item> Item for WithRaw<T> {
    fn status(&self) -> Option<&Status> {
        self.value.status()
    }

    fn id(&self) -> &str {
        self.value.id()
    }

    fn cause(&self) -> Option<Status> {
        self.value.cause()
    }

    fn failed(&self) -> bool {
        self.value.failed()
    }
}

impl<T: Item> Batch<T> {
    /// Reads the items of a response: one for each item of the request, in the order of the request.
    ///
    /// `asked` contains the caller-chosen ids, `None` if the caller chose none. Items that cannot be matched are an
    /// error: a guess could assign the result of one image to another.
    pub(crate) fn read<'a>(
        operation: &'static str,
        answer: &Envelope,
        key: &'static str,
        asked: impl ExactSizeIterator<Item = Option<&'a str>>,
    ) -> Result<Self, DecodeError>
    where
        T: Lenient + PartialEq,
    {
        let mut items: Vec<T> = answer.list_of(key, asked.len())?;
        let mut json = answer.take_kept();
        // An item that cannot be read costs only itself, unless it would count as successful.
        let is_blank = |item: &T| !item.failed() && T::blank().is_some_and(|blank| *item == blank);
        if items.iter().any(is_blank) {
            return Err(DecodeError::new(key, "has an item that cannot be read"));
        }
        // The status reports that all items failed, but an item contradicts it: the items cannot be trusted.
        let says_why = |item: &T| item.failed() && item.status().is_some_and(|status| status.code.is_some());
        match answer.code() {
            Some(code) if code.has(Flag::AllFailed) && !items.iter().all(says_why) => {
                return Err(DecodeError::new(key, "does not say why all of it failed"));
            }
            // A "mixed" status requires at least one failed item.
            Some(code) if code.class() == StatusClass::Mixed && !items.iter().any(Item::failed) => {
                return Err(DecodeError::new(key, "does not say which of it failed"));
            }
            _ => {}
        }
        let asked: Vec<_> = asked.collect();
        for (place, id) in asked.iter().copied().enumerate() {
            let Some(id) = id.filter(|id| !["", id].contains(&items[place].id())) else { continue };
            match (place + 1..items.len()).find(|other| items[*other].id() == id) {
                // If some inputs have no id, the order of the items cannot be restored.
                Some(_) if asked.contains(&None) => {
                    return Err(DecodeError::new(key, "is not in the order of the request"));
                }
                Some(other) => {
                    items.swap(place, other);
                    if !json.is_empty() {
                        json.swap(place, other);
                    }
                }
                None => return Err(DecodeError::new(key, format!("has no item for the input `{id}`"))),
            }
        }
        Ok(Self {
            operation,
            read_only: answer.is_read_only(),
            items,
            json,
            request_id: answer.status().and_then(|status| status.req_id.clone()),
            body: answer.body().clone(),
            redactor: answer.redactor().clone(),
        })
    }

    /// Returns whether every item succeeded.
    pub fn is_success(&self) -> bool {
        !self.items.iter().any(Item::failed)
    }

    /// Returns the number of items, including failed ones.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns whether the batch has no items.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns the result of each item, in the order of the request: the item, or the reason it failed.
    pub fn results(&self) -> impl Iterator<Item = Result<&T, ItemFailure>> {
        self.items.iter().enumerate().map(|(index, item)| match item.failed() {
            false => Ok(item),
            true => Err(self.failure(index, item)),
        })
    }

    fn failure(&self, index: usize, item: &T) -> ItemFailure {
        let unreadable =
            || Status { description: Some("the result has no status and no data".to_owned()), ..Status::default() };
        let status = item.cause().map_or_else(unreadable, |status| self.redactor.redact_status(&status));
        ItemFailure { index, id: self.redactor.redact(item.id(), false), status: Box::new(status) }
    }

    /// Returns the items that succeeded, skipping failed ones.
    pub fn succeeded(&self) -> impl Iterator<Item = &T> {
        self.items.iter().filter(|item| !item.failed())
    }

    /// Returns the failures: index, id and status of each item that failed.
    pub fn failures(&self) -> impl Iterator<Item = ItemFailure> {
        self.items.iter().enumerate().filter(|(_, item)| item.failed()).map(|(index, item)| self.failure(index, item))
    }

    /// Returns all items, or an error that lists those that failed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Items`](crate::error::ErrorKind::Items) if at least one item failed.
    pub fn into_result(self) -> Result<Vec<T>, Error> {
        if self.is_success() {
            return Ok(self.items);
        }
        Err(self.error())
    }

    /// Returns the error of a batch in which every item failed, `None` if at least one succeeded.
    ///
    /// [`Operation::total_failure`](crate::Operation::total_failure) of batch operations returns it.
    pub fn total_failure(&self) -> Option<Error> {
        (!self.is_empty() && self.items.iter().all(Item::failed)).then(|| self.error())
    }

    /// Creates the error that lists the failed items.
    fn error(&self) -> Error {
        let failures = self.failures().collect();
        let request_id = self.request_id.as_ref().map(|id| self.redactor.redact(id, false));
        Error::new(self.operation, ItemFailures { failures, total: self.items.len(), request_id })
            .read_only(self.read_only)
    }

    /// Returns the item of a request with a single item.
    ///
    /// # Errors
    ///
    /// The same as [`into_result`](Self::into_result); also if the batch is empty.
    pub fn into_single(self) -> Result<T, Error> {
        let operation = self.operation;
        let mut items = self.into_result()?;
        items.pop().ok_or_else(|| Error::new(operation, crate::error::Misuse("the batch is empty")))
    }

    /// Returns all items, including failed ones.
    pub fn into_items(self) -> Vec<T> {
        self.items
    }

    /// Returns the request id assigned by the service.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Returns the raw JSON of the response, including members that this crate has no field for.
    pub fn raw(&self) -> &Bytes {
        &self.body
    }
}

impl<T> Batch<T> {
    /// Returns the JSON of the items, which the batch then no longer has; empty if it is not kept.
    pub(crate) fn take_json(&mut self) -> Vec<Box<RawValue>> {
        std::mem::take(&mut self.json)
    }
}

impl<T> Sealed for Batch<T> {}

impl<T: Item> AddRaw for Batch<T> {
    type WithRaw = Batch<WithRaw<T>>;

    /// A batch has its JSON already, in the order of its items.
    fn add_raw(self, _: Vec<Box<RawValue>>) -> Option<Batch<WithRaw<T>>> {
        let Self { operation, read_only, items, json, request_id, body, redactor } = self;
        let items = WithRaw::list(items, json)?;
        Some(Batch { operation, read_only, items, json: Vec::new(), request_id, body, redactor })
    }

    fn total_failure(output: &Batch<WithRaw<T>>) -> Option<Error> {
        output.total_failure()
    }
}
