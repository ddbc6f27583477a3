//! The nodes of a workflow to create or to change, and what both operations have in common.

use serde_json::{Value, json};

use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::models::ModelRef;
use crate::target::check_id;
use crate::types::Workflow;

/// A node of a workflow: a model, and the nodes whose outputs it takes as inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWorkflowNode {
    id: String,
    model: ModelRef,
    inputs: Vec<String>,
}

impl NewWorkflowNode {
    /// Creates a node with this id that runs the model on the input of the workflow.
    pub fn new(id: impl Into<String>, model: impl Into<ModelRef>) -> Self {
        Self { id: id.into(), model: model.into(), inputs: Vec::new() }
    }

    /// Adds the id of a node whose output this node takes as input, instead of the input of the workflow.
    pub fn after(mut self, node_id: impl Into<String>) -> Self {
        self.inputs.push(node_id.into());
        self
    }

    fn json(&self) -> Result<Value, InvalidArgument> {
        check_id("node id", &self.id)?;
        check_id("model id", self.model.id())?;
        let mut node = json!({"id": self.id, "model": {"id": self.model.id()}});
        if let Some(version) = self.model.version() {
            node["model"]["model_version"] = json!({"id": version});
        }
        if let Some(owner) = self.model.owner() {
            node["model"]["user_id"] = owner.user_id().into();
            node["model"]["app_id"] = owner.app_id().into();
        }
        if !self.inputs.is_empty() {
            node["node_inputs"] = self.inputs.iter().map(|id| json!({"node_id": id})).collect();
        }
        Ok(node)
    }
}

/// Returns a workflow as JSON. Fails if it has no nodes, or if an id is not valid.
pub(super) fn workflow_json(id: &str, nodes: &[NewWorkflowNode]) -> Result<Value, InvalidArgument> {
    check_id("id", id)?;
    if nodes.is_empty() {
        return Err(InvalidArgument::new("nodes", "must not be empty"));
    }
    let nodes = nodes.iter().enumerate();
    let nodes = nodes.map(|(index, node)| node.json().map_err(|invalid| invalid.at("nodes", index)));
    Ok(json!({"id": id, "nodes": nodes.collect::<Result<Vec<_>, _>>()?}))
}

/// Reads the only workflow of a response.
pub(super) fn only_workflow(answer: &Envelope) -> Result<Workflow, DecodeError> {
    answer.list_of::<Workflow>("workflows", 1)?.pop().ok_or_else(|| DecodeError::new("workflows", "is empty"))
}
