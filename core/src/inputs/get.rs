//! `GET /v2/inputs/{id}`: returns one input.

use crate::operation::{Spec, plain_operation};
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

plain_operation!(GetInput => Input {
    spec: Spec::get("get input"),
    target: |this, target| target.path("inputs").id("input id", &this.id),
    decode: one("input"),
});
