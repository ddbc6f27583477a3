//! `POST /v2/searches/feedback`: reports which hit of a search was the right one.

use serde_json::json;

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::feedback::FeedbackInfo;
use crate::operation::{Operation, Spec};
use crate::target::{Target, check_id};
use crate::types::Status;

/// Reports to the service which hit of a search was the right one.
///
/// **Withdrawn by Clarifai**, without a replacement: in the current API this path runs a saved search with the id
/// `feedback`. For services that still have it. See [`deprecated`](crate::deprecated).
#[doc(alias = "send_search_feedback")]
#[derive(Clone, Debug)]
pub struct SendSearchFeedback {
    input_id: String,
    info: FeedbackInfo,
}

impl SendSearchFeedback {
    /// Creates a request that reports the input with this id as the right hit.
    pub fn new(input_id: impl Into<String>) -> Self {
        Self { input_id: input_id.into(), info: FeedbackInfo::default() }
    }

    /// Sets the search and the end user that the feedback refers to. Default: not sent.
    pub fn info(mut self, info: FeedbackInfo) -> Self {
        self.info = info;
        self
    }
}

impl Operation for SendSearchFeedback {
    type Output = Status;
    const SPEC: Spec = Spec::post("send search feedback");

    fn target(&self, target: &mut Target) {
        target.path("searches").path("feedback");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        check_id("input id", &self.input_id)?;
        let mut input = json!({"id": self.input_id});
        if !self.info.is_empty() {
            input["feedback_info"] = json!(self.info);
        }
        Body::json(&json!({"input": input}))
    }

    fn decode(&self, answer: &Envelope) -> Result<Status, DecodeError> {
        answer.done()
    }
}
