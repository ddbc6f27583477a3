//! `DELETE /v2/users/{user}/apps/{app}`: deletes an app.

use crate::operation::{Replay, Spec, plain_operation};
use crate::target::AppRef;
use crate::types::Status;

/// Deletes an app and everything in it: `DELETE /v2/users/{user}/apps/{app}`. **This cannot be undone.**
///
/// See the [documentation of the service](https://docs.clarifai.com/create/applications/manage).
#[doc(alias("delete_app", "User.delete_app"))]
#[derive(Clone, Debug)]
pub struct DeleteApp {
    app: AppRef,
}

impl DeleteApp {
    /// Creates a request that deletes this app.
    pub fn new(app: AppRef) -> Self {
        Self { app }
    }
}

plain_operation!(DeleteApp => Status {
    spec: Spec::delete("delete app").replay(Replay::Idempotent),
    target: |this, target| target.owner(Some(&this.app)),
    decode: done(),
});
