//! `DELETE /v2/inputs/{id}` and `DELETE /v2/inputs`: deletes one input or several inputs.

use http::Method;

use crate::arguments::Which;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::target::Target;
use crate::types::Status;

/// Deletes one input.
///
/// The service responds before the input is deleted; wait for [`InputDeleted`](crate::machine::InputDeleted).
#[doc(alias = "Inputs.delete")]
#[derive(Clone, Debug)]
pub struct DeleteInput {
    id: String,
}

impl DeleteInput {
    /// Creates a request to delete the input with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

impl Operation for DeleteInput {
    type Output = Status;
    const NAME: &'static str = "delete input";
    const METHOD: Method = Method::DELETE;

    fn replay(&self) -> Replay {
        Replay::Idempotent
    }

    fn target(&self, target: &mut Target) {
        target.path("inputs").id("input id", &self.id);
    }

    fn decode(&self, answer: &Envelope) -> Result<Status, DecodeError> {
        answer.done()
    }
}

/// Deletes 1 to 128 inputs.
///
/// The service responds before the inputs are deleted. To delete all inputs of the app, run
/// [`DeleteAllInputs`](crate::machine::DeleteAllInputs).
#[doc(alias("Inputs.delete", "Inputs.delete_all"))]
#[derive(Clone, Debug)]
pub struct DeleteInputs(Which);

impl DeleteInputs {
    /// Creates a request to delete the inputs with these ids, 1 to 128.
    pub fn ids(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(Which::ids(ids))
    }

    /// Creates a request with `delete_all`, which deleted every input of the app until February 2021.
    ///
    /// **Withdrawn by Clarifai**: the current API refuses it. [`DeleteAllInputs`](crate::machine::DeleteAllInputs) works
    /// with every version of the service.
    pub fn by_withdrawn_flag() -> Self {
        Self(Which::All)
    }
}

impl Operation for DeleteInputs {
    type Output = Status;
    const NAME: &'static str = "delete inputs";
    const METHOD: Method = Method::DELETE;

    fn replay(&self) -> Replay {
        Replay::Idempotent
    }

    fn target(&self, target: &mut Target) {
        target.path("inputs");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.0.body()
    }

    fn decode(&self, answer: &Envelope) -> Result<Status, DecodeError> {
        answer.done()
    }
}
