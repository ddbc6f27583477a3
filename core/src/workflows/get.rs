//! `GET /v2/workflows/{id}`: a workflow and its nodes.

use crate::operation::{Spec, plain_operation};
use crate::target::AppRef;
use crate::types::Workflow;

/// Gets a workflow and its nodes by its id: `GET /v2/workflows/{id}`.
#[doc(alias = "Workflows.get")]
#[derive(Clone, Debug)]
pub struct GetWorkflow {
    id: String,
    owner: Option<AppRef>,
}

impl GetWorkflow {
    /// Creates a request for the workflow with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), owner: None }
    }

    /// Sets the app that contains the workflow. Default: the app of the [`Config`](crate::Config).
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.owner = Some(owner);
        self
    }
}

plain_operation!(GetWorkflow => Workflow {
    spec: Spec::get("get workflow"),
    target: |this, target| target.owner(this.owner.as_ref()).path("workflows").id("workflow id", &this.id),
    decode: one("workflow"),
});
