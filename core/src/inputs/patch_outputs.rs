//! `PATCH /v2/inputs/{id}/outputs`: corrects the predictions of the app's model for an input.
//!
//! **Withdrawn by Clarifai.** Patch annotations instead.

use serde_json::json;

use crate::body::Body;
use crate::concepts::ConceptRef;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, RawResponse, Replay, Spec};
use crate::patch::PatchAction;
use crate::target::{Target, check_id};

/// Corrects the predictions of a model for an input by adding or removing concepts, which must exist in the app.
///
/// **Withdrawn by Clarifai.** Patch annotations instead. See [`deprecated`](crate::deprecated).
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
    const SPEC: Spec = Spec::patch("patch input outputs").replay(Replay::Idempotent);

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
