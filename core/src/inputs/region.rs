//! A part of a picture, and what is said of it.

use serde::Serialize;
use serde_json::{Value, json};

use crate::concepts::ConceptRef;
use crate::error::InvalidArgument;
use crate::types::BoundingBox;

/// A part of a picture on its way to the service, and what is said of it.
#[doc(alias("Region", "RegionInfo"))]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewRegion {
    bounding_box: Option<BoundingBox>,
    feedback: Option<RegionFeedback>,
    concepts: Vec<ConceptRef>,
    face: Option<NewFace>,
}

/// How well a model placed a region.
#[doc(alias = "FeedbackType")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RegionFeedback {
    /// It is where it belongs.
    Accurate,
    /// It is there, but elsewhere.
    Misplaced,
    /// It is there, and was missed.
    NotDetected,
    /// There is nothing.
    FalsePositive,
}

/// Whose face it is, and what it looks like.
#[doc(alias("Face", "FaceIdentity", "FaceAgeAppearance", "FaceGenderAppearance", "FaceMulticulturalAppearance"))]
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct NewFace {
    /// Whose it is.
    pub identity: Vec<ConceptRef>,
    /// How old it looks.
    pub age_appearance: Vec<ConceptRef>,
    /// Of what gender it looks.
    pub gender_appearance: Vec<ConceptRef>,
    /// Of what origin it looks.
    pub multicultural_appearance: Vec<ConceptRef>,
}

impl NewRegion {
    /// A region without a place: what is said of it is said of the whole.
    pub fn new() -> Self {
        Self::default()
    }

    /// The region inside these edges, as fractions of height and width from the upper left corner.
    pub fn bounding_box(top: f64, left: f64, bottom: f64, right: f64) -> Self {
        Self { bounding_box: Some(BoundingBox::new(top, left, bottom, right)), ..Self::default() }
    }

    /// Says how well a model placed it. Only in feedback. No longer in the current API description; still sent.
    pub fn feedback(mut self, feedback: RegionFeedback) -> Self {
        self.feedback = Some(feedback);
        self
    }

    /// Adds a concept.
    pub fn concept(mut self, concept: ConceptRef) -> Self {
        self.concepts.push(concept);
        self
    }

    /// Says whose face it is, and what it looks like. The current API description has concepts with a vocabulary in its
    /// place; it is still sent.
    pub fn face(mut self, face: NewFace) -> Self {
        self.face = Some(face);
        self
    }

    pub(crate) fn json(&self) -> Result<Value, InvalidArgument> {
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
        if let Some(feedback) = self.feedback {
            info["feedback"] = json!(feedback);
        }
        let mut region = json!({"region_info": info});
        ConceptRef::check_all(&self.concepts)?;
        if !self.concepts.is_empty() {
            region["data"]["concepts"] = json!(self.concepts);
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
