//! `POST /v2/inputs`: stores 1 to 128 inputs.

use super::{NewInput, write_inputs};
use crate::batch::Batch;
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::{Error, InvalidArgument};
use crate::operation::{Operation, Replay, Spec};
use crate::target::Target;
use crate::types::Input;

/// Stores 1 to 128 inputs in the app.
///
/// The service responds before it has fetched and processed them: their status code is 30001 at first, and 30000 once
/// they are processed. Inputs with caller-chosen ids are never stored twice. Sending inputs without ids again stores
/// duplicates, so a request with such inputs is retried only if it was definitely not executed.
///
/// If every input fails, the call is an error that contains the reasons: see
/// [`by_item`](crate::Operation::by_item). If only some fail, the [`Batch`] reports each.
#[doc(alias("create_image", "create_image_from_url", "create_image_from_bytes", "create_image_from_base64"))]
#[doc(alias("create_image_from_filename", "bulk_create_images"))]
#[derive(Clone, Debug, Default)]
pub struct CreateInputs {
    inputs: Vec<NewInput>,
}

impl CreateInputs {
    /// Creates an empty request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an input.
    pub fn input(mut self, input: NewInput) -> Self {
        self.inputs.push(input);
        self
    }

    /// Adds several inputs.
    pub fn inputs(mut self, inputs: impl IntoIterator<Item = NewInput>) -> Self {
        self.inputs.extend(inputs);
        self
    }
}

impl Operation for CreateInputs {
    type Output = Batch<Input>;
    const SPEC: Spec = Spec::post("create inputs").partial();

    fn replay(&self) -> Replay {
        match self.inputs.iter().all(|input| input.get_id().is_some()) {
            true => Replay::Idempotent,
            false => Replay::Once,
        }
    }

    fn target(&self, target: &mut Target) {
        target.path("inputs");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        let mut json = BodyWriter::with_capacity(192);
        json.raw("{");
        write_inputs(&self.inputs, &mut json)?;
        json.raw("}");
        Ok(json.finish())
    }

    fn decode(&self, answer: &Envelope) -> Result<Batch<Input>, DecodeError> {
        Batch::read(Self::SPEC.name, answer, "inputs", self.inputs.iter().map(NewInput::get_id))
    }

    fn total_failure(&self, batch: &Batch<Input>) -> Option<Error> {
        batch.total_failure()
    }
}
