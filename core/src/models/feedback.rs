//! `POST /v2/models/{id}/feedback` and `…/versions/{version}/feedback`: corrections of a model's predictions.

use super::ModelRef;
use crate::body::{Body, BodyWriter};
use crate::concepts::ConceptRef;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::feedback::FeedbackInfo;
use crate::inputs::{Annotations, NewInput, NewRegion};
use crate::operation::{Operation, Spec};
use crate::target::{Target, check_id};
use crate::types::Status;

/// Sends corrections of a model's prediction for an input: concepts, regions and faces.
///
/// The path is `POST /v2/models/{id}/feedback`, or `POST /v2/models/{id}/versions/{version}/feedback` if the
/// [`ModelRef`] has a version.
///
/// **Withdrawn by Clarifai**; annotations replace it. See [`deprecated`](crate::deprecated).
///
/// ```
/// use clarifai_core::inputs::{NewRegion, RegionFeedback};
/// use clarifai_core::models::SendModelFeedback;
///
/// let feedback = SendModelFeedback::new("harbour", "photo-1")
///     .url("https://samples.clarifai.com/metro-north.jpg")
///     .concept("train")
///     .not_concept("boat")
///     .region(NewRegion::bounding_box(0.1, 0.2, 0.3, 0.4).feedback(RegionFeedback::Misplaced));
/// ```
#[doc(alias("send_concept_feedback", "send_region_feedback"))]
#[derive(Clone, Debug)]
pub struct SendModelFeedback {
    model: ModelRef,
    input_id: String,
    url: Option<String>,
    annotations: Annotations,
    info: FeedbackInfo,
}

impl SendModelFeedback {
    /// Creates feedback on this model's prediction for the input with this id. If the [`ModelRef`] has a version, the
    /// feedback is on the prediction of that version.
    pub fn new(model: impl Into<ModelRef>, input_id: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            input_id: input_id.into(),
            url: None,
            annotations: Annotations::default(),
            info: FeedbackInfo::default(),
        }
    }

    /// Sets the URL of the image.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Adds the id of a concept that the input shows.
    pub fn concept(mut self, id: impl Into<String>) -> Self {
        self.annotations.concepts.push(ConceptRef::id(id).positive());
        self
    }

    /// Adds the id of a concept that the input does not show.
    pub fn not_concept(mut self, id: impl Into<String>) -> Self {
        self.annotations.concepts.push(ConceptRef::id(id).negative());
        self
    }

    /// Adds feedback on a region of the image.
    pub fn region(mut self, region: NewRegion) -> Self {
        self.annotations.regions.push(region);
        self
    }

    /// Sets the author of the feedback and the output that it is about.
    pub fn info(mut self, info: FeedbackInfo) -> Self {
        self.info = info;
        self
    }
}

impl Operation for SendModelFeedback {
    type Output = Status;
    const SPEC: Spec = Spec::post("send model feedback");

    fn target(&self, target: &mut Target) {
        self.model.path_of_version(target).path("feedback");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        check_id("input id", &self.input_id)?;
        let mut json = BodyWriter::with_capacity(192);
        json.raw("{\"input\":{\"id\":").value("input id", &self.input_id)?.raw(",\"data\":{");
        if let Some(url) = &self.url {
            json.raw("\"image\":{");
            NewInput::image_url(url).write_medium(&mut json)?;
            json.raw(",\"allow_duplicate_url\":false}");
        }
        self.annotations.write(&mut json, self.url.is_none())?;
        json.raw("}");
        if !self.info.is_empty() {
            json.raw(",\"feedback_info\":").value("feedback info", &self.info)?;
        }
        json.raw("}}");
        Ok(json.finish())
    }

    fn decode(&self, answer: &Envelope) -> Result<Status, DecodeError> {
        answer.done()
    }
}
