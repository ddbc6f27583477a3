//! `POST /v2/workflows/{id}/results`: predictions of a workflow for 1 to 128 inputs.

use crate::batch::Batch;
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::{Error, InvalidArgument};
use crate::inputs::{NewInput, write_inputs};
use crate::models::{OutputOptions, prediction_methods};
use crate::operation::{Operation, Replay, Spec};
use crate::target::{AppRef, Target};
use crate::types::WorkflowResult;

/// Runs the models of a workflow on 1 to 128 inputs: `POST /v2/workflows/{id}/results`.
///
/// The response contains one [`WorkflowResult`] per input, in the order of the inputs, with one output per model. The
/// request changes nothing at the service, so it is always safe to retry.
///
/// If every input fails, the call is an error that contains the reasons: see
/// [`by_item`](crate::Operation::by_item). If only some fail, the [`Batch`] reports each.
///
/// ```
/// use clarifai_core::workflows::PredictWorkflow;
///
/// let predict = PredictWorkflow::new("general").image_url("https://samples.clarifai.com/metro-north.jpg");
/// ```
#[doc(alias = "Workflow.predict")]
#[derive(Clone, Debug)]
pub struct PredictWorkflow {
    id: String,
    owner: Option<AppRef>,
    inputs: Vec<NewInput>,
    options: OutputOptions,
}

impl PredictWorkflow {
    /// Creates a prediction request for the workflow with this id, without inputs.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), owner: None, inputs: Vec::new(), options: OutputOptions::default() }
    }

    /// Sets the app that contains the workflow. Default: the app of the [`Config`](crate::Config).
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.owner = Some(owner);
        self
    }
}

prediction_methods!(PredictWorkflow);

impl Operation for PredictWorkflow {
    type Output = Batch<WorkflowResult>;
    const SPEC: Spec = Spec::post("predict by workflow").partial().replay(Replay::Safe);

    fn target(&self, target: &mut Target) {
        target.owner(self.owner.as_ref()).path("workflows").id("workflow id", &self.id).path("results");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.options.check()?;
        let mut json = BodyWriter::with_capacity(192);
        json.raw("{");
        write_inputs(&self.inputs, &mut json)?;
        if !self.options.is_empty() {
            json.raw(",\"output_config\":").value("options", &self.options)?;
        }
        json.raw("}");
        Ok(json.finish())
    }

    fn decode(&self, answer: &Envelope) -> Result<Batch<WorkflowResult>, DecodeError> {
        Batch::read(Self::SPEC.name, answer, "results", self.inputs.iter().map(NewInput::get_id))
    }

    fn total_failure(&self, batch: &Batch<WorkflowResult>) -> Option<Error> {
        batch.total_failure()
    }
}
