//! Training of models on the annotated inputs of an application, and their evaluation by cross-validation.

use std::sync::Arc;

use crate::classifier::{Classifier, Example};
use crate::parallel;
use crate::rules::Rules;
use crate::state::Config;
use crate::state::input::Input;
use crate::state::model::{Model, Outcome, Training};

/// An input to train with, and its label for each concept of the model, if it is annotated.
#[derive(Debug)]
pub(crate) struct TrainingInput {
    pub(crate) input: Input,
    pub(crate) labels: Vec<Option<bool>>,
}

impl TrainingInput {
    /// Returns whether it is a positive or a negative example of a concept. Without its own label, a positive example
    /// of another concept is a negative one.
    pub(crate) fn label(&self, concept: usize) -> Option<bool> {
        self.labels[concept].or_else(|| self.labels.contains(&Some(true)).then_some(false))
    }
}

/// How a model is trained.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrainingOptions {
    pub(crate) exclusive: bool,
    pub(crate) closed: bool,
}

impl TrainingOptions {
    pub(crate) fn of(model: &Model) -> Self {
        let exclusive = model.flag("concepts_mutually_exclusive");
        Self { exclusive, closed: exclusive || model.flag("closed_environment") }
    }
}

/// Returns the inputs that are annotated with any of the concepts.
pub(crate) fn training_inputs(app: &Config, concepts: &[String]) -> Vec<TrainingInput> {
    let inputs = app.inputs.iter().filter(|input| input.gone.is_none() && input.failure.is_none());
    let annotated = |input: &Input| {
        let labels: Vec<_> = concepts.iter().map(|id| input.concept_value(id).map(|value| value >= 0.5)).collect();
        labels.iter().any(Option::is_some).then(|| TrainingInput { input: input.clone(), labels })
    };
    inputs.filter_map(annotated).collect()
}

/// Trains a classifier. It can take long, so the state must not be locked.
pub(crate) fn train(concepts: &[String], inputs: &[TrainingInput], options: TrainingOptions, rules: &Rules) -> Outcome {
    let embeddings = embeddings(inputs, rules);
    if inputs.is_empty() || embeddings.iter().all(Option::is_none) {
        return Outcome::NoData;
    }
    let has_label = |index: usize, label: bool| inputs.iter().any(|input| input.labels[index] == Some(label));
    if !(0..concepts.len()).all(|index| has_label(index, true)) {
        return Outcome::NoPositives;
    }
    if options.closed && concepts.len() == 1 && !has_label(0, false) {
        return Outcome::SingleClass;
    }
    let all: Vec<_> = inputs.iter().zip(embeddings.iter().copied()).collect();
    Outcome::Trained(Arc::new(fit(concepts, &all, options, rules)))
}

/// Returns the embedding of each input. Those that are not known are computed on all cores.
fn embeddings<'a>(inputs: &'a [TrainingInput], rules: &Rules) -> Vec<Option<&'a [f32]>> {
    parallel::map(inputs, |input| input.input.embedding(rules))
}

/// An input to train with, and its embedding.
type Embedded<'a> = (&'a TrainingInput, Option<&'a [f32]>);

fn fit(concepts: &[String], inputs: &[Embedded<'_>], options: TrainingOptions, rules: &Rules) -> Classifier {
    let examples = |index: usize| -> Vec<Example<'_>> {
        inputs.iter().filter_map(|(input, embedding)| Some(((*embedding)?, input.label(index)?))).collect()
    };
    let labeled = concepts.iter().enumerate().map(|(index, id)| (id.clone(), examples(index)));
    Classifier::fit(rules.recognition.embedding_id(), labeled, options.exclusive)
}

/// Maximum number of parts of a cross-validation.
const MOST_PARTS: usize = 5;

/// Predicts each input with a classifier that was trained without it: a cross-validation of up to five parts. Returns
/// the value of each concept for each input, in the order of both.
pub(crate) fn cross_validate(
    concepts: &[String],
    inputs: &[TrainingInput],
    options: TrainingOptions,
    rules: &Rules,
) -> Vec<Vec<f32>> {
    let embeddings = embeddings(inputs, rules);
    let parts: Vec<usize> = (0..MOST_PARTS.min(inputs.len())).collect();
    let part_of = parts_of(inputs, parts.len());
    let predicted = parallel::map(&parts, |part| {
        let kept = inputs
            .iter()
            .zip(embeddings.iter().copied())
            .zip(&part_of)
            .filter(|(_, of)| *of != part)
            .map(|(one, _)| one);
        let kept: Vec<_> = kept.collect();
        // A concept without any other positive example cannot be learned: its value is 0.
        let known = |index: &usize| {
            kept.iter().any(|(input, embedding)| input.labels[*index] == Some(true) && embedding.is_some())
        };
        let known: Vec<usize> = (0..concepts.len()).filter(known).collect();
        let names: Vec<String> = known.iter().map(|index| concepts[*index].clone()).collect();
        let examples = |index: usize| -> Vec<Example<'_>> {
            kept.iter().filter_map(|(input, embedding)| Some(((*embedding)?, input.label(index)?))).collect()
        };
        let labeled = names.iter().cloned().zip(known.iter().map(|index| examples(*index)));
        let classifier = Classifier::fit(rules.recognition.embedding_id(), labeled, options.exclusive);
        let left_out = part_of.iter().enumerate().filter(|(_, of)| *of == part);
        left_out
            .map(|(input, _)| {
                let scored = embeddings[input].map(|one| classifier.classify(one)).unwrap_or_default();
                let value = |id: &String| scored.iter().find(|(known, _)| known == id).map_or(0.0, |(_, value)| *value);
                (input, concepts.iter().map(value).collect::<Vec<_>>())
            })
            .collect::<Vec<_>>()
    });
    let mut values = vec![Vec::new(); inputs.len()];
    for (input, predicted) in predicted.into_iter().flatten() {
        values[input] = predicted;
    }
    values
}

/// Assigns each input to a part, so that each part has about the same share of each concept.
fn parts_of(inputs: &[TrainingInput], parts: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..inputs.len()).collect();
    order.sort_by_key(|index| inputs[*index].labels.iter().position(|label| *label == Some(true)));
    let mut part_of = vec![0; inputs.len()];
    for (place, index) in order.into_iter().enumerate() {
        part_of[index] = place % parts.max(1);
    }
    part_of
}

/// Trains those classifiers again that were trained on embeddings of another kind, with the inputs of their version
/// that still exist.
pub(crate) fn train_again(app: &mut Config, rules: &Rules) {
    let current = rules.recognition.embedding_id();
    let mut outcomes = Vec::new();
    for model in app.models.values() {
        for version in &model.versions {
            let Training::Planned { outcome: Outcome::Trained(classifier), .. } = &version.training else { continue };
            if classifier.embedding_id() == current {
                continue;
            }
            let mut inputs = training_inputs(app, &version.concepts);
            inputs.retain(|input| version.inputs.contains(&input.input.id));
            let outcome = train(&version.concepts, &inputs, TrainingOptions::of(model), rules);
            outcomes.push((model.id.clone(), version.id.clone(), outcome));
        }
    }
    for (model, version, new) in outcomes {
        let versions = app.models.get_mut(&model).map(|model| &mut model.versions);
        let found = versions.into_iter().flatten().find(|one| one.id == version);
        if let Some(Training::Planned { outcome, .. }) = found.map(|version| &mut version.training) {
            *outcome = new;
        }
    }
}
