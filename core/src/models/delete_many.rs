//! `DELETE /v2/models`: deletes several models, or all models.

use crate::arguments::Which;
use crate::operation::{Spec, plain_operation};
use crate::types::Status;

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
