//! A reference to a model: its id, version and app.

use serde::{Deserialize, Serialize};

use crate::target::{AppRef, Target};
use crate::types::Model;

/// A reference to a model: its id and, optionally, its version and its app.
///
/// A string converts to a reference to the latest version of a model in the app of the [`Config`](crate::Config).
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
    /// Creates a reference to a public model of Clarifai (user `clarifai`, app `main`). Calls to such a model require a
    /// personal access token.
    pub fn public(id: impl Into<String>) -> Self {
        Self::from(id.into()).in_app(AppRef::public())
    }

    /// Sets the version. Default: the latest.
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets the app that contains the model. Default: the app of the [`Config`](crate::Config).
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Returns the id of the model.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the id of the version, or `None` for the latest version.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Returns the app that contains the model, or `None` for the app of the configuration.
    pub fn owner(&self) -> Option<&AppRef> {
        self.owner.as_ref()
    }

    /// Appends `models/{id}` to the path, ignoring the version.
    pub(crate) fn path<'a>(&self, target: &'a mut Target) -> &'a mut Target {
        target.owner(self.owner.as_ref()).path("models").id("model id", &self.id)
    }

    /// Appends `models/{id}` to the path, and `versions/{version}` if the reference has a version.
    pub(crate) fn path_of_version<'a>(&self, target: &'a mut Target) -> &'a mut Target {
        let target = self.path(target);
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

/// Creates a reference to a model of a response, in the version that the response contains. The reference has an app
/// if the response contains the model's user and app; otherwise the app of the configuration applies.
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

impl From<&String> for ModelRef {
    fn from(id: &String) -> Self {
        Self::from(id.clone())
    }
}

impl From<&ModelRef> for ModelRef {
    fn from(model: &ModelRef) -> Self {
        model.clone()
    }
}
