//! `POST /v2/models/{id}/outputs`: predictions of a model for 1 to 128 inputs.

use bytes::Bytes;
use http::Method;
use serde::Serialize;

use super::ModelRef;
use crate::batch::Batch;
use crate::body::{Body, BodyWriter};
use crate::concepts::ConceptRef;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::inputs::{NewInput, inputs_len, write_inputs};
use crate::operation::{Operation, Replay};
use crate::target::Target;
use crate::types::Output;

/// Runs a model on 1 to 128 images or texts, or on one video: `POST /v2/models/{id}/outputs`.
///
/// The response contains one [`Output`] per input, in the order of the inputs. The request changes nothing at the
/// service, so it is always safe to retry; each attempt counts against the quota.
///
/// The number of inputs and the ranges of the options are checked when the request is built. A value out of range is
/// an [`InvalidArgument`].
///
/// ```
/// use clarifai_core::models::{ModelRef, Predict};
///
/// let predict = Predict::new(ModelRef::public("general-image-recognition"))
///     .image_url("https://samples.clarifai.com/metro-north.jpg")
///     .image_bytes(vec![0xff, 0xd8, 0xff, 0xd9])
///     .language("de")
///     .min_value(0.9);
/// ```
#[doc(alias(
    "tag_urls",
    "tag_files",
    "predict_by_url",
    "predict_by_filename",
    "predict_by_bytes",
    "predict_by_base64"
))]
#[derive(Clone, Debug)]
pub struct Predict {
    model: ModelRef,
    inputs: Vec<NewInput>,
    options: OutputOptions,
    options_in_model: bool,
}

impl Predict {
    /// Creates a prediction request for this model, without inputs. The model is an id in your app, or a [`ModelRef`].
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into(), inputs: Vec::new(), options: OutputOptions::default(), options_in_model: false }
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

    /// Adds an image by its URL.
    pub fn image_url(self, url: impl Into<String>) -> Self {
        self.input(NewInput::image_url(url))
    }

    /// Adds an image as the bytes of its file.
    pub fn image_bytes(self, bytes: impl Into<Bytes>) -> Self {
        self.input(NewInput::image_bytes(bytes))
    }

    /// Adds a video by its URL. A video must be the only input of its request.
    pub fn video_url(self, url: impl Into<String>) -> Self {
        self.input(NewInput::video_url(url))
    }

    /// Adds a video as the bytes of its file. A video must be the only input of its request.
    pub fn video_bytes(self, bytes: impl Into<Bytes>) -> Self {
        self.input(NewInput::video_bytes(bytes))
    }

    /// Sets all options at once, replacing those set before.
    pub fn options(mut self, options: OutputOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets the language of the concepts' names, such as `de` or `zh`. Default: the language of the app.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.options.language = Some(language.into());
        self
    }

    /// Sets the minimum value of the returned concepts, 0 to 1. Default: 0.
    pub fn min_value(mut self, min_value: f64) -> Self {
        self.options.min_value = Some(min_value);
        self
    }

    /// Sets the maximum number of concepts per input, 1 to 200. 0 counts as not set. Default: the service's, 20.
    pub fn max_concepts(mut self, max_concepts: u32) -> Self {
        self.options.max_concepts = Some(max_concepts);
        self
    }

    /// Adds a concept to the selection. The response contains only selected concepts. Default: all concepts.
    pub fn select(mut self, concept: ConceptRef) -> Self {
        self.options.select_concepts.get_or_insert_default().push(concept);
        self
    }

    /// Sets the interval between the analyzed frames of a video, in milliseconds, 100 to 60,000. Default: 1,000.
    pub fn sample_ms(mut self, sample_ms: u32) -> Self {
        self.options.sample_ms = Some(sample_ms);
        self
    }

    /// Sends the options in `model.output_info`, as clients before 2021 did, instead of in
    /// `model.model_version.output_info`, as the official clients do today.
    ///
    /// **Deprecated by Clarifai; still accepted.** For services that know only the older place.
    pub fn options_in_model(mut self) -> Self {
        self.options_in_model = true;
        self
    }

    /// Returns the same request without its inputs.
    pub(crate) fn without_inputs(mut self) -> Self {
        self.inputs.clear();
        self
    }

    /// Returns the number of inputs.
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Returns whether there are no inputs.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }
}

/// Options of a prediction (`output_config` on the wire). Only options that are set are sent.
#[doc(alias = "ModelOutputConfig")]
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OutputOptions {
    /// Language of the concepts' names. Default: the language of the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Minimum value of the returned concepts, 0 to 1. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_value: Option<f64>,
    /// Maximum number of concepts per input, 1 to 200. 0 counts as not set. Default: the service's, 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concepts: Option<u32>,
    /// Concepts to return. Default: all concepts of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub select_concepts: Option<Vec<ConceptRef>>,
    /// Interval between the analyzed frames of a video, in milliseconds, 100 to 60,000. Default: 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_ms: Option<u32>,
    /// Whether the concepts exclude each other. Overrides the setting of the model for this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concepts_mutually_exclusive: Option<bool>,
    /// Whether the model assumes that all inputs show its concepts only. **Withdrawn by Clarifai**: the current API
    /// refuses a request with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_environment: Option<bool>,
}

impl OutputOptions {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn check(&self) -> Result<(), InvalidArgument> {
        if let Some(value) = self.min_value.filter(|value| !(0.0..=1.0).contains(value)) {
            return Err(InvalidArgument::new("min_value", format!("is {value}, it must lie within 0 to 1")));
        }
        if let Some(count) = self.max_concepts.filter(|count| *count > 200) {
            return Err(InvalidArgument::new("max_concepts", format!("is {count}, at most 200 are answered")));
        }
        if let Some(time) = self.sample_ms.filter(|time| !(100..=60_000).contains(time)) {
            return Err(InvalidArgument::new("sample_ms", format!("is {time}, it must lie within 100 to 60000")));
        }
        if self.language.as_ref().is_some_and(|language| language.trim().is_empty()) {
            return Err(InvalidArgument::new("language", "is empty"));
        }
        for (index, concept) in self.select_concepts.iter().flatten().enumerate() {
            concept.check(&format!("select_concepts[{index}]"))?;
        }
        Ok(())
    }
}

impl Operation for Predict {
    type Output = Batch<Output>;
    const NAME: &'static str = "predict";
    const METHOD: Method = Method::POST;
    const PARTIAL: bool = true;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        self.model.target(target).path("outputs");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.options.check()?;
        let mut json = BodyWriter::with_capacity(inputs_len(&self.inputs) + 2);
        json.raw("{");
        write_inputs(&self.inputs, &mut json)?;
        if !self.options.is_empty() {
            let version = !self.options_in_model;
            json.raw(",\"model\":{").raw(if version { "\"model_version\":{" } else { "" });
            json.raw("\"output_info\":{\"output_config\":").value("options", &self.options)?;
            json.raw("}}").raw(if version { "}" } else { "" });
        }
        json.raw("}");
        Ok(json.finish())
    }

    fn decode(&self, answer: &Envelope) -> Result<Batch<Output>, DecodeError> {
        Batch::read(Self::NAME, answer, "outputs", self.inputs.iter().map(NewInput::get_id))
    }
}
