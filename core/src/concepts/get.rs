//! `GET /v2/concepts/{id}`: returns one concept.

use crate::operation::{Spec, plain_operation};
use crate::types::Concept;

/// Retrieves a concept by its id.
///
/// An id that does not exist is an error: [`Error::is_not_found`](crate::Error::is_not_found).
#[doc(alias = "Concepts.get")]
#[derive(Clone, Debug)]
pub struct GetConcept {
    id: String,
}

impl GetConcept {
    /// Creates a request for the concept with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

plain_operation!(GetConcept => Concept {
    spec: Spec::get("get concept"),
    target: |this, target| target.path("concepts").id("concept id", &this.id),
    decode: one("concept"),
});
