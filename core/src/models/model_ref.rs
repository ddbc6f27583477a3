//! Which model is meant: id, version, and whose it is.

use serde::{Deserialize, Serialize};

use crate::target::{Scope, Target};

/// Which model is meant.
///
/// A plain text is the id of a model of one's own app, in its latest version.
///
/// ```
/// use clarifai_core::{Scope, models::ModelRef};
///
/// let own = ModelRef::from("holiday-sorter").with_version("aa7f35c01e0642fda5cf400f543e7c40");
/// let public = ModelRef::public("general-image-recognition");
/// let colleague = ModelRef::from("plants").of(Scope::new("flora", "garden"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelRef {
    id: String,
    version: Option<String>,
    owner: Option<Scope>,
}

impl ModelRef {
    /// One of the service's own models, of user `clarifai`, app `main`. Needs a personal access token.
    pub fn public(id: impl Into<String>) -> Self {
        Self::from(id.into()).of(Scope::public())
    }

    /// That version of it rather than the latest.
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// The model of that user's app, whatever the scope of the [`App`](crate::App).
    pub fn of(mut self, owner: Scope) -> Self {
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
    pub fn owner(&self) -> Option<&Scope> {
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

impl From<&ModelRef> for ModelRef {
    fn from(model: &ModelRef) -> Self {
        model.clone()
    }
}
