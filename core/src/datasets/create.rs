//! `POST /v2/datasets`: creates 1 to 128 datasets.

use super::NewDataset;
use super::new_dataset::write_datasets;
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec};
use crate::target::Target;
use crate::types::Dataset;

/// Creates 1 to 128 datasets: `POST /v2/datasets`.
///
/// The ids are caller-chosen, so sending the request again creates nothing twice; the service refuses it.
///
/// ```
/// use clarifai_core::datasets::{CreateDatasets, NewDataset};
///
/// let create = CreateDatasets::new().dataset(NewDataset::new("train")).dataset(NewDataset::new("test"));
/// ```
#[doc(alias("create_dataset", "App.create_dataset", "PostDatasets"))]
#[derive(Clone, Debug, Default)]
pub struct CreateDatasets {
    datasets: Vec<NewDataset>,
}

impl CreateDatasets {
    /// Creates an empty request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a dataset.
    pub fn dataset(mut self, dataset: NewDataset) -> Self {
        self.datasets.push(dataset);
        self
    }
}

impl Operation for CreateDatasets {
    type Output = Vec<Dataset>;
    const SPEC: Spec = Spec::post("create datasets").replay(Replay::Idempotent);

    fn target(&self, target: &mut Target) {
        target.path("datasets");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        let mut json = BodyWriter::with_capacity(192);
        json.raw("{");
        write_datasets(&self.datasets, &mut json, |_| Ok(()))?;
        json.raw("}");
        Ok(json.finish())
    }

    fn decode(&self, response: &Envelope) -> Result<Vec<Dataset>, DecodeError> {
        response.list_of("datasets", self.datasets.len())
    }
}
