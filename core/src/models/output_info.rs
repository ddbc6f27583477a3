//! `GET /v2/models/{id}/output_info`: a model with its concepts and settings.

use super::ModelRef;
use crate::operation::{Spec, plain_operation};
use crate::types::Model;

/// Gets a model with its concepts (`output_info.data.concepts`) and settings: `GET /v2/models/{id}/output_info`.
///
/// If the [`ModelRef`] has a version, the response describes that version:
/// `GET /v2/models/{id}/versions/{version}/output_info`.
#[doc(alias("get_info", "get_concept_ids"))]
#[derive(Clone, Debug)]
pub struct GetModelOutputInfo {
    model: ModelRef,
}

impl GetModelOutputInfo {
    /// Creates a request for the concepts and settings of this model.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into() }
    }
}

plain_operation!(GetModelOutputInfo => Model {
    spec: Spec::get("get model output info"),
    target: |this, target| this.model.path_of_version(target).path("output_info"),
    decode: one("model"),
});
