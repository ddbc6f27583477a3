//! `POST /v2/datasets/{id}/inputs`: adds stored inputs to a dataset.

use serde_json::json;

use crate::arguments::{check_count, check_stored_id};
use crate::batch::Batch;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::{Error, InvalidArgument};
use crate::operation::{Batched, Operation, Replay, Spec};
use crate::target::Target;
use crate::types::DatasetInput;

/// Adds 1 to 128 stored inputs to a dataset: `POST /v2/datasets/{id}/inputs`.
///
/// Each input has its own outcome: 64100 if it was added, 64101 if the dataset contains it already. If no input could
/// be added, the call is an error that contains the reasons: see [`by_item`](crate::Operation::by_item). For any number
/// of inputs, pass it to [`SendMany`](crate::bulk::SendMany).
#[doc(alias("PostDatasetInputs", "merge_dataset"))]
#[derive(Clone, Debug)]
pub struct AddDatasetInputs {
    dataset: String,
    inputs: Vec<String>,
}

impl AddDatasetInputs {
    /// Creates a request without inputs, for the dataset with the id `dataset`.
    pub fn new(dataset: impl Into<String>) -> Self {
        Self { dataset: dataset.into(), inputs: Vec::new() }
    }

    /// Adds the input with this id.
    pub fn input(mut self, id: impl Into<String>) -> Self {
        self.inputs.push(id.into());
        self
    }

    /// Adds the inputs with these ids.
    pub fn inputs(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.inputs.extend(ids.into_iter().map(Into::into));
        self
    }
}

impl Operation for AddDatasetInputs {
    type Output = Batch<DatasetInput>;
    const SPEC: Spec = Spec::post("add dataset inputs").partial().replay(Replay::Idempotent);

    fn target(&self, target: &mut Target) {
        target.path("datasets").id("dataset id", &self.dataset).path("inputs");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        check_count("inputs", self.inputs.len())?;
        for (index, id) in self.inputs.iter().enumerate() {
            check_stored_id("id", id).map_err(|invalid| invalid.at("inputs", index))?;
        }
        let inputs: Vec<_> = self.inputs.iter().map(|id| json!({"input": {"id": id}})).collect();
        Body::json(&json!({"dataset_inputs": inputs}))
    }

    fn decode(&self, response: &Envelope) -> Result<Batch<DatasetInput>, DecodeError> {
        Batch::read(Self::SPEC.name, response, "dataset_inputs", self.inputs.iter().map(|id| Some(&**id)))
    }

    fn total_failure(&self, batch: &Batch<DatasetInput>) -> Option<Error> {
        batch.total_failure()
    }
}

impl Batched for AddDatasetInputs {
    type Item = String;
    type Response = DatasetInput;

    fn with_items(&self, items: Vec<String>) -> Self {
        Self { dataset: self.dataset.clone(), inputs: items }
    }

    fn check(&self, id: &String) -> Result<(), InvalidArgument> {
        check_stored_id("id", id)
    }

    fn item_id(id: &String) -> Option<&str> {
        Some(id)
    }
}
