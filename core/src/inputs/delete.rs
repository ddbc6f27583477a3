//! `DELETE /v2/inputs/{id}`: deletes one input.

use crate::operation::{Spec, plain_operation};
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

plain_operation!(DeleteInput => Status {
    spec: Spec::delete("delete input"),
    target: |this, target| target.path("inputs").id("input id", &this.id),
    decode: done(),
});
