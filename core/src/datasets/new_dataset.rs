//! A dataset to create, or the changes to one.

use serde_json::json;

use crate::arguments::{check_count, check_dataset_id};
use crate::body::BodyWriter;
use crate::error::InvalidArgument;
use crate::inputs::Metadata;
use crate::types::Gettable;

/// A dataset to create, or the changes to an existing one.
///
/// ```
/// use clarifai_core::datasets::{CreateDatasets, NewDataset, PatchDatasets};
/// use serde_json::json;
///
/// let create = CreateDatasets::new().dataset(NewDataset::new("boats").description("Boats at the quay"));
/// let change = PatchDatasets::merge().dataset(NewDataset::new("boats").metadata(json!({"season": 2})));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NewDataset {
    id: String,
    description: Option<String>,
    notes: Option<String>,
    metadata: Option<Metadata>,
    visibility: Option<Gettable>,
    default_annotation_filter: Option<Metadata>,
    image_url: Option<String>,
}

impl NewDataset {
    /// Creates a dataset with this id: 1 to 48 letters, digits, `-`, `_` and `.`.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            description: None,
            notes: None,
            metadata: None,
            visibility: None,
            default_annotation_filter: None,
            image_url: None,
        }
    }

    /// Sets the short description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the longer description, as Markdown.
    pub fn notes(mut self, notes: impl Into<String>) -> Self {
        self.notes = Some(notes.into());
        self
    }

    /// Sets the metadata, which must be a JSON object. Parse a [`Metadata`] from text to send numbers digit for digit.
    pub fn metadata(mut self, metadata: impl Into<Metadata>) -> Self {
        self.metadata = Some(metadata.into());
        self
    }

    /// Sets who may see the dataset. Default: the members of the app.
    pub fn visibility(mut self, visibility: Gettable) -> Self {
        self.visibility = Some(visibility);
        self
    }

    /// Sets the filter that decides which annotations belong to a new version, as the JSON object of the API.
    pub fn default_annotation_filter(mut self, filter: impl Into<Metadata>) -> Self {
        self.default_annotation_filter = Some(filter.into());
        self
    }

    /// Sets the URL of the cover image.
    pub fn image_url(mut self, url: impl Into<String>) -> Self {
        self.image_url = Some(url.into());
        self
    }

    /// Returns the id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns whether nothing but the id is set.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::new(&*self.id)
    }

    /// Writes the dataset as a member of `datasets`.
    pub(super) fn write(&self, json: &mut BodyWriter) -> Result<(), InvalidArgument> {
        check_dataset_id("id", &self.id)?;
        json.raw("{\"id\":").value("id", &self.id)?;
        if let Some(description) = &self.description {
            json.raw(",\"description\":").value("description", description)?;
        }
        if let Some(notes) = &self.notes {
            json.raw(",\"notes\":").value("notes", notes)?;
        }
        if let Some(metadata) = &self.metadata {
            metadata.check()?;
            json.raw(",\"metadata\":").raw(metadata.as_str());
        }
        if let Some(gettable) = &self.visibility {
            json.raw(",\"visibility\":").value("visibility", &json!({"gettable": gettable}))?;
        }
        if let Some(filter) = &self.default_annotation_filter {
            let invalid = |_| InvalidArgument::new("default annotation filter", "must be a JSON object");
            filter.check().map_err(invalid)?;
            json.raw(",\"default_annotation_filter\":").raw(filter.as_str());
        }
        if let Some(url) = &self.image_url {
            json.raw(",\"image\":").value("image", &json!({"url": url}))?;
        }
        json.raw("}");
        Ok(())
    }
}

/// Writes `"datasets":[…]` with 1 to 128 datasets, each of which `check` accepts.
pub(super) fn write_datasets(
    datasets: &[NewDataset],
    json: &mut BodyWriter,
    check: impl Fn(&NewDataset) -> Result<(), InvalidArgument>,
) -> Result<(), InvalidArgument> {
    check_count("datasets", datasets.len())?;
    json.raw("\"datasets\":[");
    for (index, dataset) in datasets.iter().enumerate() {
        if index > 0 {
            json.raw(",");
        }
        check(dataset).and_then(|()| dataset.write(json)).map_err(|invalid| invalid.at("datasets", index))?;
    }
    json.raw("]");
    Ok(())
}
