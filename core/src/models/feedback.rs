//! `POST /v2/models/{id}/feedback` and `…/versions/{version}/feedback`: what a model should have seen.

use http::Method;

use super::ModelRef;
use crate::body::{Body, BodyWriter};
use crate::concepts::ConceptRef;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::feedback::FeedbackInfo;
use crate::inputs::{Facts, NewInput, NewRegion};
use crate::operation::{Operation, Replay};
use crate::target::{Target, check_id};
use crate::types::Status;

/// Tells the service what a model should have seen in an input: concepts, regions, faces.
///
/// The current API description no longer has it: post annotations instead. It is still sent.
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
    facts: Facts,
    info: FeedbackInfo,
}

impl SendModelFeedback {
    /// On what this model saw in the input with this id; with a version in the [`ModelRef`], on what that version saw.
    pub fn new(model: impl Into<ModelRef>, input_id: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            input_id: input_id.into(),
            url: None,
            facts: Facts::default(),
            info: FeedbackInfo::default(),
        }
    }

    /// Where the picture is.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// It shows the concept with this id.
    pub fn concept(mut self, id: impl Into<String>) -> Self {
        self.facts.concepts.push(ConceptRef::id(id).positive());
        self
    }

    /// It does not show the concept with this id.
    pub fn not_concept(mut self, id: impl Into<String>) -> Self {
        self.facts.concepts.push(ConceptRef::id(id).negative());
        self
    }

    /// Says something of a part of it.
    pub fn region(mut self, region: NewRegion) -> Self {
        self.facts.regions.push(region);
        self
    }

    /// Who says so, and of which output.
    pub fn info(mut self, info: FeedbackInfo) -> Self {
        self.info = info;
        self
    }
}

impl Operation for SendModelFeedback {
    type Output = Status;
    const NAME: &'static str = "send model feedback";
    const METHOD: Method = Method::POST;

    fn replay(&self) -> Replay {
        Replay::Once
    }

    fn target(&self, target: &mut Target) {
        self.model.target(target).path("feedback");
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
        self.facts.write(&mut json, self.url.is_none())?;
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
