//! `DELETE /v2/inputs`: deletes several inputs.

use crate::arguments::Which;
use crate::operation::{Spec, plain_operation};
use crate::types::Status;

/// Deletes 1 to 128 inputs.
///
/// The service responds before the inputs are deleted. To delete all inputs of the app, run
/// [`DeleteAllInputs`](crate::machine::DeleteAllInputs).
#[doc(alias("Inputs.delete", "Inputs.delete_all"))]
#[derive(Clone, Debug)]
pub struct DeleteInputs(Which);

impl DeleteInputs {
    /// Creates a request to delete the inputs with these ids, 1 to 128.
    pub fn ids(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(Which::ids(ids))
    }

    /// Creates a request with `delete_all`, which deleted every input of the app until February 2021.
    ///
    /// **Withdrawn by Clarifai**: the current API refuses it. [`DeleteAllInputs`](crate::machine::DeleteAllInputs) works
    /// with every version of the service.
    pub fn by_withdrawn_flag() -> Self {
        Self(Which::All)
    }
}

plain_operation!(DeleteInputs => Status {
    spec: Spec::delete("delete inputs"),
    target: |_, target| target.path("inputs"),
    body: |this| this.0.body(),
    decode: done(),
});
