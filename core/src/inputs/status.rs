//! `GET /v2/inputs/status`: returns the number of inputs in each processing state.

use http::Method;

use crate::envelope::{DecodeError, Envelope};
use crate::operation::{Operation, Replay};
use crate::target::Target;
use crate::types::InputCount;

/// Retrieves the number of inputs of an app by processing state, such as processed, waiting and failed.
#[doc(alias = "check_status")]
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct GetInputCounts;

impl Operation for GetInputCounts {
    type Output = InputCount;
    const NAME: &'static str = "get input counts";
    const METHOD: Method = Method::GET;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        target.path("inputs").path("status");
    }

    fn decode(&self, answer: &Envelope) -> Result<InputCount, DecodeError> {
        answer.one("counts")
    }
}
