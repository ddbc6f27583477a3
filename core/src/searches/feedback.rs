//! `POST /v2/searches/feedback`: which hit of a search was the right one.

use http::Method;
use serde_json::json;

use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::feedback::FeedbackInfo;
use crate::operation::{Operation, Replay};
use crate::target::{Target, check_id};
use crate::types::Status;

/// Tells the service which hit of a search was the right one.
///
/// The current API description no longer has it, and nothing in its place; it is still sent.
#[doc(alias = "send_search_feedback")]
#[derive(Clone, Debug)]
pub struct SendSearchFeedback {
    input_id: String,
    info: FeedbackInfo,
}

impl SendSearchFeedback {
    /// The input with this id was it.
    pub fn new(input_id: impl Into<String>) -> Self {
        Self { input_id: input_id.into(), info: FeedbackInfo::default() }
    }

    /// Which search, and whose.
    pub fn info(mut self, info: FeedbackInfo) -> Self {
        self.info = info;
        self
    }
}

impl Operation for SendSearchFeedback {
    type Output = Status;
    const NAME: &'static str = "send search feedback";
    const METHOD: Method = Method::POST;

    fn replay(&self) -> Replay {
        Replay::Once
    }

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
