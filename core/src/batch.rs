//! An answer with one item for each item of the request, each with a status of its own.
//!
//! The service calls a batch "mixed" (10010) when some of its items failed and a "failure" (10020) when all did; both
//! come with all items. Neither is an error of the call, and neither may pass for success, so a [`Batch`] hands its
//! items out only by methods that say what becomes of the failed ones.

use bytes::Bytes;
use serde_json::Value;

use crate::config::Config;
use crate::envelope::{DecodeError, Envelope};
use crate::error::{Error, ItemFailure, ItemFailures};
use crate::lenient::Lenient;
use crate::types::{Flag, Input, Output, Status, StatusClass, StatusCode, WorkflowResult};

/// One item for each item of the request, in the order of the request, each with a status of its own.
///
/// ```
/// # use clarifai_core::{Config, Credentials, Exchange, models::Predict};
/// # let config = Config::new(Credentials::key("0123456789abcdef")?);
/// # let predict = Predict::new("m").image_url("https://example.com/1").image_url("https://example.com/2");
/// # let exchange = Exchange::new(&config, predict)?;
/// let answer = http::Response::builder().status(207).body(r#"{"status": {"code": 10010}, "outputs": [
///     {"status": {"code": 10000}, "data": {"concepts": [{"name": "cat", "value": 0.9}]}},
///     {"status": {"code": 30002, "description": "Download failed"}, "data": {}}]}"#).unwrap();
/// let batch = exchange.parse(answer)?;
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
#[must_use = "some or all of the items may have failed: see `into_result`, `results` and `failures`"]
pub struct Batch<T> {
    operation: &'static str,
    /// Whether the call only reads, as predictions do.
    read_only: bool,
    items: Vec<T>,
    /// The member of the answer that lists them, and the place of each there.
    key: &'static str,
    places: Vec<usize>,
    request_id: Option<String>,
    body: Bytes,
    /// Whose secrets must not show in the errors of items.
    config: Config,
}

/// A thing that carries its own status.
pub trait Item {
    /// Its status, where it has one.
    fn status(&self) -> Option<&Status>;

    /// Its id, to name it in errors.
    fn id(&self) -> &str;

    /// Whether it went through. A missing status counts as success, because the call as a whole was one.
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

impl Item for WorkflowResult {
    fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }

    fn id(&self) -> &str {
        self.input.as_ref().map_or("", |input| &input.id)
    }

    /// A result is as good as each of its outputs.
    fn failed(&self) -> bool {
        let is_bad = |code: &StatusCode| !matches!(code.class(), StatusClass::Success | StatusClass::Pending);
        let outputs = self.outputs.iter().flatten().filter_map(Item::status);
        self.status.iter().chain(outputs).filter_map(|status| status.code.as_ref()).any(is_bad)
    }
}

impl<T: Item> Batch<T> {
    /// Reads the items of an answer: one for each of the request, in its order.
    ///
    /// `asked` are the ids the caller chose, where they chose one. Items that cannot be matched make the answer
    /// unreadable: a guess would give somebody the result of another's picture.
    pub(crate) fn read<'a>(
        operation: &'static str,
        answer: &Envelope,
        key: &'static str,
        asked: impl ExactSizeIterator<Item = Option<&'a str>>,
    ) -> Result<Self, DecodeError>
    where
        T: Lenient,
    {
        let mut items: Vec<T> = answer.list_of(key, asked.len())?;
        // All failed, and yet one does not say so: then the items are no news of what happened.
        let says_why = |item: &T| item.failed() && item.status().is_some_and(|status| status.code.is_some());
        match answer.code() {
            Some(code) if code.has(Flag::AllFailed) && !items.iter().all(says_why) => {
                return Err(DecodeError::new(key, "does not say why all of it failed"));
            }
            // And what is called mixed has something that failed.
            Some(code) if code.class() == StatusClass::Mixed && !items.iter().any(Item::failed) => {
                return Err(DecodeError::new(key, "does not say which of it failed"));
            }
            _ => {}
        }
        let asked: Vec<_> = asked.collect();
        let mut places: Vec<_> = (0..items.len()).collect();
        for (place, id) in asked.iter().copied().enumerate() {
            let Some(id) = id.filter(|id| !["", id].contains(&items[place].id())) else { continue };
            match (place + 1..items.len()).find(|other| items[*other].id() == id) {
                // Where some have no id, nobody can say which of them went where.
                Some(_) if asked.contains(&None) => {
                    return Err(DecodeError::new(key, "is in another order than what was asked for"));
                }
                Some(other) => {
                    items.swap(place, other);
                    places.swap(place, other);
                }
                None => return Err(DecodeError::new(key, format!("has no item for the input `{id}`"))),
            }
        }
        Ok(Self {
            operation,
            read_only: answer.is_read_only(),
            items,
            key,
            places,
            request_id: answer.status().and_then(|status| status.req_id.clone()),
            body: answer.body().clone(),
            config: answer.config().clone(),
        })
    }

    /// Whether every item went through.
    pub fn is_success(&self) -> bool {
        !self.items.iter().any(Item::failed)
    }

    /// How many items there are, failed ones included.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Every item in the order of the request: itself, or why it failed.
    pub fn results(&self) -> impl Iterator<Item = Result<&T, ItemFailure>> {
        self.items.iter().enumerate().map(|(index, item)| match item.failed() {
            false => Ok(item),
            true => Err(self.failure(index, item)),
        })
    }

    fn failure(&self, index: usize, item: &T) -> ItemFailure {
        let status = item.status().map(|status| self.config.redact_status(status)).unwrap_or_default();
        ItemFailure { index, id: self.config.redact(item.id(), false), status: Box::new(status) }
    }

    /// The items that went through; the failed ones are passed over.
    pub fn succeeded(&self) -> impl Iterator<Item = &T> {
        self.items.iter().filter(|item| !item.failed())
    }

    /// The items that failed.
    pub fn failures(&self) -> impl Iterator<Item = ItemFailure> {
        self.items.iter().enumerate().filter(|(_, item)| item.failed()).map(|(index, item)| self.failure(index, item))
    }

    /// All items, or an error that names those that failed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Items`](crate::error::ErrorKind::Items) if one failed.
    pub fn into_result(self) -> Result<Vec<T>, Error> {
        if self.is_success() {
            return Ok(self.items);
        }
        let failures = self.failures().collect();
        let total = self.items.len();
        let request_id = self.request_id.map(|id| self.config.redact(&id, false));
        Err(Error::new(self.operation, ItemFailures { failures, total, request_id }).read_only(self.read_only))
    }

    /// The item of a request that had one.
    ///
    /// # Errors
    ///
    /// As [`into_result`](Self::into_result).
    pub fn into_single(self) -> Result<T, Error> {
        let operation = self.operation;
        let mut items = self.into_result()?;
        items.pop().ok_or_else(|| Error::new(operation, crate::error::Misuse("the batch is empty")))
    }

    /// The items as they are, failed ones among them.
    pub fn into_items(self) -> Vec<T> {
        self.items
    }

    /// The untouched JSON of every item, in the order of the request; null where it cannot be had. It is read anew each
    /// time.
    pub fn raw_items(&self) -> Vec<Value> {
        let mut answer: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let mut item = |place: &usize| answer.get_mut(self.key)?.get_mut(place).map(Value::take);
        self.places.iter().map(|place| item(place).unwrap_or_default()).collect()
    }

    /// The service's id of the request.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The untouched JSON of the answer, with whatever this crate has no field for.
    pub fn raw(&self) -> &Bytes {
        &self.body
    }
}
