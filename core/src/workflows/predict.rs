//! `POST /v2/workflows/{id}/results`: what the models of a workflow see in 1 to 128 inputs.

use bytes::Bytes;
use http::Method;

use crate::batch::Batch;
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::inputs::{NewInput, write_inputs};
use crate::models::OutputOptions;
use crate::operation::{Operation, Replay};
use crate::target::{AppRef, Target};
use crate::types::WorkflowResult;

/// Asks the models of a workflow what they see. The answer holds one result an input, with an output for each model.
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
    /// By the workflow with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), owner: None, inputs: Vec::new(), options: OutputOptions::default() }
    }

    /// The workflow of that user's app, whatever the scope of the [`Config`](crate::Config).
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Adds an input.
    pub fn input(mut self, input: NewInput) -> Self {
        self.inputs.push(input);
        self
    }

    /// Adds inputs.
    pub fn inputs(mut self, inputs: impl IntoIterator<Item = NewInput>) -> Self {
        self.inputs.extend(inputs);
        self
    }

    /// Adds a picture by its address.
    pub fn image_url(self, url: impl Into<String>) -> Self {
        self.input(NewInput::image_url(url))
    }

    /// Adds a picture by its bytes.
    pub fn image_bytes(self, bytes: impl Into<Bytes>) -> Self {
        self.input(NewInput::image_bytes(bytes))
    }

    /// What the answer shall hold.
    pub fn options(mut self, options: OutputOptions) -> Self {
        self.options = options;
        self
    }
}

impl Operation for PredictWorkflow {
    type Output = Batch<WorkflowResult>;
    const NAME: &'static str = "predict by workflow";
    const METHOD: Method = Method::POST;
    const PARTIAL: bool = true;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

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
        Batch::read(Self::NAME, answer, "results", self.inputs.iter().map(NewInput::get_id))
    }
}
