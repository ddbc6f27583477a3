//! `GET /v2/workflows/{id}`: a workflow and its nodes.

use http::Method;

use crate::envelope::{DecodeError, Envelope};
use crate::operation::{Operation, Replay};
use crate::target::{AppRef, Target};
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

impl Operation for GetWorkflow {
    type Output = Workflow;
    const NAME: &'static str = "get workflow";
    const METHOD: Method = Method::GET;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        target.owner(self.owner.as_ref()).path("workflows").id("workflow id", &self.id);
    }

    fn decode(&self, answer: &Envelope) -> Result<Workflow, DecodeError> {
        answer.one("workflow")
    }
}
