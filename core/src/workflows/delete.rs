//! `DELETE /v2/workflows/{id}` and `DELETE /v2/workflows`: a workflow, several, or all.

use http::Method;

use crate::arguments::Which;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::target::Target;
use crate::types::Status;

/// Deletes one workflow.
#[derive(Clone, Debug)]
pub struct DeleteWorkflow {
    id: String,
}

impl DeleteWorkflow {
    /// The workflow with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

impl Operation for DeleteWorkflow {
    type Output = Status;
    const NAME: &'static str = "delete workflow";
    const METHOD: Method = Method::DELETE;

    fn replay(&self) -> Replay {
        Replay::Idempotent
    }

    fn target(&self, target: &mut Target) {
        target.path("workflows").id("workflow id", &self.id);
    }

    fn decode(&self, answer: &Envelope) -> Result<Status, DecodeError> {
        answer.done()
    }
}

/// Deletes up to 128 workflows, or all of one's own.
#[derive(Clone, Debug)]
pub struct DeleteWorkflows(Which);

impl DeleteWorkflows {
    /// The workflows with these ids.
    pub fn ids(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(Which::ids(ids))
    }

    /// Every workflow of the app.
    pub fn all() -> Self {
        Self(Which::All)
    }
}

impl Operation for DeleteWorkflows {
    type Output = Status;
    const NAME: &'static str = "delete workflows";
    const METHOD: Method = Method::DELETE;

    fn replay(&self) -> Replay {
        Replay::Idempotent
    }

    fn target(&self, target: &mut Target) {
        target.path("workflows");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.0.body()
    }

    fn decode(&self, answer: &Envelope) -> Result<Status, DecodeError> {
        answer.done()
    }
}
