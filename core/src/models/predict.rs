//! `POST /v2/models/{id}/outputs`: what a model sees in 1 to 128 inputs.

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

/// Asks a model what it sees in 1 to 128 pictures, in a video, or in texts.
///
/// The answer holds one [`Output`] an input, in the order of the inputs. It changes nothing at the service, so it is
/// repeated freely when something goes wrong; each time counts against the quota.
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
}

impl Predict {
    /// A prediction by this model: an id of one's own app, or a [`ModelRef`].
    pub fn new(model: impl Into<ModelRef>) -> Self {
        Self { model: model.into(), inputs: Vec::new(), options: OutputOptions::default() }
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

    /// Adds a video by its address. A video needs a call of its own.
    pub fn video_url(self, url: impl Into<String>) -> Self {
        self.input(NewInput::video_url(url))
    }

    /// Adds a video by its bytes. A video needs a call of its own.
    pub fn video_bytes(self, bytes: impl Into<Bytes>) -> Self {
        self.input(NewInput::video_bytes(bytes))
    }

    /// Sets all options at once.
    pub fn options(mut self, options: OutputOptions) -> Self {
        self.options = options;
        self
    }

    /// Names concepts in this language, such as `de` or `zh`. Default: the app's.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.options.language = Some(language.into());
        self
    }

    /// Leaves out concepts below this value, 0 to 1. Default 0.
    pub fn min_value(mut self, min_value: f64) -> Self {
        self.options.min_value = Some(min_value);
        self
    }

    /// At most so many concepts an input, 1 to 200. 0 counts as none said. Default: the service's, 20.
    pub fn max_concepts(mut self, max_concepts: u32) -> Self {
        self.options.max_concepts = Some(max_concepts);
        self
    }

    /// Answers only this concept; called several times, only these.
    pub fn select(mut self, concept: ConceptRef) -> Self {
        self.options.select_concepts.get_or_insert_default().push(concept);
        self
    }

    /// Looks at one frame of a video every so many milliseconds, 100 to 60,000. Default 1,000.
    pub fn sample_ms(mut self, sample_ms: u32) -> Self {
        self.options.sample_ms = Some(sample_ms);
        self
    }

    /// The same question about no input yet.
    pub(crate) fn without_inputs(mut self) -> Self {
        self.inputs.clear();
        self
    }

    /// How many inputs it has so far.
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Whether it has no input yet.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }
}

/// What the answer to a prediction shall hold (`output_config` on the wire). What is not set is not sent.
#[doc(alias = "ModelOutputConfig")]
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OutputOptions {
    /// Language of the concepts' names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Least value of a concept, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_value: Option<f64>,
    /// Most concepts an input, 1 to 200. 0 counts as none said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concepts: Option<u32>,
    /// Only these concepts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub select_concepts: Option<Vec<ConceptRef>>,
    /// Milliseconds between the frames of a video, 100 to 60,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_ms: Option<u32>,
    /// Whether the concepts exclude each other. A setting of the model that a call may override.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concepts_mutually_exclusive: Option<bool>,
    /// Whether the model knows nothing but its concepts. No longer in the current API description; still sent.
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
            json.raw(",\"model\":{\"output_info\":{\"output_config\":").value("options", &self.options)?.raw("}}");
        }
        json.raw("}");
        Ok(json.finish())
    }

    fn decode(&self, answer: &Envelope) -> Result<Batch<Output>, DecodeError> {
        Batch::read(Self::NAME, answer, "outputs", self.inputs.iter().map(NewInput::get_id))
    }
}
