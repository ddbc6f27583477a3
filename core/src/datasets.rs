//! Datasets: named sets of the inputs of an app, for training, evaluation and export.
//!
//! To put an input into a dataset while it is stored, use [`NewInput::dataset`](crate::inputs::NewInput::dataset).

mod add_inputs;
mod create;
mod delete_many;
mod get;
mod list;
mod list_inputs;
mod new_dataset;
mod patch;
mod remove_inputs;

pub use add_inputs::AddDatasetInputs;
pub use create::CreateDatasets;
pub use delete_many::DeleteDatasets;
pub use get::GetDataset;
pub use list::{DatasetOrder, ListDatasets};
pub use list_inputs::ListDatasetInputs;
pub use new_dataset::NewDataset;
pub use patch::PatchDatasets;
pub use remove_inputs::RemoveDatasetInputs;
