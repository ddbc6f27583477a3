//! `GET /v2/models/{id}/versions`: the versions of a model, one page per request.

use super::ModelRef;
use crate::operation::{Spec, paged, plain_operation};
use crate::page::Page;
use crate::types::ModelVersion;

/// Lists one page of the versions of a model: `GET /v2/models/{id}/versions`.
#[doc(alias = "list_versions")]
#[derive(Clone, Debug)]
pub struct ListModelVersions {
    model: ModelRef,
    page: Page,
}

impl ListModelVersions {
    /// Creates a request for the first page, with 20 versions of this model.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into(), page: Page::default() }
    }

    /// Sets the page. Default: the first, with 20 versions.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }
}

plain_operation!(ListModelVersions => Vec<ModelVersion> {
    spec: Spec::get("list model versions"),
    target: |this, target| this.model.path(target).path("versions").page(this.page),
    decode: list("model_versions"),
});

paged!(ListModelVersions, |version: &ModelVersion| version.id.as_str().into());
