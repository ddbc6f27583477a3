//! `GET /v2/inputs/{id}/outputs`: returns the predictions of the app's model for an input.
//!
//! **Withdrawn by Clarifai.** Predict again instead.

use crate::operation::{RawResponse, Spec, plain_operation};

/// Retrieves the predictions that the app's model made for an input when it was stored.
///
/// **Withdrawn by Clarifai.** Predict again instead. See [`deprecated`](crate::deprecated).
#[doc(alias = "get_outputs")]
#[derive(Clone, Debug)]
pub struct GetInputOutputs {
    id: String,
}

impl GetInputOutputs {
    /// Creates a request for the outputs of the input with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

plain_operation!(GetInputOutputs => RawResponse {
    spec: Spec::get("get input outputs"),
    target: |this, target| target.path("inputs").id("input id", &this.id).path("outputs"),
    decode: raw(),
});
