//! `DELETE /v2/models/{id}`, `…/versions/{version}` and `DELETE /v2/models`: deletion of models and versions.

use super::ModelRef;
use crate::arguments::Which;
use crate::operation::{Spec, plain_operation};
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

plain_operation!(DeleteModel => Status {
    spec: Spec::delete("delete model"),
    target: |this, target| this.model.path(target),
    decode: done(),
});

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

plain_operation!(DeleteModels => Status {
    spec: Spec::delete("delete models"),
    target: |_, target| target.path("models"),
    body: |this| this.0.body(),
    decode: done(),
});
