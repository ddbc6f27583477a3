//! Workflows: models one behind the other, asked in one call.

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
