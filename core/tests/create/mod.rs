//! A call made for tests: a POST of which they say what a second sending does.

use clarifai_core::error::Invalid;
use clarifai_core::{Body, Envelope, Operation, Replay, Target, Unreadable};
use http::Method;
use serde_json::{Value, json};

/// A call whose repetition a test chooses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Create(pub(crate) Replay);

impl Operation for Create {
    type Output = ();
    const NAME: &'static str = "create thing";
    const METHOD: Method = Method::POST;

    fn replay(&self) -> Replay {
        self.0
    }

    fn target(&self, target: &mut Target) {
        target.path("things");
    }

    fn body(&self) -> Result<Body, Invalid> {
        Body::json(&json!({"thing": 1}))
    }

    fn decode(&self, answer: &Envelope) -> Result<(), Unreadable> {
        answer.parse::<Value>().map(drop)
    }
}
