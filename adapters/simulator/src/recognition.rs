//! What the simulator recognizes in images: by measurements on pixels or, with the feature `vision`, by networks.

use crate::vision::{self, Image};
use crate::vocabulary::{self, PublicConcept, Vocabulary};

/// How the simulator computes predictions, similarities and custom models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Recognition {
    /// By measurements on the pixels: colors, sharpness, lines and the like. Objects are not recognized. There are
    /// three public models. The default without the feature `vision`.
    #[cfg_attr(not(feature = "vision"), default)]
    Pixels,
    /// By the networks of `clarifai-vision`: 1,000 classes of things, the more general words above them, and faces.
    /// There are all public models of the service. The default with the feature `vision`.
    #[cfg(feature = "vision")]
    #[default]
    Network,
}

/// A face in an image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Face {
    pub(crate) score: f32,
    /// Top, left, bottom and right, as fractions of the image and inside of it.
    pub(crate) bounds: [f32; 4],
}

/// Score from which a face counts in the concepts of an image, where a false one is worse than a missed one.
#[cfg(feature = "vision")]
const CERTAIN_FACE: f32 = 0.75;

impl Recognition {
    /// Returns the public concepts.
    pub(crate) fn vocabulary(self) -> &'static Vocabulary {
        match self {
            Self::Pixels => vocabulary::measured(),
            #[cfg(feature = "vision")]
            Self::Network => vocabulary::complete(),
        }
    }

    /// Returns an id of the kind of embeddings. Classifiers are trained for one kind only.
    pub(crate) fn embedding_id(self) -> &'static str {
        match self {
            Self::Pixels => "pixels-1",
            #[cfg(feature = "vision")]
            Self::Network => "efficientnet-lite0-1",
        }
    }

    /// Returns the embedding of an image: 1,024 numbers, of length 1.
    pub(crate) fn embedding(self, image: &Image) -> Vec<f32> {
        match self {
            Self::Pixels => vision::embedding(image),
            #[cfg(feature = "vision")]
            Self::Network => crate::network::classify(image).embedding.clone(),
        }
    }

    /// Returns the concepts that the general model predicts, highest value first.
    pub(crate) fn general(self, image: &Image) -> Vec<(&'static PublicConcept, f32)> {
        match self {
            Self::Pixels => measured(self.vocabulary(), image),
            #[cfg(feature = "vision")]
            Self::Network => sorted(recognized(image)),
        }
    }

    /// Returns all public concepts with their values, highest value first.
    pub(crate) fn all(self, image: &Image) -> Vec<(&'static PublicConcept, f32)> {
        match self {
            Self::Pixels => measured(self.vocabulary(), image),
            #[cfg(feature = "vision")]
            Self::Network => {
                let mut all = recognized(image);
                all.extend(measured(self.vocabulary(), image));
                sorted(all)
            }
        }
    }

    /// Returns the concepts that are measured on the pixels, highest value first.
    pub(crate) fn measured(self, image: &Image) -> Vec<(&'static PublicConcept, f32)> {
        measured(self.vocabulary(), image)
    }

    /// Returns the faces in an image, best first. Measurements on pixels find none.
    pub(crate) fn faces(self, image: &Image) -> Vec<Face> {
        match self {
            Self::Pixels => {
                let _ = image;
                Vec::new()
            }
            #[cfg(feature = "vision")]
            Self::Network => crate::network::faces(image)
                .into_iter()
                .map(|face| {
                    let bounds = face.bounds;
                    let bounds =
                        [bounds.top, bounds.left, bounds.bottom, bounds.right].map(|edge| edge.clamp(0.0, 1.0));
                    Face { score: face.score, bounds }
                })
                .collect(),
        }
    }
}

fn measured(vocabulary: &'static Vocabulary, image: &Image) -> Vec<(&'static PublicConcept, f32)> {
    let scored = vision::concepts(image);
    scored.into_iter().filter_map(|scored| Some((vocabulary.get(scored.id)?, scored.value))).collect()
}

#[cfg(feature = "vision")]
fn sorted(mut concepts: Vec<(&'static PublicConcept, f32)>) -> Vec<(&'static PublicConcept, f32)> {
    // The sort is stable: equal values keep the order of the vocabulary, common words first.
    concepts.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    concepts
}

/// Returns the concepts that the networks recognize, in the order of the vocabulary.
#[cfg(feature = "vision")]
fn recognized(image: &Image) -> Vec<(&'static PublicConcept, f32)> {
    let (seen, faces) = (crate::network::classify(image), Recognition::Network.faces(image));
    let face = faces.first().filter(|face| face.score >= CERTAIN_FACE);
    let value = |concept: &PublicConcept| match &concept.source {
        vocabulary::Source::Pixels(_) => None,
        vocabulary::Source::Seen(from) => Some(sum(&seen.classes, &from.classes).max(face_value(from.face, face))),
    };
    let concepts = vocabulary::complete().concepts.iter();
    concepts.filter_map(|concept| Some((concept, value(concept)?))).collect()
}

/// Returns the probability of any of the classes. Of several it is corrected: the sum of the probabilities of many
/// classes is large even where the network recognizes nothing.
#[cfg(feature = "vision")]
#[expect(clippy::cast_precision_loss, reason = "at most 1,000 classes")]
fn sum(probabilities: &[f32], classes: &[usize]) -> f32 {
    let sum: f32 = classes.iter().filter_map(|class| probabilities.get(*class)).sum();
    match classes.len() {
        0 | 1 => sum,
        several => {
            let share = several as f32 / clarifai_vision::CLASSES as f32;
            ((sum - share) / (1.0 - share)).clamp(0.0, 1.0)
        }
    }
}

#[cfg(feature = "vision")]
fn face_value(word: Option<vocabulary::FaceWord>, face: Option<&Face>) -> f32 {
    let (Some(word), Some(face)) = (word, face) else { return 0.0 };
    match word {
        vocabulary::FaceWord::Face => face.score,
        // From a twentieth of the height on it is somewhat a portrait, from a quarter on entirely.
        vocabulary::FaceWord::Portrait => {
            let height = face.bounds[2] - face.bounds[0];
            face.score * ((height - 0.05) / 0.2).clamp(0.0, 1.0)
        }
    }
}
