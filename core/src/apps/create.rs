//! `POST /v2/users/{user}/apps`: creates 1 to 128 apps.

use super::NewApp;
use crate::arguments::check_count;
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec};
use crate::target::Target;
use crate::types::App;

/// Creates 1 to 128 apps: `POST /v2/users/{user}/apps`.
///
/// The ids are caller-chosen, so sending the request again creates nothing twice; the service refuses it.
///
/// See the [documentation of the service](https://docs.clarifai.com/create/applications/create).
#[doc(alias("create_app", "User.create_app", "PostApps"))]
#[derive(Clone, Debug)]
pub struct CreateApps {
    user: String,
    apps: Vec<NewApp>,
}

impl Default for CreateApps {
    fn default() -> Self {
        Self::new()
    }
}

impl CreateApps {
    /// Creates an empty request, for apps of the owner of the credentials.
    pub fn new() -> Self {
        Self { user: "me".to_owned(), apps: Vec::new() }
    }

    /// Sets the id of the user or organization that owns the apps. Default: `me`.
    pub fn of_user(mut self, id: impl Into<String>) -> Self {
        self.user = id.into();
        self
    }

    /// Adds an app.
    pub fn app(mut self, app: NewApp) -> Self {
        self.apps.push(app);
        self
    }
}

impl Operation for CreateApps {
    type Output = Vec<App>;
    const SPEC: Spec = Spec::post("create apps").replay(Replay::Idempotent);

    fn target(&self, target: &mut Target) {
        target.user(&self.user).path("apps");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        check_count("apps", self.apps.len())?;
        let mut json = BodyWriter::with_capacity(192);
        json.raw("{\"apps\":[");
        for (index, app) in self.apps.iter().enumerate() {
            if index > 0 {
                json.raw(",");
            }
            app.write(&mut json).map_err(|invalid| invalid.at("apps", index))?;
        }
        json.raw("]}");
        Ok(json.finish())
    }

    fn decode(&self, response: &Envelope) -> Result<Vec<App>, DecodeError> {
        response.list_of("apps", self.apps.len())
    }
}
