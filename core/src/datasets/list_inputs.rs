//! `GET /v2/datasets/{id}/inputs`: lists the inputs of a dataset, one page per request.

use crate::operation::{Spec, paged, plain_operation};
use crate::page::Page;
use crate::target::AppRef;
use crate::types::DatasetInput;

/// Lists one page of the inputs of a dataset: `GET /v2/datasets/{id}/inputs`.
#[doc(alias("list_inputs", "Inputs.list_inputs"))]
#[derive(Clone, Debug)]
pub struct ListDatasetInputs {
    dataset: String,
    owner: Option<AppRef>,
    page: Page,
}

impl ListDatasetInputs {
    /// Creates a request for the first 20 inputs of the dataset with this id.
    pub fn new(dataset: impl Into<String>) -> Self {
        Self { dataset: dataset.into(), owner: None, page: Page::default() }
    }

    /// Sets the app that contains the dataset. Default: the app of the [`Config`](crate::Config).
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Sets the page. Default: the first, with 20 inputs.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }
}

plain_operation!(ListDatasetInputs => Vec<DatasetInput> {
    // The service reports a mixed status for a list that contains failed inputs; the list is complete nevertheless.
    spec: Spec::get("list dataset inputs").partial(),
    target: |this, target| {
        let target = target.owner(this.owner.as_ref()).path("datasets").id("dataset id", &this.dataset);
        target.path("inputs").page(this.page)
    },
    decode: list("dataset_inputs"),
});

paged!(ListDatasetInputs, |one: &DatasetInput| one.input_id().into());
