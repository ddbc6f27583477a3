//! `GET /v2/users/{id}`: returns one user.

use crate::operation::{Spec, plain_operation};
use crate::types::User;

/// Retrieves a user: `GET /v2/users/{id}`.
///
/// For the owner of the credentials, use [`GetUser::me`]: it is the quickest check of a personal access token, and
/// returns the user id that web addresses and [`AppRef`](crate::AppRef) contain.
///
/// See the [documentation of the service](https://docs.clarifai.com/control/authentication/pat).
#[doc(alias("users/me", "whoami", "User.get_user_info"))]
#[derive(Clone, Debug)]
pub struct GetUser {
    id: String,
}

impl GetUser {
    /// Creates a request for the owner of the credentials.
    pub fn me() -> Self {
        Self::new("me")
    }

    /// Creates a request for the user with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

plain_operation!(GetUser => User {
    spec: Spec::get("get user"),
    target: |this, target| target.user(&this.id),
    decode: one("user"),
});
