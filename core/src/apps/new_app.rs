//! An app to create, or the changes to one.

use serde_json::json;

use crate::arguments::check_dataset_id;
use crate::body::BodyWriter;
use crate::error::InvalidArgument;
use crate::inputs::Metadata;
use crate::target::AppRef;
use crate::types::Gettable;

/// An app to create, or the changes to an existing one.
///
/// ```
/// use clarifai_core::apps::{CreateApps, NewApp};
///
/// let create = CreateApps::new().app(NewApp::new("harbors").public_workflow("Universal"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NewApp {
    id: String,
    description: Option<String>,
    notes: Option<String>,
    metadata: Option<Metadata>,
    visibility: Option<Gettable>,
    default_language: Option<String>,
    default_workflow: Option<(AppRef, String)>,
}

impl NewApp {
    /// Creates an app with this id: 1 to 48 letters, digits, `-`, `_` and `.`.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            description: None,
            notes: None,
            metadata: None,
            visibility: None,
            default_language: None,
            default_workflow: None,
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

    /// Sets who may see the app. Default: only the owner.
    pub fn visibility(mut self, visibility: Gettable) -> Self {
        self.visibility = Some(visibility);
        self
    }

    /// Sets the language of concept names, such as `en`. Default: English.
    pub fn default_language(mut self, language: impl Into<String>) -> Self {
        self.default_language = Some(language.into());
        self
    }

    /// Sets the workflow that processes new inputs, by its app and its id. Default: chosen by the service.
    pub fn default_workflow(mut self, owner: AppRef, id: impl Into<String>) -> Self {
        self.default_workflow = Some((owner, id.into()));
        self
    }

    /// Sets a public workflow of Clarifai that processes new inputs, such as `Universal`.
    pub fn public_workflow(self, id: impl Into<String>) -> Self {
        self.default_workflow(AppRef::public(), id)
    }

    /// Returns the id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns whether nothing but the id is set.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::new(&*self.id)
    }

    /// Writes the app as a JSON object.
    pub(super) fn write(&self, json: &mut BodyWriter) -> Result<(), InvalidArgument> {
        check_dataset_id("app id", &self.id)?;
        json.raw("{\"id\":").value("id", &self.id)?;
        let texts =
            [("description", &self.description), ("notes", &self.notes), ("default_language", &self.default_language)];
        for (name, text) in texts {
            if let Some(text) = text {
                json.raw(",\"").raw(name).raw("\":").value(name, text)?;
            }
        }
        if let Some(metadata) = &self.metadata {
            metadata.check()?;
            json.raw(",\"metadata\":").raw(metadata.as_str());
        }
        if let Some(gettable) = &self.visibility {
            json.raw(",\"visibility\":").value("visibility", &json!({"gettable": gettable}))?;
        }
        if let Some((owner, id)) = &self.default_workflow {
            let workflow = json!({"id": id, "user_id": owner.user_id(), "app_id": owner.app_id()});
            json.raw(",\"default_workflow\":").value("default workflow", &workflow)?;
        }
        json.raw("}");
        Ok(())
    }
}
