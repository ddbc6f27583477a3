//! Typed values together with the JSON that they were read from.

use serde_json::value::RawValue;

use crate::error::Error;
use crate::lenient::Record;

/// A value and the JSON that it was read from: see [`Operation::with_raw`](crate::Operation::with_raw).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WithRaw<T> {
    /// Typed value. Members that cannot be read are absent.
    pub value: T,
    /// JSON of the value as received, with all members and all digits of its numbers. Only the whitespace around it is
    /// left out.
    pub json: Box<RawValue>,
}

/// The output of an operation whose records can be returned together with their JSON: a record of [`types`](crate::types),
/// a list, a [`Batch`](crate::Batch), or a [`SearchResult`](crate::searches::SearchResult).
pub trait AddRaw: Sized + sealed::Sealed {
    /// The same output, with a [`WithRaw`] in place of each record.
    type WithRaw;

    /// Adds their JSON to the records. Returns `None` if it is not available for each of them.
    fn add_raw(self, json: Vec<Box<RawValue>>) -> Option<Self::WithRaw>;

    /// Returns the error of a batch in which every item failed; `None` for all other outputs.
    fn total_failure(output: &Self::WithRaw) -> Option<Error> {
        let _ = output;
        None
    }
}

pub(crate) mod sealed {
    /// Keeps [`AddRaw`](super::AddRaw) to the types of this crate, so that methods can be added to it.
    pub trait Sealed {}
}

impl<T> WithRaw<T> {
    /// Adds their JSON to the records of a list. Returns `None` if it is not available for each of them.
    pub(crate) fn list(values: Vec<T>, json: Vec<Box<RawValue>>) -> Option<Vec<Self>> {
        let is_complete = values.len() == json.len();
        is_complete.then(|| values.into_iter().zip(json).map(|(value, json)| Self { value, json }).collect())
    }
}

impl<T: Record> sealed::Sealed for T {}

impl<T: Record> AddRaw for T {
    type WithRaw = WithRaw<T>;

    /// Of several records that were read, the output is the last.
    fn add_raw(self, mut json: Vec<Box<RawValue>>) -> Option<WithRaw<T>> {
        Some(WithRaw { value: self, json: json.pop()? })
    }
}

impl<T> sealed::Sealed for Vec<T> {}

impl<T> AddRaw for Vec<T> {
    type WithRaw = Vec<WithRaw<T>>;

    fn add_raw(self, json: Vec<Box<RawValue>>) -> Option<Vec<WithRaw<T>>> {
        WithRaw::list(self, json)
    }
}
