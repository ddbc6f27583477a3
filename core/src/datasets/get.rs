//! `GET /v2/datasets/{id}`: returns one dataset.

use crate::operation::{Spec, plain_operation};
use crate::target::AppRef;
use crate::types::Dataset;

/// Retrieves a dataset by its id: `GET /v2/datasets/{id}`. For its inputs, use
/// [`ListDatasetInputs`](super::ListDatasetInputs).
///
/// An id that does not exist is an error: [`Error::is_not_found`](crate::Error::is_not_found).
#[doc(alias("dataset", "App.dataset"))]
#[derive(Clone, Debug)]
pub struct GetDataset {
    id: String,
    owner: Option<AppRef>,
}

impl GetDataset {
    /// Creates a request for the dataset with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), owner: None }
    }

    /// Sets the app that contains the dataset. Default: the app of the [`Config`](crate::Config).
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.owner = Some(owner);
        self
    }
}

plain_operation!(GetDataset => Dataset {
    spec: Spec::get("get dataset"),
    target: |this, target| target.owner(this.owner.as_ref()).path("datasets").id("dataset id", &this.id),
    decode: one("dataset"),
});
