//! `POST /v2/models/{id}/versions`: trains a model.

use serde_json::json;

use super::ModelRef;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Spec};
use crate::target::Target;
use crate::types::Model;

/// Trains a model by creating a version of it: `POST /v2/models/{id}/versions`.
///
/// The service responds at once and trains in the background; the status of the model's version reports the progress.
/// To train and wait for the result, use [`Train`](crate::machine::Train).
///
/// Two requests train twice, so a request is retried only if it was definitely not executed.
#[doc(alias("Model.train", "create_version"))]
#[derive(Clone, Debug)]
pub struct CreateModelVersion {
    model: ModelRef,
    concepts: Vec<String>,
}

impl CreateModelVersion {
    /// Creates a request to train this model.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into(), concepts: Vec::new() }
    }

    /// Adds concepts for the version to learn, by their ids. Default: not sent, so the version learns the concepts that
    /// the model has from its creation or from a patch.
    ///
    /// The current API takes the concepts here. [`CreateModel::concepts`](super::CreateModel::concepts) is deprecated.
    pub fn concepts(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.concepts.extend(ids.into_iter().map(Into::into));
        self
    }
}

impl Operation for CreateModelVersion {
    type Output = Model;
    const SPEC: Spec = Spec::post("create model version");

    fn target(&self, target: &mut Target) {
        self.model.path(target).path("versions");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        if self.concepts.is_empty() {
            return Body::json(&json!({}));
        }
        let concepts = super::concept_ids(&self.concepts)?;
        Body::json(&json!({"model_versions": [{"output_info": {"data": {"concepts": concepts}}}]}))
    }

    fn decode(&self, answer: &Envelope) -> Result<Model, DecodeError> {
        answer.one("model")
    }
}
