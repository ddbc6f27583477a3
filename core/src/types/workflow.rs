//! [`Workflow`]: a graph of models that is run by a single request.

use serde_json::Value;

use super::{Image, Model, OutputInfo, Timestamp, Visibility};
use crate::lenient::record;

record! {
    /// A graph of models that is run by a single request. A model processes the input of the workflow or the outputs of
    /// other models.
    pub struct Workflow {
        /// Workflow id, unique within its app.
        pub id: String,
        /// Id of the app that the workflow belongs to.
        pub app_id: Option<String>,
        /// Id of the user or organization that owns the app.
        pub user_id: Option<String>,
        /// Time the workflow was created.
        pub created_at: Option<Timestamp>,
        /// Time of the last change.
        pub modified_at: Option<Timestamp>,
        /// The models, and which outputs each of them processes.
        pub nodes: Option<Vec<WorkflowNode>>,
        /// The version that the request specified, or the latest one.
        pub version: Option<Box<WorkflowVersion>>,
        /// Free-form JSON attached by the owner.
        pub metadata: Option<Value>,
        /// Who may see the workflow.
        pub visibility: Option<Visibility>,
        /// Whether the caller has starred the workflow.
        pub is_starred: Option<bool>,
        /// Number of users who have starred the workflow.
        pub star_count: Option<u64>,
        /// Short description.
        pub description: Option<String>,
        /// Notes of the owner.
        pub notes: Option<String>,
        /// Use cases, as the owner lists them.
        pub use_cases: Option<Vec<String>>,
        /// Consents that a user must give before using the workflow.
        pub check_consents: Option<Vec<String>>,
        /// Original of which this workflow is a bookmark, as free-form JSON.
        pub bookmark_origin: Option<Value>,
        /// Image that illustrates the workflow.
        pub image: Option<Box<Image>>,
    }
}

impl Workflow {
    /// Returns the models, and which outputs each of them processes.
    pub fn nodes(&self) -> &[WorkflowNode] {
        self.nodes.as_deref().unwrap_or_default()
    }
}

record! {
    /// A model in a workflow.
    pub struct WorkflowNode {
        /// Node id, unique within the workflow.
        pub id: String,
        /// The model.
        pub model: Option<Box<Model>>,
        /// The nodes whose outputs the model processes. Absent or empty if it processes the input of the workflow.
        pub node_inputs: Option<Vec<NodeInput>>,
        /// Whether the output of the model is left out of the result.
        pub suppress_output: Option<bool>,
        /// Configuration of the model in this workflow, overriding its own.
        pub output_info_override: Option<Box<OutputInfo>>,
    }
}

record! {
    /// A node whose output another node processes.
    pub struct NodeInput {
        /// Id of the node.
        pub node_id: Option<String>,
    }
}

record! {
    /// One version of a workflow.
    pub struct WorkflowVersion {
        /// Version id.
        pub id: String,
        /// Id of the workflow.
        pub workflow_id: Option<String>,
        /// Time the version was created.
        pub created_at: Option<Timestamp>,
        /// Time of the last change.
        pub modified_at: Option<Timestamp>,
        /// Who may see the version.
        pub visibility: Option<Visibility>,
        /// The models, and which outputs each of them processes.
        pub nodes: Option<Vec<WorkflowNode>>,
        /// Free-form JSON attached by the owner.
        pub metadata: Option<Value>,
        /// Id of the app that the workflow belongs to.
        pub app_id: Option<String>,
        /// Id of the user or organization that owns the app.
        pub user_id: Option<String>,
        /// Short description.
        pub description: Option<String>,
        /// License.
        pub license: Option<String>,
        /// Whether the version is deprecated.
        pub is_deprecated: Option<bool>,
    }
}
