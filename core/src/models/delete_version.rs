//! `DELETE /v2/models/{id}/versions/{version}`: deletes one version of a model.

use super::ModelRef;
use crate::operation::{Spec, plain_operation};
use crate::types::Status;

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

plain_operation!(DeleteModelVersion => Status {
    spec: Spec::delete("delete model version"),
    target: |this, target| this.model.path(target).path("versions").id("model version id", &this.version),
    decode: done(),
});
