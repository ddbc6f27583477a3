//! `POST /v2/ext/openai/v1/embeddings`: vectors for texts.

use serde_json::Value;

use super::options::Options;
use super::record::open_record;
use super::{ModelName, Usage};
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec, Target};

/// Requests a vector for each text: `POST /v2/ext/openai/v1/embeddings`.
///
/// The response contains one vector per text, in the order of the texts.
///
/// ```
/// use clarifai_core::openai::CreateEmbeddings;
///
/// let embed = CreateEmbeddings::new("openai/embed/models/text-embedding-ada-002").text("Hello").text("Good-bye");
/// ```
#[doc(alias = "embeddings.create")]
#[derive(Clone, Debug, PartialEq)]
pub struct CreateEmbeddings {
    model: ModelName,
    texts: Vec<String>,
    options: Options,
}

impl CreateEmbeddings {
    /// Creates a request without texts.
    pub fn new(model: impl Into<ModelName>) -> Self {
        Self { model: model.into(), texts: Vec::new(), options: Options::default() }
    }

    /// Adds a text.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.texts.push(text.into());
        self
    }

    /// Adds several texts.
    pub fn texts(mut self, texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.texts.extend(texts.into_iter().map(Into::into));
        self
    }

    /// Sets the number of components of the vectors, at least 1. Default: that of the model.
    pub fn dimensions(self, dimensions: u32) -> Self {
        self.set("dimensions", dimensions)
    }

    /// Sets any option by its name. A later value replaces an earlier one.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.options.set(name, value);
        self
    }
}

impl Operation for CreateEmbeddings {
    type Output = Embeddings;
    const SPEC: Spec = Spec::post("create embeddings").replay(Replay::Safe).without_status();

    fn target(&self, target: &mut Target) {
        super::root(target).path("embeddings");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        let model = self.model.check()?;
        if self.texts.is_empty() {
            return Err(InvalidArgument::new("input", "must not be empty"));
        }
        if let Some(index) = self.texts.iter().position(String::is_empty) {
            return Err(InvalidArgument::new("text", "must not be empty").at("input", index));
        }
        self.options.check(&["model", "input"])?;
        let input = match &self.texts[..] {
            [text] => text.as_str().into(),
            texts => texts.into(),
        };
        self.options.body([("model", model.into()), ("input", input)])
    }

    fn decode(&self, response: &Envelope) -> Result<Embeddings, DecodeError> {
        let mut embeddings: Embeddings = response.parse()?;
        let data = embeddings.data.as_mut().ok_or_else(|| DecodeError::new("data", "is missing"))?;
        data.sort_by_key(|vector| vector.index.unwrap_or(0));
        if data.len() != self.texts.len() {
            let problem = format!("has {} vectors for {} texts", data.len(), self.texts.len());
            return Err(DecodeError::new("data", problem));
        }
        match data.iter().position(|vector| vector.embedding.is_none()) {
            Some(index) => Err(DecodeError::new(format!("data[{index}].embedding"), "is not a list of numbers")),
            None => Ok(embeddings),
        }
    }
}

open_record! {
    /// Vectors for texts.
    pub struct Embeddings {
        /// Name of the model.
        pub model: String,
        /// Vectors, in the order of the texts.
        pub data: Option<Vec<EmbeddingVector>>,
        /// Number of tokens used.
        pub usage: Option<Usage>,
    }
}

impl Embeddings {
    /// Returns the vectors, in the order of the texts.
    pub fn vectors(&self) -> impl Iterator<Item = &[f64]> {
        self.data.iter().flatten().map(|vector| vector.embedding.as_deref().unwrap_or_default())
    }
}

open_record! {
    /// The vector for one text.
    pub struct EmbeddingVector {
        /// Position of the text in the request.
        pub index: Option<u64>,
        /// Components of the vector.
        pub embedding: Option<Vec<f64>>,
    }
}
