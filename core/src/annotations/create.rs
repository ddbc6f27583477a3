//! `POST /v2/annotations`: creates 1 to 128 annotations.

use super::NewAnnotation;
use super::new_annotation::write_annotations;
use crate::batch::Batch;
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::{Error, InvalidArgument};
use crate::operation::{Batched, Operation, Replay, Spec};
use crate::target::Target;
use crate::types::Annotation;

/// Creates 1 to 128 annotations of stored inputs: `POST /v2/annotations`.
///
/// Each annotation has its own outcome. If no annotation could be created, the call is an error that contains the
/// reasons: see [`by_item`](crate::Operation::by_item). For any number of annotations, pass it to
/// [`SendMany`](crate::bulk::SendMany). Sending annotations without ids again creates duplicates, so a request with
/// such annotations is retried only if it was definitely not executed.
///
/// ```
/// use clarifai_core::annotations::{CreateAnnotations, NewAnnotation};
///
/// let create = CreateAnnotations::new()
///     .annotation(NewAnnotation::new("photo-1").concept("boat"))
///     .annotation(NewAnnotation::new("photo-2").not_concept("boat"));
/// ```
#[doc(alias("PostAnnotations", "Inputs.upload_annotations"))]
#[derive(Clone, Debug, Default)]
pub struct CreateAnnotations {
    annotations: Vec<NewAnnotation>,
}

impl CreateAnnotations {
    /// Creates an empty request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an annotation. Sending one without contents fails.
    pub fn annotation(mut self, annotation: NewAnnotation) -> Self {
        self.annotations.push(annotation);
        self
    }

    /// Adds several annotations.
    pub fn annotations(mut self, annotations: impl IntoIterator<Item = NewAnnotation>) -> Self {
        self.annotations.extend(annotations);
        self
    }
}

/// Accepts an annotation with contents.
fn check(annotation: &NewAnnotation) -> Result<(), InvalidArgument> {
    match annotation.has_no_data() {
        true => Err(InvalidArgument::new("data", format!("of `{}` must not be empty", annotation.input_id()))),
        false => Ok(()),
    }
}

impl Operation for CreateAnnotations {
    type Output = Batch<Annotation>;
    const SPEC: Spec = Spec::post("create annotations").partial();

    fn replay(&self) -> Replay {
        match self.annotations.iter().all(|annotation| annotation.get_id().is_some()) {
            true => Replay::Idempotent,
            false => Replay::Once,
        }
    }

    fn target(&self, target: &mut Target) {
        target.path("annotations");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        let mut json = BodyWriter::with_capacity(192);
        json.raw("{");
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

impl Batched for CreateAnnotations {
    type Item = NewAnnotation;
    type Response = Annotation;

    fn with_items(&self, annotations: Vec<NewAnnotation>) -> Self {
        Self { annotations }
    }

    fn check(&self, annotation: &NewAnnotation) -> Result<(), InvalidArgument> {
        check(annotation)?;
        annotation.write(&mut BodyWriter::default())
    }

    fn item_id(annotation: &NewAnnotation) -> Option<&str> {
        annotation.get_id()
    }
}
