//! Models: find them, look at them, predict with them.

mod get;
mod list;
mod model_ref;
mod output_info;
mod predict;
mod search;

pub use get::GetModel;
pub use list::ListModels;
pub use model_ref::ModelRef;
pub use output_info::GetModelOutputInfo;
pub use predict::{ConceptSelector, OutputOptions, Predict};
pub use search::SearchModels;

use serde::Deserialize;

use crate::model::Model;

/// The answer with one model in it.
#[derive(Deserialize)]
struct OneModel {
    #[serde(default, deserialize_with = "crate::lenient::read")]
    model: Option<Model>,
}

/// The answer with a list of models in it.
#[derive(Deserialize)]
struct ManyModels {
    #[serde(default, deserialize_with = "crate::lenient::read")]
    models: Option<Vec<Model>>,
}
