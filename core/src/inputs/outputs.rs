//! `GET` and `PATCH /v2/inputs/{id}/outputs`: returns and corrects the predictions of the app's model for an input.
//!
//! **Deprecated by Clarifai; still accepted.** Predict again or patch annotations instead.

use http::Method;
use serde_json::json;

use crate::body::Body;
use crate::concepts::ConceptRef;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, RawResponse, Replay};
use crate::patch::PatchAction;
use crate::target::{Target, check_id};

/// Retrieves the predictions that the app's model made for an input when it was stored.
///
/// **Deprecated by Clarifai; still accepted.** Predict again instead.
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

impl Operation for GetInputOutputs {
    type Output = RawResponse;
    const NAME: &'static str = "get input outputs";
    const METHOD: Method = Method::GET;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        target.path("inputs").id("input id", &self.id).path("outputs");
    }

    fn decode(&self, answer: &Envelope) -> Result<RawResponse, DecodeError> {
        answer.raw()
    }
}

/// Corrects the predictions of a model for an input by adding or removing concepts, which must exist in the app.
///
/// **Deprecated by Clarifai; still accepted.** Patch annotations instead.
#[doc(alias("merge_outputs_concepts", "remove_outputs_concepts"))]
#[derive(Clone, Debug)]
pub struct PatchInputOutputs {
    id: String,
    model_id: String,
    action: PatchAction,
    concepts: Vec<ConceptRef>,
}

impl PatchInputOutputs {
    /// Creates a request that adds the concepts with these ids to this model's predictions for this input.
    pub fn merge(
        id: impl Into<String>,
        model_id: impl Into<String>,
        concept_ids: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::new(id, model_id, PatchAction::Merge, concept_ids, 1.0)
    }

    /// Creates a request that removes the concepts with these ids from this model's predictions for this input.
    pub fn remove(
        id: impl Into<String>,
        model_id: impl Into<String>,
        concept_ids: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::new(id, model_id, PatchAction::Remove, concept_ids, 0.0)
    }

    fn new(
        id: impl Into<String>,
        model_id: impl Into<String>,
        action: PatchAction,
        concept_ids: impl IntoIterator<Item = impl Into<String>>,
        value: f64,
    ) -> Self {
        let concepts = concept_ids.into_iter().map(|id| ConceptRef::id(id).valued(value)).collect();
        Self { id: id.into(), model_id: model_id.into(), action, concepts }
    }
}

impl Operation for PatchInputOutputs {
    type Output = RawResponse;
    const NAME: &'static str = "patch input outputs";
    const METHOD: Method = Method::PATCH;

    fn replay(&self) -> Replay {
        Replay::Idempotent
    }

    fn target(&self, target: &mut Target) {
        target.path("inputs").id("input id", &self.id).path("outputs");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        check_id("model id", &self.model_id)?;
        if self.concepts.is_empty() {
            return Err(InvalidArgument::new("concepts", "must not be empty"));
        }
        ConceptRef::check_all(&self.concepts)?;
        let output = json!({"data": {"concepts": self.concepts}, "model": {"id": self.model_id}});
        Body::json(&json!({"outputs": [output], "action": self.action}))
    }

    fn decode(&self, answer: &Envelope) -> Result<RawResponse, DecodeError> {
        answer.raw()
    }
}
