//! `DELETE /v2/models/{id}`: deletes one model.

use super::ModelRef;
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
