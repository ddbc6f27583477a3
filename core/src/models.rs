//! Operations on models: predict, list, search, create, train, change and delete.

mod create;
mod delete;
mod feedback;
mod get;
mod inputs;
mod list;
mod metrics;
mod model_ref;
pub(crate) mod model_type;
mod output_info;
mod patch;
mod predict;
mod search;
mod versions;

pub use create::CreateModel;
pub use delete::{DeleteModel, DeleteModelVersion, DeleteModels};
pub use feedback::SendModelFeedback;
pub use get::GetModel;
pub use inputs::ListModelInputs;
pub use list::ListModels;
pub use metrics::{EvaluateModelVersion, GetModelVersionMetrics};
pub use model_ref::ModelRef;
pub use output_info::GetModelOutputInfo;
pub use patch::PatchModel;
pub use predict::{OutputOptions, Predict};
pub use search::SearchModels;
pub use versions::{CreateModelVersion, GetModelVersion, ListModelVersions};

use serde_json::{Value, json};

use crate::error::InvalidArgument;

/// Returns the concept ids in the form of a model's `data`. Fails if there are none, or if an id is not valid.
fn concept_ids(ids: &[String]) -> Result<Value, InvalidArgument> {
    if ids.is_empty() {
        return Err(InvalidArgument::new("concepts", "are missing"));
    }
    let concept = |(index, id): (usize, &String)| {
        crate::target::check_id("id", id).map_err(|invalid| invalid.at("concepts", index))?;
        Ok(json!({"id": id}))
    };
    ids.iter().enumerate().map(concept).collect()
}
