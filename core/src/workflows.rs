//! Operations on workflows. A workflow is a graph of models that one request runs together.

mod delete;
mod get;
mod list;
mod predict;
mod write;

pub use delete::{DeleteWorkflow, DeleteWorkflows};
pub use get::GetWorkflow;
pub use list::{ListPublicWorkflows, ListWorkflows};
pub use predict::PredictWorkflow;
pub use write::{CreateWorkflow, NewWorkflowNode, PatchWorkflow};
