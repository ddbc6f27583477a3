//! `GET /v2/models/{id}`: what a model is.

use http::Method;

use super::ModelRef;
use crate::envelope::{DecodeError, Envelope};
use crate::operation::{Operation, Replay};
use crate::target::Target;
use crate::types::Model;

/// Looks up a model by its id: name, type, version, owner.
///
/// With a version in the [`ModelRef`] it is `GET /v2/models/{id}/versions/{version}/output_info` that tells about
/// that version: use [`GetModelOutputInfo`](super::GetModelOutputInfo). Here a version is left aside.
#[doc(alias("Models.get", "get_info"))]
#[derive(Clone, Debug)]
pub struct GetModel {
    model: ModelRef,
}

impl GetModel {
    /// The model with this id.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into() }
    }
}

impl Operation for GetModel {
    type Output = Model;
    const NAME: &'static str = "get model";
    const METHOD: Method = Method::GET;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        target.owner(self.model.owner()).path("models").id("model id", self.model.id());
    }

    fn decode(&self, answer: &Envelope) -> Result<Model, DecodeError> {
        answer.one("model")
    }
}
