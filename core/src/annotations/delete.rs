//! `DELETE /v2/inputs/{id}/annotations/{id}`: deletes one annotation.

use crate::operation::{Spec, plain_operation};
use crate::types::Status;

/// Deletes one annotation: `DELETE /v2/inputs/{id}/annotations/{id}`.
#[derive(Clone, Debug)]
pub struct DeleteAnnotation {
    input: String,
    id: String,
}

impl DeleteAnnotation {
    /// Creates a request to delete the annotation with the id `id` of the input with the id `input`.
    pub fn new(input: impl Into<String>, id: impl Into<String>) -> Self {
        Self { input: input.into(), id: id.into() }
    }
}

plain_operation!(DeleteAnnotation => Status {
    spec: Spec::delete("delete annotation"),
    target: |this, target| {
        target.path("inputs").id("input id", &this.input).path("annotations").id("annotation id", &this.id)
    },
    decode: done(),
});
