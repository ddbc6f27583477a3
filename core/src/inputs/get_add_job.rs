//! `GET /v2/inputs/jobs/add/{id}`: returns the progress of inputs that are being added.

use crate::operation::{Spec, plain_operation};
use crate::types::InputsAddJob;

/// Retrieves the progress of a job that adds inputs: `GET /v2/inputs/jobs/add/{id}`. To wait for it, use
/// [`InputsAdded`](crate::machine::InputsAdded).
///
/// The job is done when [`is_settled`](InputsAddJob::is_settled) of it is true, which its own status does not tell.
#[derive(Clone, Debug)]
pub struct GetInputsAddJob {
    id: String,
}

impl GetInputsAddJob {
    /// Creates a request for the job with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

plain_operation!(GetInputsAddJob => InputsAddJob {
    spec: Spec::get("get inputs add job"),
    target: |this, target| target.path("inputs").path("jobs").path("add").id("job id", &this.id),
    decode: one("inputs_add_job"),
});
