//! A rank of a search: what the hits are sorted by.

use serde_json::json;

use crate::body::BodyWriter;
use crate::concepts::{ConceptRef, ConceptValue};
use crate::error::InvalidArgument;
use crate::inputs::NewInput;
use crate::target::check_id;

/// A rank of [`QueryInputs`](super::QueryInputs) and [`QueryAnnotations`](super::QueryAnnotations): what the hits are
/// sorted by.
///
/// ```
/// use clarifai_core::{inputs::NewInput, searches::SearchRank};
///
/// let like_this = SearchRank::image(NewInput::image_url("https://samples.clarifai.com/metro-north.jpg"));
/// let like_that = SearchRank::input("photo-7");
/// ```
#[doc(alias = "Rank")]
#[derive(Clone, Debug, PartialEq)]
pub struct SearchRank {
    negate: bool,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Concept(ConceptRef),
    Image(NewInput),
    Text(String),
    Embedding(Vec<f64>),
    Input(String),
    ModelVersion(String),
}

impl SearchRank {
    fn new(kind: Kind) -> Self {
        Self { negate: false, kind }
    }

    /// Sorts by the value of a concept. A concept of the app's own needs a trained model.
    pub fn concept(concept: ConceptRef) -> Self {
        Self::new(Kind::Concept(concept))
    }

    /// Sorts by similarity to an image: one of [`NewInput::image_url`], [`NewInput::image_bytes`] or
    /// [`NewInput::image_base64`].
    pub fn image(image: NewInput) -> Self {
        Self::new(Kind::Image(image))
    }

    /// Sorts by similarity to a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Kind::Text(text.into()))
    }

    /// Sorts by similarity to an embedding vector of the app's own model.
    pub fn embedding(vector: impl IntoIterator<Item = f64>) -> Self {
        Self::new(Kind::Embedding(vector.into_iter().collect()))
    }

    /// Sorts by similarity to the input with this id.
    pub fn input(id: impl Into<String>) -> Self {
        Self::new(Kind::Input(id.into()))
    }

    /// Sorts by the results of the model version with this id.
    pub fn model_version(id: impl Into<String>) -> Self {
        Self::new(Kind::ModelVersion(id.into()))
    }

    /// Reverses the order: the least similar first.
    pub fn negate(mut self) -> Self {
        self.negate = !self.negate;
        self
    }

    /// Writes the rank as a member of `ranks`.
    pub(super) fn write(&self, json: &mut BodyWriter) -> Result<(), InvalidArgument> {
        json.raw(if self.negate { "{\"negate\":true,\"annotation\":" } else { "{\"annotation\":" });
        let annotation = match &self.kind {
            Kind::Image(image) => {
                if !image.is_image() {
                    return Err(InvalidArgument::new("image", "must be an image"));
                }
                json.raw("{\"data\":{\"image\":{");
                image.write_medium(json)?;
                json.raw("}}}}");
                return Ok(());
            }
            Kind::Concept(concept) => json!({"data": {"concepts": [number(concept)?]}}),
            Kind::Text(text) if text.trim().is_empty() => return Err(InvalidArgument::new("text", "is empty")),
            Kind::Text(text) => json!({"data": {"text": {"raw": text}}}),
            Kind::Embedding(vector) if vector.is_empty() || vector.iter().any(|number| !number.is_finite()) => {
                return Err(InvalidArgument::new("embedding", "must contain finite numbers, at least one"));
            }
            Kind::Embedding(vector) => json!({"data": {"embeddings": [{"vector": vector}]}}),
            Kind::Input(id) => {
                check_id("input id", id)?;
                json!({"input_id": id})
            }
            Kind::ModelVersion(id) => {
                check_id("model version id", id)?;
                json!({"model_version_id": id})
            }
        };
        json.value("rank", &annotation)?.raw("}");
        Ok(())
    }
}

/// Returns the concept in the form that searches require: with an id or a name, not both, and its value as a number.
pub(super) fn number(concept: &ConceptRef) -> Result<ConceptRef, InvalidArgument> {
    concept.check("concept")?;
    if concept.id.is_some() && concept.name.is_some() {
        return Err(InvalidArgument::new("concept", "has both an id and a name: search by one of them"));
    }
    let value = match concept.value {
        None | Some(ConceptValue::Is(true)) => 1.0,
        Some(ConceptValue::Is(false)) => 0.0,
        Some(ConceptValue::Number(value)) => value,
    };
    Ok(concept.clone().valued(value))
}
