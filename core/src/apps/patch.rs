//! `PATCH /v2/users/{user}/apps/{app}`: changes an app.

use super::NewApp;
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec};
use crate::patch::PatchAction;
use crate::target::{AppRef, Target};
use crate::types::App;

/// Changes the description, metadata, visibility or defaults of an app: `PATCH /v2/users/{user}/apps/{app}`.
///
/// ```
/// use clarifai_core::apps::{NewApp, PatchApp};
///
/// let change = PatchApp::overwrite(NewApp::new("harbors").description("Boats in harbors"));
/// ```
///
/// See the [documentation of the service](https://docs.clarifai.com/create/applications/manage).
#[doc(alias("patch_app", "User.patch_app"))]
#[derive(Clone, Debug)]
pub struct PatchApp {
    user: String,
    action: PatchAction,
    app: NewApp,
}

impl PatchApp {
    /// Creates a request with this action and these changes. The id of `app` names the app to change. A request without
    /// changes cannot be sent.
    pub fn new(action: PatchAction, app: NewApp) -> Self {
        Self { user: "me".to_owned(), action, app }
    }

    /// Creates a request that replaces the given values.
    pub fn overwrite(app: NewApp) -> Self {
        Self::new(PatchAction::Overwrite, app)
    }

    /// Creates a request that removes the given values.
    pub fn remove(app: NewApp) -> Self {
        Self::new(PatchAction::Remove, app)
    }

    /// Sets the id of the user or organization that owns the app. Default: `me`.
    pub fn of_user(mut self, id: impl Into<String>) -> Self {
        self.user = id.into();
        self
    }
}

impl Operation for PatchApp {
    type Output = App;
    const SPEC: Spec = Spec::patch("patch app").replay(Replay::Idempotent);

    fn target(&self, target: &mut Target) {
        target.owner(Some(&AppRef::new(&*self.user, self.app.id())));
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        if self.app.is_empty() {
            return Err(InvalidArgument::new("patch", format!("of `{}` changes nothing", self.app.id())));
        }
        let mut json = BodyWriter::with_capacity(192);
        json.raw("{\"action\":").value("action", &self.action)?.raw(",\"app\":");
        self.app.write(&mut json)?;
        json.raw("}");
        Ok(json.finish())
    }

    fn decode(&self, response: &Envelope) -> Result<App, DecodeError> {
        response.one("app")
    }
}
