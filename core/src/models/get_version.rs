//! `GET /v2/models/{id}/versions/{version}`: one version of a model.

use super::ModelRef;
use crate::operation::{Spec, plain_operation};
use crate::types::ModelVersion;

/// Gets one version of a model: `GET /v2/models/{id}/versions/{version}`.
#[doc(alias = "get_version")]
#[derive(Clone, Debug)]
pub struct GetModelVersion {
    model: ModelRef,
    version: String,
}

impl GetModelVersion {
    /// Creates a request for this version of the model.
    pub fn new(model: impl Into<ModelRef>, version: impl Into<String>) -> Self {
        Self { model: model.into(), version: version.into() }
    }
}

plain_operation!(GetModelVersion => ModelVersion {
    spec: Spec::get("get model version"),
    target: |this, target| this.model.path(target).path("versions").id("model version id", &this.version),
    decode: one("model_version"),
});
