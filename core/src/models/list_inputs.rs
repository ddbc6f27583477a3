//! `GET /v2/models/{id}/inputs` and `…/versions/{version}/inputs`: the training inputs of a model.

use super::ModelRef;
use crate::operation::{Spec, paged, plain_operation};
use crate::page::Page;
use crate::types::Input;

/// Lists one page of the inputs that a model learns from: `GET /v2/models/{id}/inputs`.
///
/// If the [`ModelRef`] has a version, the list contains the inputs that this version was trained with.
#[doc(alias = "Model.get_inputs")]
#[derive(Clone, Debug)]
pub struct ListModelInputs {
    model: ModelRef,
    page: Page,
}

impl ListModelInputs {
    /// Creates a request for the first page, with 20 inputs, of this model or model version.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into(), page: Page::default() }
    }

    /// Sets the page. Default: the first, with 20 inputs.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }
}

plain_operation!(ListModelInputs => Vec<Input> {
    spec: Spec::get("list model inputs").partial(),
    target: |this, target| this.model.path_of_version(target).path("inputs").page(this.page),
    decode: list("inputs"),
});

paged!(ListModelInputs, |input: &Input| input.id.as_str().into());
