//! `DELETE /v2/models/{id}`, `…/versions/{version}` and `DELETE /v2/models`: deletion of models and versions.

use http::Method;

use super::ModelRef;
use crate::arguments::Which;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::target::Target;
use crate::types::Status;

/// Deletes a model with all its versions: `DELETE /v2/models/{id}`.
///
/// A version in the [`ModelRef`] is ignored. The service responds before the deletion is complete; to wait for it, see
/// [`ModelDeleted`](crate::machine::ModelDeleted).
#[doc(alias = "Models.delete")]
#[derive(Clone, Debug)]
pub struct DeleteModel {
    model: ModelRef,
}

impl DeleteModel {
    /// Creates a request to delete this model.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into() }
    }
}

impl Operation for DeleteModel {
    type Output = Status;
    const NAME: &'static str = "delete model";
    const METHOD: Method = Method::DELETE;

    fn replay(&self) -> Replay {
        Replay::Idempotent
    }

    fn target(&self, target: &mut Target) {
        target.owner(self.model.owner()).path("models").id("model id", self.model.id());
    }

    fn decode(&self, answer: &Envelope) -> Result<Status, DecodeError> {
        answer.done()
    }
}

/// Deletes one version of a model: `DELETE /v2/models/{id}/versions/{version}`.
#[doc(alias = "delete_version")]
#[derive(Clone, Debug)]
pub struct DeleteModelVersion {
    model: ModelRef,
    version: String,
}

impl DeleteModelVersion {
    /// Creates a request to delete this version of the model.
    pub fn new(model: impl Into<ModelRef>, version: impl Into<String>) -> Self {
        Self { model: model.into(), version: version.into() }
    }
}

impl Operation for DeleteModelVersion {
    type Output = Status;
    const NAME: &'static str = "delete model version";
    const METHOD: Method = Method::DELETE;

    fn replay(&self) -> Replay {
        Replay::Idempotent
    }

    fn target(&self, target: &mut Target) {
        target.owner(self.model.owner()).path("models").id("model id", self.model.id());
        target.path("versions").id("model version id", &self.version);
    }

    fn decode(&self, answer: &Envelope) -> Result<Status, DecodeError> {
        answer.done()
    }
}

/// Deletes 1 to 128 models, or every model of the app: `DELETE /v2/models`.
///
/// The service responds before the deletion is complete; to wait for it, see
/// [`AllModelsDeleted`](crate::machine::AllModelsDeleted).
#[doc(alias("Models.delete", "Models.delete_all"))]
#[derive(Clone, Debug)]
pub struct DeleteModels(Which);

impl DeleteModels {
    /// Creates a request to delete the models with these ids, 1 to 128.
    pub fn ids(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(Which::ids(ids))
    }

    /// Creates a request to delete every model of the app.
    pub fn all() -> Self {
        Self(Which::All)
    }
}

impl Operation for DeleteModels {
    type Output = Status;
    const NAME: &'static str = "delete models";
    const METHOD: Method = Method::DELETE;

    fn replay(&self) -> Replay {
        Replay::Idempotent
    }

    fn target(&self, target: &mut Target) {
        target.path("models");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.0.body()
    }

    fn decode(&self, answer: &Envelope) -> Result<Status, DecodeError> {
        answer.done()
    }
}
