//! Operations on workflows. A workflow is a graph of models that one request runs together.

mod delete;
mod get;
mod list;
mod list_public;
mod predict;
mod write;

pub use delete::{DeleteWorkflow, DeleteWorkflows};
pub use get::GetWorkflow;
pub use list::ListWorkflows;
pub use list_public::ListPublicWorkflows;
pub use predict::PredictWorkflow;
pub use write::{CreateWorkflow, NewWorkflowNode, PatchWorkflow};
