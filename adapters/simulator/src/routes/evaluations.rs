//! `models/{id}/versions/{version}/metrics`: evaluation of a model version by cross-validation.

use serde_json::{Value, json};

use crate::call::Call;
use crate::output_options::number;
use crate::response::{Content, Refusal, RouteResult, status, timestamp};
use crate::routes::models::not_own;
use crate::state::concept::Concept;
use crate::state::model::{Evaluation, Training};
use crate::training::{TrainingInput, TrainingOptions, cross_validate, training_inputs};

/// Value from which a concept counts as predicted.
const PREDICTED: f32 = 0.5;

/// Starts an evaluation. Its result is computed now and becomes visible later.
pub(super) fn create(call: &Call<'_>, id: &str, version: &str) -> RouteResult {
    let rules = &call.world.rules;
    let mut locked = call.lock();
    let app = locked.app();
    let model = app.models.get(id).ok_or_else(|| not_own(call, id))?;
    let found = model.version(version).ok_or_else(|| Refusal::missing("version_id", version))?;
    if found.classifier(call.now).is_none() {
        let details = format!("The version '{version}' of the model '{id}' is not trained.");
        return Err(Refusal::bad_model(details));
    }
    let (concepts, options, trained_with) = (found.concepts.clone(), TrainingOptions::of(model), found.inputs.clone());
    let mut inputs = training_inputs(app, &concepts);
    inputs.retain(|input| trained_with.contains(&input.input.id));
    let described: Vec<Value> = inputs.iter().map(|one| one.input.json(&app.concepts, &call.app, call.now)).collect();
    let named: Vec<Concept> = concepts.iter().filter_map(|id| app.concepts.get(id)).cloned().collect();
    drop(locked);
    let values = cross_validate(&concepts, &inputs, options, rules);
    let concept = |index: usize| {
        let id = &concepts[index];
        let name = named.iter().find(|concept| concept.id == *id).map_or(id.as_str(), |concept| &concept.name);
        json!({"id": id, "name": name, "app_id": call.app.app})
    };
    let results = Results { concepts: &concepts, inputs: &inputs, values: &values };
    let metrics = results.metrics(&described, &concept);
    let start = call.now.saturating_add(rules.delays.queueing);
    let evaluation = Evaluation { start, end: start.saturating_add(rules.delays.training), metrics };
    let mut locked = call.lock();
    let versions = locked.app().models.get_mut(id).map(|model| &mut model.versions).into_iter().flatten();
    let found = versions.into_iter().find(|one| one.id == version);
    let found = found.ok_or_else(|| Refusal::missing("version_id", version))?;
    found.evaluation = Some(evaluation);
    let mut json = found.json(call.now);
    json["metrics"] = json!({"status": status(21303, "Model is queued for evaluation.", "")});
    Ok(Content::ok(json!({"model_version": json})))
}

/// Returns a version with the results of its last evaluation.
pub(super) fn get(call: &Call<'_>, id: &str, version: &str) -> RouteResult {
    let mut locked = call.lock();
    let model = locked.app().models.get(id).ok_or_else(|| not_own(call, id))?;
    let found = model.version(version).ok_or_else(|| Refusal::missing("version_id", version))?;
    let mut json = found.json(call.now);
    json["metrics"] = match &found.evaluation {
        None => json!({"status": status(21302, "Model has not been evaluated.", "")}),
        Some(evaluation) => evaluation.json(call.now, true),
    };
    if let Training::Planned { end, .. } = found.training {
        json["completed_at"] = timestamp(end).into();
    }
    Ok(Content::ok(json!({"model_version": json})))
}

/// The values that a cross-validation predicted.
struct Results<'a> {
    concepts: &'a [String],
    inputs: &'a [TrainingInput],
    /// Of each input the value of each concept.
    values: &'a [Vec<f32>],
}

impl Results<'_> {
    fn metrics(&self, described: &[Value], concept: &dyn Fn(usize) -> Value) -> Value {
        let all: Vec<Binary> = (0..self.concepts.len()).map(|index| self.binary(index)).collect();
        let binary: Vec<_> = all.iter().enumerate().map(|(index, one)| one.json(&concept(index))).collect();
        let counts: Vec<_> = (0..self.concepts.len())
            .map(|index| {
                let concept = concept(index);
                let count = self.positives(index).count();
                json!({"concept_name": concept["name"], "count": count, "concept": concept})
            })
            .collect();
        json!({
            "summary": self.summary(&all),
            "confusion_matrix": {"matrix": self.confusion(concept), "concept_ids": self.concepts},
            "cooccurrence_matrix": {"matrix": self.cooccurrence(), "concept_ids": self.concepts},
            "label_counts": {"positive_label_counts": counts},
            "binary_metrics": binary,
            "test_set": self.test_set(described, concept),
        })
    }

    /// Returns the inputs with a concept.
    fn positives(&self, concept: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.inputs.len()).filter(move |input| self.inputs[*input].label(concept) == Some(true))
    }

    fn summary(&self, all: &[Binary]) -> Value {
        let labeled = || (0..self.inputs.len()).filter(|input| self.inputs[*input].labels.contains(&Some(true)));
        let within = |n: usize| {
            mean(labeled().map(|input| {
                let mut order: Vec<usize> = (0..self.concepts.len()).collect();
                order.sort_by(|one, other| self.values[input][*other].total_cmp(&self.values[input][*one]));
                let found = order.iter().take(n).any(|concept| self.inputs[input].labels[*concept] == Some(true));
                f64::from(u8::from(found))
            }))
        };
        let of = |value: fn(&Binary) -> f64| all.iter().map(value);
        let deviation = |value: fn(&Binary) -> f64| {
            let center = mean(of(value));
            mean(of(value).map(|value| (value - center).powi(2))).sqrt()
        };
        json!({
            "top1_accuracy": within(1),
            "top5_accuracy": within(5),
            "macro_avg_roc_auc": mean(of(|one| one.roc_auc)),
            "macro_std_roc_auc": deviation(|one| one.roc_auc),
            "macro_avg_f1_score": mean(of(|one| one.f1)),
            "macro_std_f1_score": deviation(|one| one.f1),
            "macro_avg_precision": mean(of(|one| one.precision)),
            "macro_avg_recall": mean(of(|one| one.recall)),
        })
    }

    /// Returns the mean value of each predicted concept over the inputs with each actual one.
    fn confusion(&self, concept: &dyn Fn(usize) -> Value) -> Vec<Value> {
        let mut matrix = Vec::new();
        for actual in 0..self.concepts.len() {
            for predicted in 0..self.concepts.len() {
                let value = mean(self.positives(actual).map(|input| f64::from(self.values[input][predicted])));
                matrix.push(json!({
                    "predicted": self.concepts[predicted],
                    "actual": self.concepts[actual],
                    "value": value,
                    "predicted_concept": concept(predicted),
                    "actual_concept": concept(actual),
                }));
            }
        }
        matrix
    }

    /// Counts the inputs that have two concepts.
    fn cooccurrence(&self) -> Vec<Value> {
        let pairs = (0..self.concepts.len()).flat_map(|row| (0..self.concepts.len()).map(move |column| (row, column)));
        let both = |row: usize, column: usize| {
            self.positives(row).filter(|input| self.inputs[*input].label(column) == Some(true)).count()
        };
        let entry = |(row, column): (usize, usize)| json!({"row": self.concepts[row], "col": self.concepts[column], "count": both(row, column)});
        pairs.map(entry).collect()
    }

    fn test_set(&self, described: &[Value], concept: &dyn Fn(usize) -> Value) -> Vec<Value> {
        let with_value = |index: usize, value: f64| {
            let mut concept = concept(index);
            concept["value"] = value.into();
            concept
        };
        let entry = |(input, described): (usize, &Value)| {
            let concepts = || 0..self.concepts.len();
            let predicted: Vec<_> =
                concepts().map(|index| with_value(index, number(self.values[input][index]))).collect();
            let labels = &self.inputs[input].labels;
            let actual = concepts().filter_map(|index| Some(with_value(index, f64::from(u8::from(labels[index]?)))));
            let actual: Vec<_> = actual.collect();
            json!({"input": described, "predicted_concepts": predicted, "ground_truth_concepts": actual})
        };
        described.iter().enumerate().map(entry).collect()
    }

    /// Compares the values of a concept with its labels.
    fn binary(&self, concept: usize) -> Binary {
        let labeled = (0..self.inputs.len())
            .filter_map(|input| Some((self.values[input][concept], self.inputs[input].label(concept)?)));
        Binary::of(labeled.collect())
    }
}

/// How well one concept is predicted.
#[derive(Debug)]
struct Binary {
    positives: usize,
    negatives: usize,
    roc_auc: f64,
    precision: f64,
    recall: f64,
    f1: f64,
    /// Threshold, false positive rate, true positive rate and precision, from the highest threshold on.
    curve: Vec<[f64; 4]>,
}

impl Binary {
    fn of(mut labeled: Vec<(f32, bool)>) -> Self {
        labeled.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let positives = labeled.iter().filter(|(_, fits)| *fits).count();
        let negatives = labeled.len() - positives;
        let (mut curve, mut roc_auc, mut last) = (Vec::new(), 0.0, [0.0, 0.0]);
        let (mut hits, mut misses) = (0, 0);
        for group in labeled.chunk_by(|(one, _), (other, _)| one.total_cmp(other).is_eq()) {
            hits += group.iter().filter(|(_, fits)| *fits).count();
            misses += group.iter().filter(|(_, fits)| !*fits).count();
            let [fpr, tpr] = [ratio(misses, negatives), ratio(hits, positives)];
            roc_auc += (fpr - last[0]) * f64::midpoint(tpr, last[1]);
            last = [fpr, tpr];
            curve.push([number(group[0].0), fpr, tpr, ratio(hits, hits + misses)]);
        }
        let predicted = labeled.iter().filter(|(value, _)| *value >= PREDICTED).count();
        let right = labeled.iter().filter(|(value, fits)| *value >= PREDICTED && *fits).count();
        let (precision, recall) = (ratio(right, predicted), ratio(right, positives));
        let f1 = if right == 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) };
        Self { positives, negatives, roc_auc, precision, recall, f1, curve }
    }

    fn json(&self, concept: &Value) -> Value {
        let column = |index: usize| self.curve.iter().map(|point| point[index]).collect::<Vec<_>>();
        json!({
            "num_pos": self.positives,
            "num_neg": self.negatives,
            "num_tot": self.positives + self.negatives,
            "roc_auc": self.roc_auc,
            "f1": self.f1,
            "concept": concept,
            "roc_curve": {"fpr": column(1), "tpr": column(2), "thresholds": column(0)},
            "precision_recall_curve": {"recall": column(2), "precision": column(3), "thresholds": column(0)},
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of inputs")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Returns the mean, or 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of inputs")]
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_and_scores_are_those_of_textbooks() {
        let perfect = Binary::of(vec![(0.9, true), (0.8, true), (0.2, false)]);
        assert_eq!((perfect.roc_auc, perfect.f1, perfect.precision, perfect.recall), (1.0, 1.0, 1.0, 1.0));
        let reversed = Binary::of(vec![(0.1, true), (0.8, false)]);
        assert_eq!((reversed.roc_auc, reversed.f1), (0.0, 0.0));
        let tied = Binary::of(vec![(0.5, true), (0.5, false)]);
        assert_eq!((tied.roc_auc, tied.recall, tied.precision), (0.5, 1.0, 0.5));
        let nothing = Binary::of(Vec::new());
        assert_eq!((nothing.roc_auc, nothing.positives), (0.0, 0));
    }
}
