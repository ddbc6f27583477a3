//! Operations on workflows. A workflow is a graph of models that one request runs together.

mod create;
mod delete;
mod delete_many;
mod get;
mod list;
mod list_public;
mod new_node;
mod patch;
mod predict;

pub use create::CreateWorkflow;
pub use delete::DeleteWorkflow;
pub use delete_many::DeleteWorkflows;
pub use get::GetWorkflow;
pub use list::ListWorkflows;
pub use list_public::ListPublicWorkflows;
pub use new_node::NewWorkflowNode;
pub use patch::PatchWorkflow;
pub use predict::PredictWorkflow;
