//! `DELETE /v2/workflows/{id}`: deletes one workflow.

use crate::operation::{Spec, plain_operation};
use crate::types::Status;

/// Deletes one workflow: `DELETE /v2/workflows/{id}`.
#[derive(Clone, Debug)]
pub struct DeleteWorkflow {
    id: String,
}

impl DeleteWorkflow {
    /// Creates a request to delete the workflow with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

plain_operation!(DeleteWorkflow => Status {
    spec: Spec::delete("delete workflow"),
    target: |this, target| target.path("workflows").id("workflow id", &this.id),
    decode: done(),
});
