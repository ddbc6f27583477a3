//! Context of feedback: the end user, the event and the rated output or search.

use serde::Serialize;

/// Context of feedback: the end user, the event and the rated output or search. Unset fields are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FeedbackInfo {
    /// Caller-chosen id of the end user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_user_id: Option<String>,
    /// Id of the end user's session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Type of the event: `annotation` for models, `search_click` for searches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// Id of the output that the feedback is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_id: Option<String>,
    /// Id of the search that the feedback is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_id: Option<String>,
}

impl FeedbackInfo {
    /// Creates an empty value.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the caller-chosen id of the end user.
    pub fn end_user_id(mut self, id: impl Into<String>) -> Self {
        self.end_user_id = Some(id.into());
        self
    }

    /// Sets the id of the end user's session.
    pub fn session_id(mut self, id: impl Into<String>) -> Self {
        self.session_id = Some(id.into());
        self
    }

    /// Sets the type of the event: `annotation` for models, `search_click` for searches.
    pub fn event_type(mut self, event_type: impl Into<String>) -> Self {
        self.event_type = Some(event_type.into());
        self
    }

    /// Sets the id of the output that the feedback is about.
    pub fn output_id(mut self, id: impl Into<String>) -> Self {
        self.output_id = Some(id.into());
        self
    }

    /// Sets the id of the search that the feedback is about.
    pub fn search_id(mut self, id: impl Into<String>) -> Self {
        self.search_id = Some(id.into());
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
