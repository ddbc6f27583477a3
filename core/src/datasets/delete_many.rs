//! `DELETE /v2/datasets`: deletes several datasets.

use serde_json::json;

use crate::arguments::check_ids;
use crate::body::Body;
use crate::operation::{Spec, plain_operation};
use crate::types::Status;

/// Deletes 1 to 128 datasets: `DELETE /v2/datasets`. Their inputs remain in the app.
#[doc(alias("delete_dataset", "App.delete_dataset"))]
#[derive(Clone, Debug)]
pub struct DeleteDatasets {
    ids: Vec<String>,
}

impl DeleteDatasets {
    /// Creates a request to delete the datasets with these ids, 1 to 128.
    pub fn ids(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { ids: ids.into_iter().map(Into::into).collect() }
    }
}

plain_operation!(DeleteDatasets => Status {
    spec: Spec::delete("delete datasets"),
    target: |_, target| target.path("datasets"),
    body: |this| check_ids("ids", &this.ids).and_then(|()| Body::json(&json!({"dataset_ids": this.ids}))),
    decode: done(),
});
