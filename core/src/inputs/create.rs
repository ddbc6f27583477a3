//! `POST /v2/inputs`: stores 1 to 128 inputs.

use super::{NewInput, write_inputs};
use crate::batch::Batch;
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::{Error, InvalidArgument};
use crate::operation::{Operation, Replay, Spec};
use crate::target::{Target, check_id};
use crate::types::Input;

/// Stores 1 to 128 inputs in the app.
///
/// The service responds before it has fetched and processed them: their status code is 30001 at first, and 30000 once
/// they are processed. Ids have at most 48 characters. Inputs with caller-chosen ids are never stored twice. Sending
/// inputs without ids again stores duplicates, so a request with such inputs is retried only if it was definitely not
/// executed.
///
/// If every input fails, the call is an error that contains the reasons: see
/// [`by_item`](crate::Operation::by_item). If only some fail, the [`Batch`] reports each.
#[doc(alias("create_image", "create_image_from_url", "create_image_from_bytes", "create_image_from_base64"))]
#[doc(alias("create_image_from_filename", "bulk_create_images"))]
#[derive(Clone, Debug, Default)]
pub struct CreateInputs {
    inputs: Vec<NewInput>,
    add_job: Option<String>,
    conflict: Option<IdConflict>,
}

/// What happens with an input whose id exists already.
#[doc(alias = "InputIDConflictResolution")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdConflict {
    /// The input is skipped.
    Skip,
    /// The input is stored under an id with a suffix.
    Suffix,
}

impl IdConflict {
    const fn number(self) -> u8 {
        match self {
            Self::Skip => 1,
            Self::Suffix => 2,
        }
    }
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

    /// Counts the inputs in the job with this id, which is created if it does not exist. Several requests can share a
    /// job. [`InputsAdded`](crate::machine::InputsAdded) waits for it. Default: no job.
    #[doc(alias = "inputs_add_job_id")]
    pub fn add_job(mut self, id: impl Into<String>) -> Self {
        self.add_job = Some(id.into());
        self
    }

    /// Sets what happens with an input whose id exists already. Default: it fails.
    ///
    /// With [`IdConflict::Suffix`] the same request stores its inputs again, so it is retried only if it was definitely
    /// not executed, and the response is matched by the order of the inputs.
    #[doc(alias = "input_id_conflict_resolution")]
    pub fn on_id_conflict(mut self, conflict: IdConflict) -> Self {
        self.conflict = Some(conflict);
        self
    }

    /// Returns whether the service stores an input under its own id, if it has one.
    fn keeps_ids(&self) -> bool {
        self.conflict != Some(IdConflict::Suffix)
    }
}

impl Operation for CreateInputs {
    type Output = Batch<Input>;
    const SPEC: Spec = Spec::post("create inputs").partial();

    fn replay(&self) -> Replay {
        match self.keeps_ids() && self.inputs.iter().all(|input| input.get_id().is_some()) {
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
        for (index, input) in self.inputs.iter().enumerate() {
            input.check_stored_id().map_err(|invalid| invalid.at("inputs", index))?;
        }
        if let Some(id) = &self.add_job {
            check_id("add job", id)?;
            json.raw("\"inputs_add_job_id\":").value("add job", id)?.raw(",");
        }
        if let Some(conflict) = self.conflict {
            json.raw("\"input_id_conflict_resolution\":").value("id conflict", &conflict.number())?.raw(",");
        }
        write_inputs(&self.inputs, &mut json)?;
        json.raw("}");
        Ok(json.finish())
    }

    fn decode(&self, answer: &Envelope) -> Result<Batch<Input>, DecodeError> {
        Batch::read(
            Self::SPEC.name,
            answer,
            "inputs",
            self.inputs.iter().map(|input| input.get_id().filter(|_| self.keeps_ids())),
        )
    }

    fn total_failure(&self, batch: &Batch<Input>) -> Option<Error> {
        batch.total_failure()
    }
}
