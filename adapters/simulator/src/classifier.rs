//! What a model learns: for each concept a direction in the space of embeddings.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "embeddings are small numbers, and examples are few"
)]

use serde::{Deserialize, Serialize};

/// Tells concepts apart that it was shown examples of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Classifier {
    concepts: Vec<Direction>,
    /// Whether exactly one of the concepts fits a picture.
    exclusive: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Direction {
    concept: String,
    weights: Vec<f32>,
    bias: f32,
}

/// An embedding, and whether the concept fits it.
pub(crate) type Example<'a> = (&'a [f32], bool);

/// Steps of the descent. Embeddings have unit length, so it has settled long before.
const STEPS: usize = 300;
const RATE: f32 = 8.0;
/// Keeps the weights finite where the examples can be told apart, which they nearly always can.
const DECAY: f32 = 0.0005;

impl Classifier {
    /// Learns from the examples of each concept.
    pub(crate) fn fit<'a>(concepts: impl IntoIterator<Item = (String, Vec<Example<'a>>)>, exclusive: bool) -> Self {
        let learn = |(concept, examples): (String, Vec<Example<'_>>)| {
            let (weights, bias) = logistic(&examples);
            Direction { concept, weights, bias }
        };
        Self { concepts: concepts.into_iter().map(learn).collect(), exclusive }
    }

    /// Each concept with the degree to which it fits, the best first.
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

/// Logistic regression by gradient descent from zero, both kinds of examples counting the same together.
fn logistic(examples: &[Example<'_>]) -> (Vec<f32>, f32) {
    let size = examples.first().map_or(0, |(embedding, _)| embedding.len());
    let positives = examples.iter().filter(|(_, fits)| *fits).count() as f32;
    // Where nothing else was shown, nothing is what it does not look like.
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

/// The scalar product.
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
    fn it_learns_what_it_is_shown() {
        let (east, north) = ([1.0, 0.0], [0.0, 1.0]);
        let concepts = |exclusive| {
            let of = |fits: bool| vec![(&east[..], fits), (&north[..], !fits)];
            Classifier::fit([("east".to_owned(), of(true)), ("north".to_owned(), of(false))], exclusive)
        };
        for exclusive in [false, true] {
            let classifier = concepts(exclusive);
            let classified = classifier.classify(&[0.9, 0.1]);
            assert!(classified[0].0 == "east" && classified[0].1 > 0.8 && classified[1].1 < 0.2, "{classified:?}");
        }
    }

    #[test]
    fn one_kind_of_example_is_enough() {
        let east = [1.0, 0.0];
        let classifier = Classifier::fit([("east".to_owned(), vec![(&east[..], true)])], false);
        assert!(classifier.classify(&[1.0, 0.0])[0].1 > 0.7);
        assert!(classifier.classify(&[-1.0, 0.0])[0].1 < 0.2);
    }
}
