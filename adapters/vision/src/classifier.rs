//! The classifier: EfficientNet-Lite0, with probabilities of classes and kinds, and an embedding.

use rten_tensor::NdTensor;

use crate::channels::compact;
use crate::classes::{Class, Kind, classes, kinds};
use crate::network::{Error, Network};
use crate::pixels::Pixels;

static ONNX: &[u8] = include_bytes!("../data/classes.onnx");

/// Side of the square that the network sees, in pixels.
const SIDE: u32 = 224;
/// The part of the shorter side that it sees: 7/8, as the network was examined by its authors.
const PART: (u32, u32) = (SIDE, SIDE + 32);

/// Number of classes.
pub const CLASSES: usize = 1000;

/// Number of dimensions of [`Classification::embedding`].
pub const EMBEDDING_LEN: usize = 1280;

/// A network that recognizes 1,000 classes of things. Loading it takes about 30 ms, an image about 35 ms.
///
/// It can be shared by threads: each call of [`classify`](Self::classify) runs on a thread of its own.
#[derive(Debug)]
pub struct Classifier(Network);

impl Classifier {
    /// Loads the network.
    ///
    /// # Errors
    ///
    /// Fails if there is not enough memory.
    pub fn new() -> Result<Self, Error> {
        Network::load(ONNX, ["embedding", "logits"]).map(Self)
    }

    /// Classifies the middle of an image: a square of 7/8 of the shorter side.
    ///
    /// # Errors
    ///
    /// Fails if there is not enough memory.
    pub fn classify(&self, image: &Pixels<'_>) -> Result<Classification, Error> {
        let [embedding, logits] = self.0.run(prepare(image))?;
        let probabilities = softmax(&logits);
        Ok(Classification { logits, probabilities, embedding: unit(embedding) })
    }
}

/// What the network computed for an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    logits: Vec<f32>,
    probabilities: Vec<f32>,
    embedding: Vec<f32>,
}

impl Classification {
    /// Returns the output of the last layer for each class, before the softmax.
    pub fn logits(&self) -> &[f32] {
        &self.logits
    }

    /// Returns the probability of each class, in the order of [`classes`]. The sum is 1.
    pub fn probabilities(&self) -> &[f32] {
        &self.probabilities
    }

    /// Returns the `n` most probable classes with their probabilities, best first.
    pub fn best(&self, n: usize) -> Vec<(&'static Class, f32)> {
        let mut all: Vec<_> = classes().iter().zip(self.probabilities.iter().copied()).collect();
        all.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        all.truncate(n);
        all
    }

    /// Returns each kind with a value from 0 to 1.
    ///
    /// The sum of the probabilities of many classes is large even where the network recognizes nothing: animals are 398
    /// of the 1,000 classes. Therefore the value is `(sum - share) / (1 - share)`, but at least 0, where `share` is the
    /// share of the classes that the kind covers.
    #[expect(clippy::cast_precision_loss, reason = "at most 1,000 classes")]
    pub fn kinds(&self) -> Vec<(&'static Kind, f32)> {
        let value = |kind: &Kind| {
            let sum: f32 = kind.classes().filter_map(|class| self.probabilities.get(class)).sum();
            let share = kind.classes().count() as f32 / CLASSES as f32;
            ((sum - share) / (1.0 - share)).clamp(0.0, 1.0)
        };
        kinds().iter().map(|kind| (kind, value(kind))).collect()
    }

    /// Returns the embedding, a vector of 1,280 numbers with length 1. The scalar product of two embeddings is their
    /// similarity: about 0 for unrelated images, 1 for equal ones.
    pub fn embedding(&self) -> &[f32] {
        &self.embedding
    }

    /// Returns the 1,024 numbers of the embedding with the most energy, scaled to length 1. Comparisons lose nothing by
    /// it.
    pub fn compact_embedding(&self) -> Vec<f32> {
        unit(compact(&self.embedding))
    }
}

/// Returns the middle of the image as the network takes it.
fn prepare(image: &Pixels<'_>) -> NdTensor<f32, 4> {
    let middle = image.middle(PART, SIDE);
    tensor(middle.as_raw(), SIDE, |value| (value - 127.0) / 128.0)
}

/// Returns the pixels of a square image channel by channel.
pub(crate) fn tensor(rgb: &[u8], side: u32, scale: impl Fn(f32) -> f32) -> NdTensor<f32, 4> {
    let side = side as usize;
    let mut numbers = Vec::with_capacity(3 * side * side);
    for channel in 0..3 {
        numbers.extend(rgb.chunks_exact(3).map(|pixel| scale(f32::from(pixel[channel]))));
    }
    NdTensor::from_data([1, 3, side, side], numbers)
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = logits.iter().map(|logit| (logit - most).exp()).collect();
    let total: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / total).collect()
}

/// Scales a vector to length 1.
fn unit(mut numbers: Vec<f32>) -> Vec<f32> {
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length > 0.0 {
        for number in &mut numbers {
            *number /= length;
        }
    }
    numbers
}
