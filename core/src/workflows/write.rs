//! `POST` and `PATCH /v2/workflows`: creation of a workflow and changes to its nodes.

use http::Method;
use serde_json::{Value, json};

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::models::ModelRef;
use crate::operation::{Operation, Replay};
use crate::patch::PatchAction;
use crate::target::{Target, check_id};
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
fn workflow(id: &str, nodes: &[NewWorkflowNode]) -> Result<Value, InvalidArgument> {
    check_id("id", id)?;
    if nodes.is_empty() {
        return Err(InvalidArgument::new("nodes", "must not be empty"));
    }
    let nodes = nodes.iter().enumerate();
    let nodes = nodes.map(|(index, node)| node.json().map_err(|invalid| invalid.at("nodes", index)));
    Ok(json!({"id": id, "nodes": nodes.collect::<Result<Vec<_>, _>>()?}))
}

fn only(answer: &Envelope) -> Result<Workflow, DecodeError> {
    answer.list_of::<Workflow>("workflows", 1)?.pop().ok_or_else(|| DecodeError::new("workflows", "is empty"))
}

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
    const NAME: &'static str = "create workflow";
    const METHOD: Method = Method::POST;

    fn replay(&self) -> Replay {
        Replay::Idempotent
    }

    fn target(&self, target: &mut Target) {
        target.path("workflows");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        Body::json(&json!({"workflows": [workflow(&self.id, &self.nodes)?]}))
    }

    fn decode(&self, answer: &Envelope) -> Result<Workflow, DecodeError> {
        only(answer)
    }
}

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

    /// Adds a node to those that the action merges, sets or removes.
    pub fn node(mut self, node: NewWorkflowNode) -> Self {
        self.nodes.push(node);
        self
    }
}

impl Operation for PatchWorkflow {
    type Output = Workflow;
    const NAME: &'static str = "patch workflow";
    const METHOD: Method = Method::PATCH;

    fn replay(&self) -> Replay {
        Replay::Idempotent
    }

    fn target(&self, target: &mut Target) {
        target.path("workflows");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        Body::json(&json!({"action": self.action, "workflows": [workflow(&self.id, &self.nodes)?]}))
    }

    fn decode(&self, answer: &Envelope) -> Result<Workflow, DecodeError> {
        only(answer)
    }
}
