//! `PATCH /v2/workflows`: changes the nodes of a workflow.

use serde_json::json;

use super::new_node::{NewWorkflowNode, only_workflow, workflow_json};
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec};
use crate::patch::PatchAction;
use crate::target::Target;
use crate::types::Workflow;

/// Changes the nodes of a workflow: `PATCH /v2/workflows`. The request needs at least one node.
#[derive(Clone, Debug)]
pub struct PatchWorkflow {
    id: String,
    action: PatchAction,
    nodes: Vec<NewWorkflowNode>,
}

impl PatchWorkflow {
    /// Creates a request for the workflow with this id, without nodes. The action applies to the nodes.
    pub fn new(id: impl Into<String>, action: PatchAction) -> Self {
        Self { id: id.into(), action, nodes: Vec::new() }
    }

    /// Creates a request that adds nodes to the workflow with this id, and replaces those with the same ids.
    pub fn merge(id: impl Into<String>) -> Self {
        Self::new(id, PatchAction::Merge)
    }

    /// Creates a request that replaces the nodes of the workflow with this id.
    pub fn overwrite(id: impl Into<String>) -> Self {
        Self::new(id, PatchAction::Overwrite)
    }

    /// Creates a request that removes nodes from the workflow with this id.
    pub fn remove(id: impl Into<String>) -> Self {
        Self::new(id, PatchAction::Remove)
    }

    /// Adds a node to those that the action merges, sets or removes.
    pub fn node(mut self, node: NewWorkflowNode) -> Self {
        self.nodes.push(node);
        self
    }
}

impl Operation for PatchWorkflow {
    type Output = Workflow;
    const SPEC: Spec = Spec::patch("patch workflow").replay(Replay::Idempotent);

    fn target(&self, target: &mut Target) {
        target.path("workflows");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        Body::json(&json!({"action": self.action, "workflows": [workflow_json(&self.id, &self.nodes)?]}))
    }

    fn decode(&self, answer: &Envelope) -> Result<Workflow, DecodeError> {
        only_workflow(answer)
    }
}
