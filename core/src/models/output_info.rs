//! `GET /v2/models/{id}/output_info`: a model with its concepts and settings.

use http::Method;

use super::ModelRef;
use crate::envelope::{DecodeError, Envelope};
use crate::operation::{Operation, Replay};
use crate::target::Target;
use crate::types::Model;

/// Gets a model with its concepts (`output_info.data.concepts`) and settings: `GET /v2/models/{id}/output_info`.
///
/// If the [`ModelRef`] has a version, the response describes that version:
/// `GET /v2/models/{id}/versions/{version}/output_info`.
#[doc(alias("get_info", "get_concept_ids"))]
#[derive(Clone, Debug)]
pub struct GetModelOutputInfo {
    model: ModelRef,
}

impl GetModelOutputInfo {
    /// Creates a request for the concepts and settings of this model.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into() }
    }
}

impl Operation for GetModelOutputInfo {
    type Output = Model;
    const NAME: &'static str = "get model output info";
    const METHOD: Method = Method::GET;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        self.model.target(target).path("output_info");
    }

    fn decode(&self, answer: &Envelope) -> Result<Model, DecodeError> {
        answer.one("model")
    }
}
