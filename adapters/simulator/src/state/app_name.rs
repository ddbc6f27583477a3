//! The name of an application: its user and its id.

/// The user and the id of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppName {
    pub(crate) user: String,
    pub(crate) app: String,
}

impl AppName {
    /// Returns the key of the application in the state: `user/app`.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.user, self.app)
    }
}
