//! Waiting until a job has added its inputs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Condition, Evaluation};
use crate::error::{Error, InvalidArgument};
use crate::inputs::GetInputsAddJob;
use crate::target::check_id;
use crate::types::{InputsAddJob, StatusCode};

super::into_machine!(InputsAdded);

/// The condition that a job that adds inputs is done: `GET /v2/inputs/jobs/add/{id}`.
///
/// The result is the job, with the numbers of inputs that succeeded and failed. What each state means:
///
/// | state of the job | of its parts | the wait |
/// |---|---|---|
/// | canceled (64004) | any | fails |
/// | failed (64003, 64006, 64007) | any | fails |
/// | any other, even completed (64002) | an input waits or is in progress | continues |
/// | any other, even completed (64002) | an extraction job is queued or running (64000, 64001) | continues |
/// | any other, even completed (64002) | a file is being uploaded (68000) | continues |
/// | any other, even completed (64002) | fewer inputs than [expected](Self::expecting) have an outcome | continues |
/// | queued or running (64000, 64001) | any | continues |
/// | completed, paused (64008), unknown or absent | nothing is left | succeeds |
///
/// An extraction job that failed does not fail the wait: its status is in the result.
///
/// ```
/// use clarifai_core::machine::{InputsAdded, IntoMachine as _};
/// use clarifai_core::{Config, Credentials, testing::MockTransport};
/// use serde_json::json;
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let job = |pending, success| json!({"status": {"code": 10000}, "inputs_add_job": {"id": "j",
///     "status": {"code": 64002}, "progress": {"pending_count": pending, "success_count": success}}});
/// let mut script = MockTransport::new()
///     .expect("GET", "/v2/inputs/jobs/add/j").reply(200, job(2, 1))
///     .expect("GET", "/v2/inputs/jobs/add/j").reply(200, job(0, 3));
///
/// // With a client: client.run(InputsAdded::new("j"))
/// let job = script.run(InputsAdded::new("j").into_machine(&config))?;
/// assert_eq!((job.succeeded(), job.failed()), (3, 0));
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[doc(alias = "_wait_for_inputs")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputsAdded {
    id: String,
    expected: u64,
    last: Option<InputsAddJob>,
}

impl InputsAdded {
    /// Creates the condition for the job with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), expected: 0, last: None }
    }

    /// Sets the minimum number of inputs that must have an outcome, for a job that was just created and may report that
    /// it has nothing to do. Default: 0.
    pub fn expecting(mut self, inputs: u64) -> Self {
        self.expected = inputs;
        self
    }

    /// Returns the id of the job.
    pub fn job_id(&self) -> &str {
        &self.id
    }

    /// Returns the job as of the last poll.
    pub fn last(&self) -> Option<&InputsAddJob> {
        self.last.as_ref()
    }
}

impl Condition for InputsAdded {
    type Operation = GetInputsAddJob;
    type Output = InputsAddJob;
    const NAME: &'static str = "wait for inputs to be added";

    fn begin(&self) -> Result<Option<InputsAddJob>, InvalidArgument> {
        check_id("job id", &self.id).map(|()| None)
    }

    fn request(&self) -> GetInputsAddJob {
        GetInputsAddJob::new(&*self.id)
    }

    fn evaluate(&mut self, response: Result<InputsAddJob, Error>) -> Evaluation<InputsAddJob> {
        let job = match response {
            Ok(job) => job,
            Err(error) => return Evaluation::Error(error),
        };
        self.last = Some(job.clone());
        if let Some(status) = job.status.as_ref().filter(|status| has_failed(status.code.as_ref())) {
            return Evaluation::Failure(Box::new(status.clone()));
        }
        let has_outcome = job.succeeded().saturating_add(job.failed());
        match job.is_settled() && has_outcome >= self.expected {
            true => Evaluation::Success(job),
            false => Evaluation::Pending,
        }
    }

    fn last_state(&self) -> Option<Value> {
        serde_json::to_value(self.last.as_ref()?).ok()
    }
}

/// Returns whether the job itself will not end with success.
fn has_failed(code: Option<&StatusCode>) -> bool {
    use StatusCode as Code;
    let failures = [Code::JOB_CANCELED, Code::JOB_FAILED, Code::JOB_UNEXPECTED_ERROR, Code::JOB_CONFLICT];
    code.is_some_and(|code| failures.contains(code))
}
