//! `PATCH /v2/annotations`: changes 1 to 128 annotations.

use super::NewAnnotation;
use super::new_annotation::write_annotations;
use crate::batch::Batch;
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::{Error, InvalidArgument};
use crate::operation::{Batched, Operation, Replay, Spec};
use crate::patch::PatchAction;
use crate::target::Target;
use crate::types::Annotation;

/// Changes 1 to 128 annotations: `PATCH /v2/annotations`.
///
/// Each annotation needs its id and the id of its input, and has its own outcome. If no annotation could be changed,
/// the call is an error that contains the reasons: see [`by_item`](crate::Operation::by_item). For any number of
/// annotations, pass it to [`SendMany`](crate::bulk::SendMany).
///
/// ```
/// use clarifai_core::annotations::{NewAnnotation, PatchAnnotations};
///
/// let change = PatchAnnotations::overwrite().annotation(NewAnnotation::new("photo-1").id("a1").concept("boat"));
/// ```
#[doc(alias("patch_annotations", "Inputs.patch_annotations"))]
#[derive(Clone, Debug)]
pub struct PatchAnnotations {
    action: PatchAction,
    delete_if_empty: bool,
    annotations: Vec<NewAnnotation>,
}

impl PatchAnnotations {
    /// Creates an empty request with this action.
    pub fn new(action: PatchAction) -> Self {
        Self { action, delete_if_empty: false, annotations: Vec::new() }
    }

    /// Creates an empty request that adds to the existing data.
    pub fn merge() -> Self {
        Self::new(PatchAction::Merge)
    }

    /// Creates an empty request that replaces the existing data.
    pub fn overwrite() -> Self {
        Self::new(PatchAction::Overwrite)
    }

    /// Creates an empty request that removes existing data.
    pub fn remove() -> Self {
        Self::new(PatchAction::Remove)
    }

    /// Deletes annotations that have no data after a removal. Default: they remain. The input's own labels always
    /// remain.
    #[doc(alias = "delete_if_empty_data")]
    pub fn delete_if_empty(mut self) -> Self {
        self.delete_if_empty = true;
        self
    }

    /// Adds the changes to one annotation. Sending one without an id, or with nothing but ids, fails.
    pub fn annotation(mut self, annotation: NewAnnotation) -> Self {
        self.annotations.push(annotation);
        self
    }

    /// Adds the changes to several annotations.
    pub fn annotations(mut self, annotations: impl IntoIterator<Item = NewAnnotation>) -> Self {
        self.annotations.extend(annotations);
        self
    }
}

/// Accepts changes to an annotation with an id.
fn check(annotation: &NewAnnotation) -> Result<(), InvalidArgument> {
    match annotation.get_id() {
        None => Err(InvalidArgument::new("id", "is missing: a patch needs the id of the annotation")),
        Some(id) if annotation.changes_nothing() => {
            Err(InvalidArgument::new("patch", format!("of `{id}` changes nothing")))
        }
        Some(_) => Ok(()),
    }
}

impl Operation for PatchAnnotations {
    type Output = Batch<Annotation>;
    const SPEC: Spec = Spec::patch("patch annotations").partial();

    fn replay(&self) -> Replay {
        // Regions and time ranges without ids are appended twice if they are merged twice.
        let appends = self.annotations.iter().any(NewAnnotation::appends);
        if self.action == PatchAction::Merge && appends { Replay::Once } else { Replay::Idempotent }
    }

    fn target(&self, target: &mut Target) {
        target.path("annotations");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        if self.delete_if_empty && self.action != PatchAction::Remove {
            return Err(InvalidArgument::new("delete_if_empty", "is for the action `remove` only"));
        }
        let mut json = BodyWriter::with_capacity(192);
        json.raw("{\"action\":").value("action", &self.action)?.raw(",");
        if self.delete_if_empty {
            json.raw("\"delete_if_empty_data\":true,");
        }
        write_annotations(&self.annotations, &mut json, check)?;
        json.raw("}");
        Ok(json.finish())
    }

    fn decode(&self, response: &Envelope) -> Result<Batch<Annotation>, DecodeError> {
        Batch::read(Self::SPEC.name, response, "annotations", self.annotations.iter().map(NewAnnotation::get_id))
    }

    fn total_failure(&self, batch: &Batch<Annotation>) -> Option<Error> {
        batch.total_failure()
    }
}

impl Batched for PatchAnnotations {
    type Item = NewAnnotation;
    type Response = Annotation;

    fn with_items(&self, annotations: Vec<NewAnnotation>) -> Self {
        Self { annotations, ..*self }
    }

    fn check(&self, annotation: &NewAnnotation) -> Result<(), InvalidArgument> {
        check(annotation)?;
        annotation.write(&mut BodyWriter::default())
    }

    fn item_id(annotation: &NewAnnotation) -> Option<&str> {
        annotation.get_id()
    }
}
