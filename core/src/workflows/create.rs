//! `POST /v2/workflows`: creates a workflow.

use serde_json::json;

use super::new_node::{NewWorkflowNode, only_workflow, workflow_json};
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec};
use crate::target::Target;
use crate::types::Workflow;

/// Creates a workflow: `POST /v2/workflows`. It needs at least one node.
///
/// ```
/// use clarifai_core::models::ModelRef;
/// use clarifai_core::workflows::{CreateWorkflow, NewWorkflowNode};
///
/// let create = CreateWorkflow::new("look-twice")
///     .node(NewWorkflowNode::new("what", ModelRef::public("general-image-recognition")))
///     .node(NewWorkflowNode::new("colors", ModelRef::public("color-recognition")));
/// ```
#[derive(Clone, Debug)]
pub struct CreateWorkflow {
    id: String,
    nodes: Vec<NewWorkflowNode>,
}

impl CreateWorkflow {
    /// Creates a request for a workflow with this id, without nodes.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), nodes: Vec::new() }
    }

    /// Adds a node.
    pub fn node(mut self, node: NewWorkflowNode) -> Self {
        self.nodes.push(node);
        self
    }
}

impl Operation for CreateWorkflow {
    type Output = Workflow;
    const SPEC: Spec = Spec::post("create workflow").replay(Replay::Idempotent);

    fn target(&self, target: &mut Target) {
        target.path("workflows");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        Body::json(&json!({"workflows": [workflow_json(&self.id, &self.nodes)?]}))
    }

    fn decode(&self, answer: &Envelope) -> Result<Workflow, DecodeError> {
        only_workflow(answer)
    }
}
