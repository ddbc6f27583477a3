//! `DELETE /v2/inputs/{id}` and `DELETE /v2/inputs`: one input, several, or all.

use http::Method;

use crate::arguments::Which;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::target::Target;
use crate::types::Status;

/// Deletes one input. The service answers before it is gone.
#[doc(alias = "Inputs.delete")]
#[derive(Clone, Debug)]
pub struct DeleteInput {
    id: String,
}

impl DeleteInput {
    /// The input with this id.
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

/// Deletes up to 128 inputs, or all of them. The service answers before they are gone.
#[doc(alias("Inputs.delete", "Inputs.delete_all"))]
#[derive(Clone, Debug)]
pub struct DeleteInputs(Which);

impl DeleteInputs {
    /// The inputs with these ids.
    pub fn ids(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(Which::ids(ids))
    }

    /// Every input of the app.
    ///
    /// The current API description no longer has it for inputs; it is still sent. Where it is refused, list the
    /// inputs and delete them by their ids.
    pub fn all() -> Self {
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
