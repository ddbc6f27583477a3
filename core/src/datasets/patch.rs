//! `PATCH /v2/datasets`: changes 1 to 128 datasets.

use super::NewDataset;
use super::new_dataset::write_datasets;
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec};
use crate::patch::PatchAction;
use crate::target::Target;
use crate::types::Dataset;

/// Changes the descriptions, metadata and visibility of 1 to 128 datasets: `PATCH /v2/datasets`.
///
/// The inputs of a dataset do not change: see [`AddDatasetInputs`](super::AddDatasetInputs) and
/// [`RemoveDatasetInputs`](super::RemoveDatasetInputs).
#[doc(alias("patch_dataset", "App.patch_dataset"))]
#[derive(Clone, Debug)]
pub struct PatchDatasets {
    action: PatchAction,
    datasets: Vec<NewDataset>,
}

impl PatchDatasets {
    /// Creates an empty request with this action.
    pub fn new(action: PatchAction) -> Self {
        Self { action, datasets: Vec::new() }
    }

    /// Creates an empty request that adds to the existing values, member by member in the metadata.
    pub fn merge() -> Self {
        Self::new(PatchAction::Merge)
    }

    /// Creates an empty request that replaces the existing values.
    pub fn overwrite() -> Self {
        Self::new(PatchAction::Overwrite)
    }

    /// Creates an empty request that removes existing values.
    pub fn remove() -> Self {
        Self::new(PatchAction::Remove)
    }

    /// Adds the changes to one dataset. Sending a dataset with nothing but an id fails.
    pub fn dataset(mut self, dataset: NewDataset) -> Self {
        self.datasets.push(dataset);
        self
    }
}

impl Operation for PatchDatasets {
    type Output = Vec<Dataset>;
    const SPEC: Spec = Spec::patch("patch datasets").replay(Replay::Idempotent);

    fn target(&self, target: &mut Target) {
        target.path("datasets");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        let mut json = BodyWriter::with_capacity(192);
        json.raw("{\"action\":").value("action", &self.action)?.raw(",");
        write_datasets(&self.datasets, &mut json, |dataset| match dataset.is_empty() {
            true => Err(InvalidArgument::new("patch", format!("of `{}` changes nothing", dataset.id()))),
            false => Ok(()),
        })?;
        json.raw("}");
        Ok(json.finish())
    }

    fn decode(&self, response: &Envelope) -> Result<Vec<Dataset>, DecodeError> {
        response.list_of("datasets", self.datasets.len())
    }
}
