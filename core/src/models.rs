//! Operations on models: predict, list, search, create, train, change and delete.

mod create;
mod create_version;
mod delete;
mod delete_many;
mod delete_version;
mod feedback;
mod get;
mod get_version;
mod list;
mod list_inputs;
mod list_versions;
mod metrics;
mod model_ref;
pub(crate) mod model_type;
mod output_info;
mod output_options;
mod patch;
mod predict;
mod prediction_methods;
mod search;

pub use create::CreateModel;
pub use create_version::CreateModelVersion;
pub use delete::DeleteModel;
pub use delete_many::DeleteModels;
pub use delete_version::DeleteModelVersion;
pub use feedback::SendModelFeedback;
pub use get::GetModel;
pub use get_version::GetModelVersion;
pub use list::ListModels;
pub use list_inputs::ListModelInputs;
pub use list_versions::ListModelVersions;
pub use metrics::{EvaluateModelVersion, GetModelVersionMetrics};
pub use model_ref::ModelRef;
pub use output_info::GetModelOutputInfo;
pub use output_options::OutputOptions;
pub use patch::PatchModel;
pub use predict::Predict;
pub(crate) use prediction_methods::prediction_methods;
pub use search::SearchModels;

use serde_json::{Value, json};

use crate::error::InvalidArgument;

/// Returns the concept ids in the form of a model's `data`. Fails if there are none, or if an id is not valid.
fn concept_ids(ids: &[String]) -> Result<Value, InvalidArgument> {
    if ids.is_empty() {
        return Err(InvalidArgument::new("concepts", "must not be empty"));
    }
    let concept = |(index, id): (usize, &String)| {
        crate::target::check_id("id", id).map_err(|invalid| invalid.at("concepts", index))?;
        Ok(json!({"id": id}))
    };
    ids.iter().enumerate().map(concept).collect()
}
