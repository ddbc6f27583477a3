//! `GET /v2/concepts/{id}`: returns one concept.

use http::Method;

use crate::envelope::{DecodeError, Envelope};
use crate::operation::{Operation, Replay};
use crate::target::Target;
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

impl Operation for GetConcept {
    type Output = Concept;
    const NAME: &'static str = "get concept";
    const METHOD: Method = Method::GET;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        target.path("concepts").id("concept id", &self.id);
    }

    fn decode(&self, answer: &Envelope) -> Result<Concept, DecodeError> {
        answer.one("concept")
    }
}
