//! `GET /v2/models/{id}`: a model.

use http::Method;

use super::ModelRef;
use crate::envelope::{DecodeError, Envelope};
use crate::operation::{Operation, Replay};
use crate::target::Target;
use crate::types::Model;

/// Gets a model by its id, with its name, type, latest version and owner: `GET /v2/models/{id}`.
///
/// A version in the [`ModelRef`] is ignored. To get a model in a certain version, use
/// [`GetModelOutputInfo`](super::GetModelOutputInfo).
#[doc(alias("Models.get", "get_info"))]
#[derive(Clone, Debug)]
pub struct GetModel {
    model: ModelRef,
}

impl GetModel {
    /// Creates a request for this model.
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
