//! `DELETE /v2/datasets/{id}/inputs`: removes inputs from a dataset.

use serde_json::json;

use crate::arguments::check_ids;
use crate::body::Body;
use crate::operation::{Spec, plain_operation};
use crate::types::Status;

/// Removes 1 to 128 inputs from a dataset: `DELETE /v2/datasets/{id}/inputs`. The inputs remain in the app.
#[doc(alias = "DeleteDatasetInputs")]
#[derive(Clone, Debug)]
pub struct RemoveDatasetInputs {
    dataset: String,
    inputs: Vec<String>,
}

impl RemoveDatasetInputs {
    /// Creates a request to remove the inputs with these ids, 1 to 128, from the dataset with the id `dataset`.
    pub fn new(dataset: impl Into<String>, inputs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { dataset: dataset.into(), inputs: inputs.into_iter().map(Into::into).collect() }
    }
}

plain_operation!(RemoveDatasetInputs => Status {
    spec: Spec::delete("remove dataset inputs"),
    target: |this, target| target.path("datasets").id("dataset id", &this.dataset).path("inputs"),
    body: |this| check_ids("inputs", &this.inputs).and_then(|()| Body::json(&json!({"input_ids": this.inputs}))),
    decode: done(),
});
