//! Which model is meant: id, version, and whose it is.

use serde::{Deserialize, Serialize};

use crate::target::{AppRef, Target};
use crate::types::Model;

/// Which model is meant.
///
/// A plain text is the id of a model of one's own app, in its latest version.
///
/// ```
/// use clarifai_core::{AppRef, models::ModelRef};
///
/// let own = ModelRef::from("holiday-sorter").with_version("aa7f35c01e0642fda5cf400f543e7c40");
/// let public = ModelRef::public("general-image-recognition");
/// let colleague = ModelRef::from("plants").in_app(AppRef::new("flora", "garden"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelRef {
    id: String,
    version: Option<String>,
    owner: Option<AppRef>,
}

impl ModelRef {
    /// One of the service's own models, of user `clarifai`, app `main`. Needs a personal access token.
    pub fn public(id: impl Into<String>) -> Self {
        Self::from(id.into()).in_app(AppRef::public())
    }

    /// That version of it rather than the latest.
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// The model of that user's app, whatever the scope of the [`Config`](crate::Config).
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.owner = Some(owner);
        self
    }

    /// The model's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The version's id, where one is named.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Whose it is, where that is named.
    pub fn owner(&self) -> Option<&AppRef> {
        self.owner.as_ref()
    }

    /// Appends `models/{id}`, and `versions/{version}` where one is named.
    pub(crate) fn target<'a>(&self, target: &'a mut Target) -> &'a mut Target {
        target.owner(self.owner.as_ref()).path("models").id("model id", &self.id);
        if let Some(version) = &self.version {
            target.path("versions").id("model version id", version);
        }
        target
    }
}

impl From<String> for ModelRef {
    fn from(id: String) -> Self {
        Self { id, version: None, owner: None }
    }
}

impl From<&str> for ModelRef {
    fn from(id: &str) -> Self {
        Self::from(id.to_owned())
    }
}

/// Refers to a model of a response, in the version it has there. If the response names its
/// user and app, so does the reference; otherwise it belongs to the default app.
impl From<&Model> for ModelRef {
    fn from(model: &Model) -> Self {
        let mut reference = Self::from(model.id.as_str());
        if let Some(version) = model.model_version.as_ref().filter(|version| !version.id.is_empty()) {
            reference = reference.with_version(version.id.as_str());
        }
        if let (Some(user), Some(app)) = (model.user_id.as_deref(), model.app_id.as_deref()) {
            if !user.is_empty() && !app.is_empty() {
                reference = reference.in_app(AppRef::new(user, app));
            }
        }
        reference
    }
}

impl From<&ModelRef> for ModelRef {
    fn from(model: &ModelRef) -> Self {
        model.clone()
    }
}
