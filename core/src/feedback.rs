//! Who gives feedback, and on what.

use serde::Serialize;

/// Who gives feedback, and on what. What is not set is not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FeedbackInfo {
    /// Id of the end user, in the caller's own counting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_user_id: Option<String>,
    /// Id of the end user's session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// What happened: `annotation` for models, `search_click` for searches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// Id of the output that is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_id: Option<String>,
    /// Id of the search that is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_id: Option<String>,
}

impl FeedbackInfo {
    /// Says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the end user.
    pub fn end_user_id(mut self, id: impl Into<String>) -> Self {
        self.end_user_id = Some(id.into());
        self
    }

    /// Sets the session.
    pub fn session_id(mut self, id: impl Into<String>) -> Self {
        self.session_id = Some(id.into());
        self
    }

    /// Sets what happened.
    pub fn event_type(mut self, event_type: impl Into<String>) -> Self {
        self.event_type = Some(event_type.into());
        self
    }

    /// Sets the output.
    pub fn output_id(mut self, id: impl Into<String>) -> Self {
        self.output_id = Some(id.into());
        self
    }

    /// Sets the search.
    pub fn search_id(mut self, id: impl Into<String>) -> Self {
        self.search_id = Some(id.into());
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
