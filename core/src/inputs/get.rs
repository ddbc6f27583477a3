//! `GET /v2/inputs/{id}`: returns one input.

use http::Method;

use crate::envelope::{DecodeError, Envelope};
use crate::operation::{Operation, Replay};
use crate::target::Target;
use crate::types::Input;

/// Retrieves an input by its id: its medium, its annotations and its processing status.
///
/// An id that does not exist is an error: [`Error::is_not_found`](crate::Error::is_not_found).
#[doc(alias = "Inputs.get")]
#[derive(Clone, Debug)]
pub struct GetInput {
    id: String,
}

impl GetInput {
    /// Creates a request for the input with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

impl Operation for GetInput {
    type Output = Input;
    const NAME: &'static str = "get input";
    const METHOD: Method = Method::GET;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        target.path("inputs").id("input id", &self.id);
    }

    fn decode(&self, answer: &Envelope) -> Result<Input, DecodeError> {
        answer.one("input")
    }
}
