//! `GET /v2/workflows/{id}`: what a workflow is made of.

use http::Method;

use crate::envelope::{DecodeError, Envelope};
use crate::operation::{Operation, Replay};
use crate::target::{AppRef, Target};
use crate::types::Workflow;

/// Looks up a workflow by its id.
#[doc(alias = "Workflows.get")]
#[derive(Clone, Debug)]
pub struct GetWorkflow {
    id: String,
    owner: Option<AppRef>,
}

impl GetWorkflow {
    /// The workflow with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), owner: None }
    }

    /// The workflow of that user's app, whatever the scope of the [`Config`](crate::Config).
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
