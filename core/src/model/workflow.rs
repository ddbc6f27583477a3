//! Workflows: models chained to one another, and what they answer with.

use serde_json::Value;

use super::{Image, Input, Model, Output, OutputInfo, Status, Timestamp, Visibility};
use crate::lenient::record;

record! {
    /// Models that work on an input one after the other, or side by side.
    pub struct Workflow {
        /// The id, unique within its app.
        pub id: String,
        /// The app it belongs to.
        pub app_id: Option<String>,
        /// The user or organisation the app belongs to.
        pub user_id: Option<String>,
        /// When it was created.
        pub created_at: Option<Timestamp>,
        /// When it was last changed.
        pub modified_at: Option<Timestamp>,
        /// The models, and how they are chained.
        pub nodes: Option<Vec<WorkflowNode>>,
        /// The version in question.
        pub version: Option<Box<WorkflowVersion>>,
        /// Whatever its owner attached.
        pub metadata: Option<Value>,
        /// Who may see it.
        pub visibility: Option<Visibility>,
        /// Whether the caller has marked it.
        pub is_starred: Option<bool>,
        /// How many users have marked it.
        pub star_count: Option<u64>,
        /// What it does, in a sentence or two.
        pub description: Option<String>,
        /// Notes of its owner.
        pub notes: Option<String>,
        /// What people use it for.
        pub use_cases: Option<Vec<String>>,
        /// What a user has to agree to first.
        pub check_consents: Option<Vec<String>>,
        /// What it is a bookmark of.
        pub bookmark_origin: Option<Value>,
        /// A picture to show for it.
        pub image: Option<Box<Image>>,
    }
}

impl Workflow {
    /// The models and how they are chained.
    pub fn nodes(&self) -> &[WorkflowNode] {
        self.nodes.as_deref().unwrap_or_default()
    }
}

record! {
    /// A model in a workflow.
    pub struct WorkflowNode {
        /// The id other nodes name this one by.
        pub id: String,
        /// The model.
        pub model: Option<Box<Model>>,
        /// The nodes whose outputs it works on; none if it works on the input of the workflow.
        pub node_inputs: Option<Vec<NodeInput>>,
        /// Whether its output is left out of the result.
        pub suppress_output: Option<bool>,
        /// Settings of the model for this workflow only.
        pub output_info_override: Option<Box<OutputInfo>>,
    }
}

record! {
    /// A node whose output another one works on.
    pub struct NodeInput {
        /// The id of the node.
        pub node_id: Option<String>,
    }
}

record! {
    /// One state of a workflow.
    pub struct WorkflowVersion {
        /// The id of the version.
        pub id: String,
        /// The workflow it belongs to.
        pub workflow_id: Option<String>,
        /// When it was created.
        pub created_at: Option<Timestamp>,
        /// When it was last changed.
        pub modified_at: Option<Timestamp>,
        /// Who may see it.
        pub visibility: Option<Visibility>,
        /// The models, and how they are chained.
        pub nodes: Option<Vec<WorkflowNode>>,
        /// Whatever its owner attached.
        pub metadata: Option<Value>,
        /// The app it belongs to.
        pub app_id: Option<String>,
        /// The user or organisation the app belongs to.
        pub user_id: Option<String>,
        /// What it does, in a sentence or two.
        pub description: Option<String>,
        /// The licence it may be used under.
        pub license: Option<String>,
        /// Whether there is something better to use.
        pub is_deprecated: Option<bool>,
    }
}

record! {
    /// What a workflow says about one input. Results come in the order of the inputs.
    pub struct WorkflowResult {
        /// The id of the result.
        pub id: String,
        /// How it went for this input.
        pub status: Option<Status>,
        /// When it was made.
        pub created_at: Option<Timestamp>,
        /// What the workflow was asked about.
        pub input: Option<Input>,
        /// What each model says, in the order of the nodes.
        pub outputs: Option<Vec<Output>>,
        /// Whether outputs were left out.
        pub suppress_output: Option<bool>,
    }
}

impl WorkflowResult {
    /// What each model says, in the order of the nodes.
    pub fn outputs(&self) -> &[Output] {
        self.outputs.as_deref().unwrap_or_default()
    }

    /// What the model with this id or name says.
    pub fn output_of(&self, model: &str) -> Option<&Output> {
        self.outputs()
            .iter()
            .find(|output| output.model.as_ref().is_some_and(|made_by| made_by.id == model || made_by.name == model))
    }
}
