//! A dataset to create, or the changes to one.

use serde_json::{Map, Value, json};

use crate::arguments::check_dataset_id;
use crate::error::InvalidArgument;
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
    metadata: Option<Value>,
    visibility: Option<Gettable>,
    default_annotation_filter: Option<Value>,
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

    /// Sets the metadata, which must be a JSON object.
    pub fn metadata(mut self, metadata: impl Into<Value>) -> Self {
        self.metadata = Some(metadata.into());
        self
    }

    /// Sets who may see the dataset. Default: the members of the app.
    pub fn visibility(mut self, visibility: Gettable) -> Self {
        self.visibility = Some(visibility);
        self
    }

    /// Sets the filter that decides which annotations belong to a new version, as the JSON object of the API.
    pub fn default_annotation_filter(mut self, filter: impl Into<Value>) -> Self {
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

    pub(super) fn json(&self) -> Result<Value, InvalidArgument> {
        check_dataset_id("id", &self.id)?;
        let mut json = Map::new();
        json.insert("id".to_owned(), json!(self.id));
        let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
        let visibility = self.visibility.as_ref().map(|gettable| json!({"gettable": gettable}));
        let image = self.image_url.as_ref().map(|url| json!({"url": url}));
        for (member, value) in [
            ("description", text(&self.description)),
            ("notes", text(&self.notes)),
            ("metadata", object("metadata", self.metadata.as_ref())?),
            ("visibility", visibility),
            (
                "default_annotation_filter",
                object("default annotation filter", self.default_annotation_filter.as_ref())?,
            ),
            ("image", image),
        ] {
            json.extend(value.map(|value| (member.to_owned(), value)));
        }
        Ok(json.into())
    }
}

/// Accepts a JSON object.
fn object(argument: &'static str, value: Option<&Value>) -> Result<Option<Value>, InvalidArgument> {
    match value {
        Some(value) if !value.is_object() => Err(InvalidArgument::new(argument, "must be a JSON object")),
        value => Ok(value.cloned()),
    }
}
