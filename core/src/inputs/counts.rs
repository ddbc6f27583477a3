//! `GET /v2/inputs/status`: returns the number of inputs in each processing state.

use crate::operation::{Spec, plain_operation};
use crate::types::InputCount;

/// Retrieves the number of inputs of an app by processing state, such as processed, waiting and failed.
#[doc(alias = "check_status")]
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct GetInputCounts;

impl GetInputCounts {
    /// Creates a request for the counts.
    pub const fn new() -> Self {
        Self
    }
}

plain_operation!(GetInputCounts => InputCount {
    spec: Spec::get("get input counts"),
    target: |_, target| target.path("inputs").path("status"),
    decode: one("counts"),
});
