//! `POST /v2/ext/openai/v1/images/generations`: images for a text.

use serde_json::Value;

use super::ModelName;
use super::options::Options;
use super::record::open_record;
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec, Target};

/// Requests images for a text: `POST /v2/ext/openai/v1/images/generations`.
///
/// ```
/// use clarifai_core::openai::GenerateImages;
///
/// let images = GenerateImages::new("xai/image-generation/models/grok-2-image-1212", "A cat").size("1024x1024");
/// ```
#[doc(alias = "images.generate")]
#[derive(Clone, Debug, PartialEq)]
pub struct GenerateImages {
    model: ModelName,
    prompt: String,
    options: Options,
}

impl GenerateImages {
    /// Creates a request for one image.
    pub fn new(model: impl Into<ModelName>, prompt: impl Into<String>) -> Self {
        Self { model: model.into(), prompt: prompt.into(), options: Options::default() }
    }

    /// Sets the number of images, at least 1. Default: 1.
    pub fn count(self, count: u32) -> Self {
        self.set("n", count)
    }

    /// Sets the size, such as `1024x1024`. Default: that of the model.
    pub fn size(self, size: impl Into<String>) -> Self {
        self.set("size", size.into())
    }

    /// Sets any option by its name. A later value replaces an earlier one.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.options.set(name, value);
        self
    }
}

impl Operation for GenerateImages {
    type Output = GeneratedImages;
    const SPEC: Spec = Spec::post("generate images").replay(Replay::Safe).without_status();

    fn target(&self, target: &mut Target) {
        super::root(target).path("images").path("generations");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        let model = self.model.check()?;
        if self.prompt.trim().is_empty() {
            return Err(InvalidArgument::new("prompt", "must not be empty"));
        }
        self.options.check(&["model", "prompt"])?;
        self.options.body([("model", model.into()), ("prompt", self.prompt.as_str().into())])
    }

    fn decode(&self, response: &Envelope) -> Result<GeneratedImages, DecodeError> {
        let images: GeneratedImages = response.parse()?;
        match images.data {
            Some(_) => Ok(images),
            None => Err(DecodeError::new("data", "is missing")),
        }
    }
}

open_record! {
    /// Images that a model generated.
    pub struct GeneratedImages {
        /// Time of creation, in seconds since 1970.
        pub created: Option<u64>,
        /// The images.
        pub data: Option<Vec<GeneratedImage>>,
        /// Number of tokens used, as free-form JSON.
        pub usage: Option<Value>,
    }
}

impl GeneratedImages {
    /// Returns the images.
    pub fn images(&self) -> &[GeneratedImage] {
        self.data.as_deref().unwrap_or_default()
    }
}

open_record! {
    /// An image that a model generated: its URL or its bytes.
    pub struct GeneratedImage {
        /// URL of the image.
        pub url: Option<String>,
        /// Bytes of the image file, in base64.
        pub b64_json: Option<String>,
        /// Text that the image was generated from, if the model changed it.
        pub revised_prompt: Option<String>,
    }
}

impl GeneratedImage {
    /// Returns the bytes of the image file. `None` if the response has only a URL, or no valid base64.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        base64_simd::STANDARD.decode_to_vec(self.b64_json.as_ref()?).ok()
    }
}
