//! `GET /v2/models/{id}`: a model.

use super::ModelRef;
use crate::operation::{Spec, plain_operation};
use crate::types::Model;

/// Gets a model by its id, with its name, type, latest version and owner: `GET /v2/models/{id}`.
///
/// A version in the [`ModelRef`] is ignored. To get a model in a certain version, use
/// [`GetModelOutputInfo`](super::GetModelOutputInfo).
#[doc(alias("Models.get", "get_info"))]
#[derive(Clone, Debug)]
pub struct GetModel {
    model: ModelRef,
}

impl GetModel {
    /// Creates a request for this model.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into() }
    }
}

plain_operation!(GetModel => Model {
    spec: Spec::get("get model"),
    target: |this, target| this.model.path(target),
    decode: one("model"),
});
