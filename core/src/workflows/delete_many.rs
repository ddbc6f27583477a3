//! `DELETE /v2/workflows`: deletes several workflows, or all workflows.

use crate::arguments::Which;
use crate::operation::{Spec, plain_operation};
use crate::types::Status;

/// Deletes 1 to 128 workflows, or every workflow of the app: `DELETE /v2/workflows`.
#[derive(Clone, Debug)]
pub struct DeleteWorkflows(Which);

impl DeleteWorkflows {
    /// Creates a request to delete the workflows with these ids, 1 to 128.
    pub fn ids(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(Which::ids(ids))
    }

    /// Creates a request to delete every workflow of the app.
    pub fn all() -> Self {
        Self(Which::All)
    }
}

plain_operation!(DeleteWorkflows => Status {
    spec: Spec::delete("delete workflows"),
    target: |_, target| target.path("workflows"),
    body: |this| this.0.body(),
    decode: done(),
});
