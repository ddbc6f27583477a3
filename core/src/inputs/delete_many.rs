//! `DELETE /v2/inputs`: deletes several inputs, or all inputs.

use crate::arguments::Which;
use crate::operation::{Spec, plain_operation};
use crate::types::Status;

/// Deletes 1 to 128 inputs, or all inputs of the app.
///
/// The service responds before the inputs are deleted.
#[doc(alias("Inputs.delete", "Inputs.delete_all"))]
#[derive(Clone, Debug)]
pub struct DeleteInputs(Which);

impl DeleteInputs {
    /// Creates a request to delete the inputs with these ids, 1 to 128.
    pub fn ids(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(Which::ids(ids))
    }

    /// Creates a request to delete every input of the app.
    ///
    /// **Deprecated by Clarifai; still accepted.** If the service refuses it, list the inputs and delete them by id.
    pub fn all() -> Self {
        Self(Which::All)
    }
}

plain_operation!(DeleteInputs => Status {
    spec: Spec::delete("delete inputs"),
    target: |_, target| target.path("inputs"),
    body: |this| this.0.body(),
    decode: done(),
});
