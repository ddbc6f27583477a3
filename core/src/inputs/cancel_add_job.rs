//! `PATCH /v2/inputs/jobs/add/{id}`: cancels a job that adds inputs.

use crate::operation::{Replay, Spec, plain_operation};
use crate::types::InputsAddJob;

/// Cancels a job that adds inputs: `PATCH /v2/inputs/jobs/add/{id}`. Inputs that were added already remain.
#[derive(Clone, Debug)]
pub struct CancelInputsAddJob {
    id: String,
}

impl CancelInputsAddJob {
    /// Creates a request to cancel the job with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

plain_operation!(CancelInputsAddJob => InputsAddJob {
    spec: Spec::patch("cancel inputs add job").replay(Replay::Idempotent),
    target: |this, target| target.path("inputs").path("jobs").path("add").id("job id", &this.id),
    decode: one("inputs_add_job"),
});
