//! `POST /v2/models/{id}/outputs`: predictions of a model for 1 to 128 inputs.

use super::{ModelRef, OutputOptions, prediction_methods};
use crate::batch::Batch;
use crate::body::{Body, BodyWriter};
use crate::envelope::{DecodeError, Envelope};
use crate::error::{Error, InvalidArgument};
use crate::inputs::{NewInput, inputs_len, write_inputs};
use crate::operation::{Operation, Replay, Spec};
use crate::target::Target;
use crate::types::Output;

/// Runs a model on 1 to 128 images or texts, or on one video: `POST /v2/models/{id}/outputs`.
///
/// The response contains one [`Output`] per input, in the order of the inputs. The request changes nothing at the
/// service, so it is always safe to retry; each attempt counts against the quota.
///
/// If every input fails, the call is an error that contains the reasons: see
/// [`by_item`](crate::Operation::by_item). If only some fail, the [`Batch`] reports each.
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

prediction_methods!(Predict);

impl Operation for Predict {
    type Output = Batch<Output>;
    const SPEC: Spec = Spec::post("predict").partial().replay(Replay::Safe);

    fn target(&self, target: &mut Target) {
        self.model.path_of_version(target).path("outputs");
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
        Batch::read(Self::SPEC.name, answer, "outputs", self.inputs.iter().map(NewInput::get_id))
    }

    fn total_failure(&self, batch: &Batch<Output>) -> Option<Error> {
        batch.total_failure()
    }
}
