//! `PATCH /v2/inputs`: changes what is known of 1 to 128 inputs.

use http::Method;
use serde_json::Value;

use super::{Facts, NewRegion};
use crate::arguments::check_count;
use crate::batch::Batch;
use crate::body::{Body, BodyWriter};
use crate::concepts::ConceptRef;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay};
use crate::patch::PatchAction;
use crate::target::{Target, check_id};
use crate::types::Input;

/// Changes what is known of inputs: concepts, metadata, place, regions.
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

/// What shall change of one input.
#[derive(Clone, Debug, PartialEq)]
pub struct InputPatch {
    id: String,
    facts: Facts,
}

impl PatchInputs {
    /// A patch that does this with what is known.
    pub fn new(action: PatchAction) -> Self {
        Self { action, inputs: Vec::new() }
    }

    /// Adds to what is known.
    pub fn merge() -> Self {
        Self::new(PatchAction::Merge)
    }

    /// Replaces what is known.
    pub fn overwrite() -> Self {
        Self::new(PatchAction::Overwrite)
    }

    /// Takes away from what is known.
    pub fn remove() -> Self {
        Self::new(PatchAction::Remove)
    }

    /// Adds an input.
    pub fn input(mut self, input: InputPatch) -> Self {
        self.inputs.push(input);
        self
    }
}

impl InputPatch {
    /// Of the input with this id, nothing yet.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), facts: Facts::default() }
    }

    /// It shows the concept with this id.
    pub fn concept(self, id: impl Into<String>) -> Self {
        self.annotation(ConceptRef::id(id).positive())
    }

    /// It does not show the concept with this id.
    pub fn not_concept(self, id: impl Into<String>) -> Self {
        self.annotation(ConceptRef::id(id).negative())
    }

    /// States a concept in any form.
    pub fn annotation(mut self, concept: ConceptRef) -> Self {
        self.facts.concepts.push(concept);
        self
    }

    /// Its metadata.
    pub fn metadata(mut self, metadata: impl Into<Value>) -> Self {
        self.facts.metadata = Some(metadata.into());
        self
    }

    /// Where on earth it was taken: degrees east, then degrees north.
    pub fn geo_point(mut self, longitude: f64, latitude: f64) -> Self {
        self.facts.geo = Some((longitude, latitude));
        self
    }

    /// A part of it.
    pub fn region(mut self, region: NewRegion) -> Self {
        self.facts.regions.push(region);
        self
    }

    fn write(&self, json: &mut BodyWriter) -> Result<(), InvalidArgument> {
        check_id("id", &self.id)?;
        if self.facts.is_empty() {
            return Err(InvalidArgument::new("patch", format!("of `{}` changes nothing", self.id)));
        }
        json.raw("{\"id\":").value("id", &self.id)?.raw(",\"data\":{");
        self.facts.write(json, true)?;
        json.raw("}}");
        Ok(())
    }
}

impl Operation for PatchInputs {
    type Output = Batch<Input>;
    const NAME: &'static str = "patch inputs";
    const METHOD: Method = Method::PATCH;
    const PARTIAL: bool = true;

    fn replay(&self) -> Replay {
        // Regions have no id and lists no keys, so merging them twice appends them twice.
        let appends = self.inputs.iter().any(|input| input.facts.appends());
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
        Batch::read(Self::NAME, answer, "inputs", self.inputs.iter().map(|input| Some(&*input.id)))
    }
}
