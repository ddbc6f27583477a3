//! `PATCH /v2/inputs`: changes the annotations of 1 to 128 inputs.

use super::{Annotations, Metadata, NewRegion};
use crate::arguments::check_count;
use crate::batch::Batch;
use crate::body::{Body, BodyWriter};
use crate::concepts::ConceptRef;
use crate::envelope::{DecodeError, Envelope};
use crate::error::{Error, InvalidArgument};
use crate::operation::{Operation, Replay, Spec};
use crate::patch::PatchAction;
use crate::target::{Target, check_id};
use crate::types::Input;

/// Changes the annotations of 1 to 128 inputs: concepts, metadata, location and regions.
///
/// If every input fails, the call is an error that contains the reasons: see
/// [`by_item`](crate::Operation::by_item). If only some fail, the [`Batch`] reports each.
///
/// ```
/// use clarifai_core::inputs::{InputPatch, PatchInputs};
///
/// let add = PatchInputs::merge().input(InputPatch::new("photo-1").concept("cat").not_concept("dog"));
/// let take_away = PatchInputs::remove().input(InputPatch::new("photo-1").concept("cat"));
/// ```
#[doc(alias("Inputs.update", "bulk_update", "add_concepts", "merge_concepts", "delete_concepts", "merge_metadata"))]
#[doc(alias("bulk_merge_concepts", "bulk_delete_concepts"))]
#[derive(Clone, Debug)]
pub struct PatchInputs {
    action: PatchAction,
    inputs: Vec<InputPatch>,
}

/// The changes to one input.
#[derive(Clone, Debug, PartialEq)]
pub struct InputPatch {
    id: String,
    annotations: Annotations,
}

impl PatchInputs {
    /// Creates an empty request with this action.
    pub fn new(action: PatchAction) -> Self {
        Self { action, inputs: Vec::new() }
    }

    /// Creates an empty request that adds to the existing annotations.
    pub fn merge() -> Self {
        Self::new(PatchAction::Merge)
    }

    /// Creates an empty request that replaces the existing annotations.
    pub fn overwrite() -> Self {
        Self::new(PatchAction::Overwrite)
    }

    /// Creates an empty request that removes existing annotations.
    pub fn remove() -> Self {
        Self::new(PatchAction::Remove)
    }

    /// Adds the changes to one input.
    pub fn input(mut self, input: InputPatch) -> Self {
        self.inputs.push(input);
        self
    }
}

impl InputPatch {
    /// Creates an empty patch for the input with this id. Sending an empty patch fails.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), annotations: Annotations::default() }
    }

    /// Adds the annotation that the input shows the concept with this id.
    pub fn concept(self, id: impl Into<String>) -> Self {
        self.annotation(ConceptRef::id(id).positive())
    }

    /// Adds the annotation that the input does not show the concept with this id.
    pub fn not_concept(self, id: impl Into<String>) -> Self {
        self.annotation(ConceptRef::id(id).negative())
    }

    /// Adds a concept annotation with an id or a name, and any value.
    pub fn annotation(mut self, concept: ConceptRef) -> Self {
        self.annotations.concepts.push(concept);
        self
    }

    /// Sets the metadata, which must be a JSON object. Parse a [`Metadata`] from text to send numbers digit for digit.
    pub fn metadata(mut self, metadata: impl Into<Metadata>) -> Self {
        self.annotations.metadata = Some(metadata.into());
        self
    }

    /// Sets the location where the input was taken: longitude (-180 to 180), then latitude (-90 to 90), in degrees.
    pub fn geo_point(mut self, longitude: f64, latitude: f64) -> Self {
        self.annotations.geo = Some((longitude, latitude));
        self
    }

    /// Adds an annotated region of the image. With the [id](NewRegion::id) of an existing region it changes that one.
    pub fn region(mut self, region: NewRegion) -> Self {
        self.annotations.regions.push(region);
        self
    }

    fn write(&self, json: &mut BodyWriter) -> Result<(), InvalidArgument> {
        check_id("id", &self.id)?;
        if self.annotations.is_empty() {
            return Err(InvalidArgument::new("patch", format!("of `{}` changes nothing", self.id)));
        }
        json.raw("{\"id\":").value("id", &self.id)?.raw(",\"data\":{");
        self.annotations.write(json, true)?;
        json.raw("}}");
        Ok(())
    }
}

impl Operation for PatchInputs {
    type Output = Batch<Input>;
    const SPEC: Spec = Spec::patch("patch inputs").partial();

    fn replay(&self) -> Replay {
        // Regions without ids and lists, which have no keys, are appended twice if they are merged twice.
        let appends = self.inputs.iter().any(|input| input.annotations.appends());
        if self.action == PatchAction::Merge && appends { Replay::Once } else { Replay::Idempotent }
    }

    fn target(&self, target: &mut Target) {
        target.path("inputs");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        check_count("inputs", self.inputs.len())?;
        let mut json = BodyWriter::with_capacity(192);
        json.raw("{\"action\":").value("action", &self.action)?.raw(",\"inputs\":[");
        for (index, input) in self.inputs.iter().enumerate() {
            if index > 0 {
                json.raw(",");
            }
            input.write(&mut json).map_err(|invalid| invalid.at("inputs", index))?;
        }
        json.raw("]}");
        Ok(json.finish())
    }

    fn decode(&self, answer: &Envelope) -> Result<Batch<Input>, DecodeError> {
        Batch::read(Self::SPEC.name, answer, "inputs", self.inputs.iter().map(|input| Some(&*input.id)))
    }

    fn total_failure(&self, batch: &Batch<Input>) -> Option<Error> {
        batch.total_failure()
    }
}
