//! `GET /v2/users/{user}/apps/{app}`: returns one app.

use crate::operation::{Spec, plain_operation};
use crate::target::AppRef;
use crate::types::App;

/// Retrieves an app: `GET /v2/users/{user}/apps/{app}`.
///
/// An app that does not exist is an error: [`Error::is_not_found`](crate::Error::is_not_found).
///
/// See the [documentation of the service](https://docs.clarifai.com/create/applications/manage).
#[doc(alias("get_app", "User.app"))]
#[derive(Clone, Debug)]
pub struct GetApp {
    app: AppRef,
}

impl GetApp {
    /// Creates a request for this app.
    pub fn new(app: AppRef) -> Self {
        Self { app }
    }
}

plain_operation!(GetApp => App {
    spec: Spec::get("get app"),
    target: |this, target| target.owner(Some(&this.app)),
    decode: one("app"),
});
