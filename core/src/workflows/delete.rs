//! `DELETE /v2/workflows/{id}` and `DELETE /v2/workflows`: deletion of workflows.

use http::Method;

use crate::arguments::Which;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::target::Target;
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
