//! The classifier that training produces: logistic regression on embeddings, one for each concept.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "embeddings are small numbers, and there are few examples"
)]

use serde::{Deserialize, Serialize};

use crate::parallel;

/// A trained classifier for a set of concepts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Classifier {
    /// The kind of embeddings it was trained on. Older states have none saved: measurements on pixels.
    #[serde(default = "first_embedding_id")]
    embedding: String,
    concepts: Vec<Direction>,
    /// Whether the concepts exclude one another, so that their values sum to 1.
    exclusive: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Direction {
    concept: String,
    weights: Vec<f32>,
    bias: f32,
}

fn first_embedding_id() -> String {
    "pixels-1".to_owned()
}

/// An embedding, and whether it is a positive example of the concept.
pub(crate) type Example<'a> = (&'a [f32], bool);

/// Number of gradient steps. Embeddings have unit length, so the weights converge long before.
const STEPS: usize = 300;
/// Learning rate.
const RATE: f32 = 8.0;
/// L2 regularization. It keeps the weights finite when the examples are separable, which they nearly always are.
const DECAY: f32 = 0.0005;

impl Classifier {
    /// Trains on the examples of each concept.
    pub(crate) fn fit<'a>(
        embedding: &str,
        concepts: impl IntoIterator<Item = (String, Vec<Example<'a>>)>,
        exclusive: bool,
    ) -> Self {
        let learn = |(concept, examples): (String, Vec<Example<'_>>)| {
            let (weights, bias) = logistic(&examples);
            Direction { concept, weights, bias }
        };
        let concepts: Vec<_> = concepts.into_iter().collect();
        let concepts = parallel::map(&concepts, |(concept, examples)| learn((concept.clone(), examples.clone())));
        Self { embedding: embedding.to_owned(), concepts, exclusive }
    }

    /// Returns the kind of embeddings it was trained on.
    pub(crate) fn embedding_id(&self) -> &str {
        &self.embedding
    }

    /// Returns each concept with its value from 0 to 1, best first.
    pub(crate) fn classify(&self, embedding: &[f32]) -> Vec<(&str, f32)> {
        let scores = self.concepts.iter().map(|one| dot(&one.weights, embedding) + one.bias);
        let values: Vec<f32> = match self.exclusive {
            false => scores.map(sigmoid).collect(),
            true => softmax(&scores.collect::<Vec<_>>()),
        };
        let mut scored: Vec<_> = self.concepts.iter().map(|one| one.concept.as_str()).zip(values).collect();
        scored.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(other.0)));
        scored
    }
}

/// Logistic regression by gradient descent from zero. Positive and negative examples have the same total weight.
fn logistic(examples: &[Example<'_>]) -> (Vec<f32>, f32) {
    let size = examples.first().map_or(0, |(embedding, _)| embedding.len());
    let positives = examples.iter().filter(|(_, fits)| *fits).count() as f32;
    // Without negative examples the zero vector is the negative example.
    let nothing = vec![0.0; size];
    let mut examples = examples.to_vec();
    if examples.iter().all(|(_, fits)| *fits) {
        examples.push((&nothing, false));
    }
    let negatives = examples.len() as f32 - positives;
    let (mut weights, mut bias) = (vec![0.0_f32; size], 0.0_f32);
    for _ in 0..STEPS {
        let (mut slope, mut bias_slope) = (vec![0.0_f32; size], 0.0_f32);
        for (embedding, fits) in &examples {
            let (target, share) = if *fits { (1.0, 0.5 / positives) } else { (0.0, 0.5 / negatives) };
            let error = (sigmoid(dot(&weights, embedding) + bias) - target) * share;
            bias_slope += error;
            for (slope, value) in slope.iter_mut().zip(*embedding) {
                *slope += error * value;
            }
        }
        for (weight, slope) in weights.iter_mut().zip(slope) {
            *weight -= RATE * (slope + DECAY * *weight);
        }
        bias -= RATE * bias_slope;
    }
    (weights, bias)
}

/// Returns the scalar product.
pub(crate) fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn softmax(scores: &[f32]) -> Vec<f32> {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
    let total: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separates_the_examples_it_was_trained_on() {
        let (east, north) = ([1.0, 0.0], [0.0, 1.0]);
        let concepts = |exclusive| {
            let of = |fits: bool| vec![(&east[..], fits), (&north[..], !fits)];
            Classifier::fit("test", [("east".to_owned(), of(true)), ("north".to_owned(), of(false))], exclusive)
        };
        for exclusive in [false, true] {
            let classifier = concepts(exclusive);
            let classified = classifier.classify(&[0.9, 0.1]);
            assert!(classified[0].0 == "east" && classified[0].1 > 0.8 && classified[1].1 < 0.2, "{classified:?}");
        }
    }

    #[test]
    fn trains_on_positive_examples_alone() {
        let east = [1.0, 0.0];
        let classifier = Classifier::fit("test", [("east".to_owned(), vec![(&east[..], true)])], false);
        assert!(classifier.classify(&[1.0, 0.0])[0].1 > 0.7);
        assert!(classifier.classify(&[-1.0, 0.0])[0].1 < 0.2);
    }
}
