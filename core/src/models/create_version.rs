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
}

impl CreateModelVersion {
    /// Creates a request to train this model.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into() }
    }
}

impl Operation for CreateModelVersion {
    type Output = Model;
    const SPEC: Spec = Spec::post("create model version");

    fn target(&self, target: &mut Target) {
        self.model.path(target).path("versions");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        Body::json(&json!({}))
    }

    fn decode(&self, answer: &Envelope) -> Result<Model, DecodeError> {
        answer.one("model")
    }
}
