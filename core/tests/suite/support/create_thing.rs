//! An operation for tests: a POST whose repetition the test chooses.

use clarifai_core::error::InvalidArgument;
use clarifai_core::{
    Operation,
    operation::{DecodeError, Envelope, Replay, Spec, Target},
    transport::Body,
};
use serde_json::{Value, json};

/// `POST /v2/things`, repeated as the test specifies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CreateThing(pub(crate) Replay);

impl Operation for CreateThing {
    type Output = ();
    const SPEC: Spec = Spec::post("create thing");

    fn replay(&self) -> Replay {
        self.0
    }

    fn target(&self, target: &mut Target) {
        target.path("things");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        Body::json(&json!({"thing": 1}))
    }

    fn decode(&self, response: &Envelope) -> Result<(), DecodeError> {
        response.parse::<Value>().map(drop)
    }
}
