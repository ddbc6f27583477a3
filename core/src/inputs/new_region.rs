//! An annotated region of an image.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use super::region_shape::Shape;
use crate::concepts::ConceptRef;
use crate::error::InvalidArgument;
use crate::target::check_id;
use crate::types::BoundingBox;

/// An annotated region of an image or of a text to send to the service.
#[doc(alias("Region", "RegionInfo"))]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewRegion {
    id: Option<String>,
    bounding_box: Option<BoundingBox>,
    shape: Option<Shape>,
    text: Option<String>,
    feedback: Option<RegionFeedback>,
    concepts: Vec<ConceptRef>,
    face: Option<NewFace>,
}

/// Feedback on how well a model detected a region.
#[doc(alias = "FeedbackType")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RegionFeedback {
    /// The region is in the right place.
    Accurate,
    /// The object exists, but the region is in the wrong place.
    Misplaced,
    /// The object exists, but the model did not detect it.
    NotDetected,
    /// The region contains no object.
    FalsePositive,
}

/// The identity and appearance of a face.
#[doc(alias("Face", "FaceIdentity", "FaceAgeAppearance", "FaceGenderAppearance", "FaceMulticulturalAppearance"))]
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct NewFace {
    /// Concepts for the person's identity.
    pub identity: Vec<ConceptRef>,
    /// Concepts for the apparent age.
    pub age_appearance: Vec<ConceptRef>,
    /// Concepts for the apparent gender.
    pub gender_appearance: Vec<ConceptRef>,
    /// Concepts for the apparent ethnic origin.
    pub multicultural_appearance: Vec<ConceptRef>,
}

impl NewRegion {
    /// Creates a region without a bounding box. Its annotations apply to the whole image.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a region inside these edges, as fractions (0 to 1) of the image's height and width from its upper left
    /// corner. Sending the region fails unless `top` is less than `bottom` and `left` is less than `right`.
    pub fn bounding_box(top: f64, left: f64, bottom: f64, right: f64) -> Self {
        Self { bounding_box: Some(BoundingBox::new(top, left, bottom, right)), ..Self::default() }
    }

    /// Creates a region with the shape of a mask: the bytes of an image, usually a PNG, that is bright where the region
    /// is. It has the proportions of the annotated image.
    pub fn mask(image: impl Into<Bytes>) -> Self {
        Self::shaped(Shape::Mask(image.into()))
    }

    /// Creates a region inside an outline: at least 3 corners, each with its row and column, as fractions (0 to 1) of
    /// the image's height and width from its upper left corner.
    pub fn polygon(corners: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self::shaped(Shape::Polygon(corners.into_iter().collect()))
    }

    /// Creates a region of a single point: its row and column, as fractions (0 to 1) of the image's height and width.
    pub fn point(row: f64, column: f64) -> Self {
        Self::shaped(Shape::Point(row, column))
    }

    /// Creates a region of a text: the index of its first character, counted from 0, the index after its last
    /// character, and the characters.
    pub fn span(start: u64, end: u64, characters: impl Into<String>) -> Self {
        Self::shaped(Shape::Span { start, end, text: characters.into() })
    }

    fn shaped(shape: Shape) -> Self {
        Self { shape: Some(shape), ..Self::default() }
    }

    /// Sets the id of the region: of an existing one to change in a patch, or of a new one. Default: chosen by the
    /// service.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Returns the id, if one is set.
    pub fn get_id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Sets the text that the region shows, such as that of a sign.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Sets how well a model detected the region. For feedback requests only.
    ///
    /// **Withdrawn by Clarifai**, like the [requests](crate::models::SendModelFeedback) that it is for.
    pub fn feedback(mut self, feedback: RegionFeedback) -> Self {
        self.feedback = Some(feedback);
        self
    }

    /// Adds a concept annotation.
    pub fn concept(mut self, concept: ConceptRef) -> Self {
        self.concepts.push(concept);
        self
    }

    /// Sets the identity and appearance of the face in the region.
    ///
    /// **Withdrawn by Clarifai.** Use [concepts](Self::concept) instead. See [`deprecated`](crate::deprecated).
    pub fn face(mut self, face: NewFace) -> Self {
        self.face = Some(face);
        self
    }

    pub(crate) fn json(&self) -> Result<Value, InvalidArgument> {
        if *self == Self::default() {
            return Err(InvalidArgument::new("region", "is empty"));
        }
        let mut info = json!({});
        if let Some(place) = &self.bounding_box {
            let edges = [place.top(), place.left(), place.bottom(), place.right()];
            let inside = edges.iter().all(|edge| (0.0..=1.0).contains(edge));
            if !inside || place.top() >= place.bottom() || place.left() >= place.right() {
                return Err(InvalidArgument::new(
                    "bounding box",
                    format!("{edges:?} must be top, left, bottom, right within 0 to 1, in this order"),
                ));
            }
            info["bounding_box"] = json!(place);
        }
        if let Some(shape) = &self.shape {
            let (key, shape) = shape.json()?;
            info[key] = shape;
        }
        if let Some(feedback) = self.feedback {
            info["feedback"] = json!(feedback);
        }
        let mut region = json!({});
        if let Some(id) = &self.id {
            check_id("region id", id)?;
            region["id"] = id.as_str().into();
        }
        // A patch of an existing region leaves its place as it is.
        if self.id.is_none() || info.as_object().is_some_and(|info| !info.is_empty()) {
            region["region_info"] = info;
        }
        ConceptRef::check_all(&self.concepts)?;
        if !self.concepts.is_empty() {
            region["data"]["concepts"] = json!(self.concepts);
        }
        if let Some(text) = &self.text {
            region["data"]["text"] = json!({"raw": text});
        }
        if let Some(face) = &self.face {
            region["data"]["face"] = face.json()?;
        }
        Ok(region)
    }
}

impl NewFace {
    fn json(&self) -> Result<Value, InvalidArgument> {
        let mut face = json!({});
        for (member, concepts) in [
            ("identity", &self.identity),
            ("age_appearance", &self.age_appearance),
            ("gender_appearance", &self.gender_appearance),
            ("multicultural_appearance", &self.multicultural_appearance),
        ] {
            ConceptRef::check_all(concepts)?;
            if !concepts.is_empty() {
                face[member] = json!({"concepts": concepts});
            }
        }
        Ok(face)
    }
}
