//! `GET /v2/inputs/{id}/annotations/{id}`: returns one annotation.

use crate::operation::{Spec, plain_operation};
use crate::types::Annotation;

/// Retrieves an annotation by the ids of its input and its own: `GET /v2/inputs/{id}/annotations/{id}`.
///
/// An id that does not exist is an error: [`Error::is_not_found`](crate::Error::is_not_found).
#[derive(Clone, Debug)]
pub struct GetAnnotation {
    input: String,
    id: String,
}

impl GetAnnotation {
    /// Creates a request for the annotation with the id `id` of the input with the id `input`.
    pub fn new(input: impl Into<String>, id: impl Into<String>) -> Self {
        Self { input: input.into(), id: id.into() }
    }
}

plain_operation!(GetAnnotation => Annotation {
    spec: Spec::get("get annotation"),
    target: |this, target| {
        target.path("inputs").id("input id", &this.input).path("annotations").id("annotation id", &this.id)
    },
    decode: one("annotation"),
});
