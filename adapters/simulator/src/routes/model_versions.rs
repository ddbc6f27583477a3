//! `models/{id}/versions`: training, which creates a version, and the versions of a model.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::call::Call;
use crate::classifier::{Classifier, Example};
use crate::public_models::PublicModel;
use crate::response::{Content, Refusal, RouteResult};
use crate::routes::models::{check, concept_ids, not_own};
use crate::state::Config;
use crate::state::input::{Analysis, Input};
use crate::state::model::{Outcome, Training, Version};

/// An input to train with: its id, its analysis, and its label for each concept of the model, if it is annotated.
struct TrainingInput {
    id: String,
    analysis: Arc<Analysis>,
    labels: Vec<Option<bool>>,
}

/// Starts a training. It begins once all inputs are processed. Its outcome is computed now and becomes visible later.
///
/// The version in the body may have its own concepts, which then are those of the model too. Without any it has those
/// with which the model was created or patched.
pub(super) fn train(call: &Call<'_>, id: &str) -> RouteResult {
    // Old clients send no body, or `null`.
    let body: Value = serde_json::from_slice(call.request.body()).unwrap_or_default();
    let version = &body["model_versions"][0];
    check(version)?;
    let mut locked = call.lock();
    let app = locked.app();
    if !app.models.contains_key(id) {
        return Err(not_own(call, id));
    }
    let new = concept_ids(app, call, &version["output_info"]["data"]["concepts"]);
    let model = app.models.get_mut(id).ok_or_else(|| Refusal::no_model(id))?;
    if !new.is_empty() {
        model.concepts = new;
    }
    let app = &*app;
    let model = app.models.get(id).ok_or_else(|| Refusal::no_model(id))?;
    if model.concepts.is_empty() {
        return Err(Refusal::bad_model("The model has no concepts yet; add some with PATCH /models."));
    }
    let (concepts, exclusive) = (model.concepts.clone(), model.flag("concepts_mutually_exclusive"));
    let closed = exclusive || model.flag("closed_environment");
    let inputs = training_inputs(app, &concepts);
    let processed = app.inputs.iter().map(|input| input.ready).max().unwrap_or_default().max(call.now);
    let version = locked.new_id();
    // Training takes time: it must not block other calls, so the lock is released.
    drop(locked);
    let outcome = train_classifier(&concepts, &inputs, exclusive, closed);
    let start = processed.saturating_add(call.world.rules.delays.queueing);
    let training = Training::Planned { start, end: start.saturating_add(call.world.rules.delays.training), outcome };
    let inputs = inputs.into_iter().map(|input| input.id).collect();
    let mut locked = call.lock();
    let model = locked.app().models.get_mut(id).ok_or_else(|| Refusal::no_model(id))?;
    let (version_id, created) = (version.clone(), call.now);
    model.versions.push(Version { id: version_id, created, concepts, inputs, training, evaluated: None, gone: None });
    let json = model.json(&call.app, None, call.now);
    locked.record(call.now, "train", "version", &version, &json!({"model": id}), 0);
    Ok(Content::ok(json!({"model": json})))
}

fn training_inputs(app: &Config, concepts: &[String]) -> Vec<TrainingInput> {
    let inputs = app.inputs.iter().filter(|input| input.gone.is_none() && input.failure.is_none());
    let annotated = |input: &Input| {
        let labels: Vec<_> = concepts.iter().map(|id| input.concept_value(id).map(|value| value >= 0.5)).collect();
        let analysis = input.analysis.clone().filter(|_| labels.iter().any(Option::is_some))?;
        Some(TrainingInput { id: input.id.clone(), analysis, labels })
    };
    inputs.filter_map(annotated).collect()
}

fn train_classifier(concepts: &[String], inputs: &[TrainingInput], exclusive: bool, closed: bool) -> Outcome {
    if inputs.is_empty() {
        return Outcome::NoData;
    }
    let has_label = |index: usize, label: bool| inputs.iter().any(|input| input.labels[index] == Some(label));
    if !(0..concepts.len()).all(|index| has_label(index, true)) {
        return Outcome::NoPositives;
    }
    if closed && concepts.len() == 1 && !has_label(0, false) {
        return Outcome::SingleClass;
    }
    let examples = |index: usize| -> Vec<Example<'_>> {
        let example = |input| {
            let TrainingInput { analysis, labels, .. }: &TrainingInput = input;
            // Without its own label for this concept, a positive example of another concept is a negative one here.
            let label = labels[index].or_else(|| labels.contains(&Some(true)).then_some(false))?;
            Some((analysis.embedding.as_slice(), label))
        };
        inputs.iter().filter_map(example).collect()
    };
    let labeled = concepts.iter().enumerate().map(|(index, id)| (id.clone(), examples(index)));
    Outcome::Trained(Arc::new(Classifier::fit(labeled, exclusive)))
}

/// Newest first.
pub(super) fn list(call: &Call<'_>, id: &str) -> RouteResult {
    let page = call.page()?;
    let mut locked = call.lock();
    let versions: Vec<_> = match locked.app().models.get(id) {
        Some(model) => page.of(model.versions.iter().rev()).map(|version| version.json(call.now)).collect(),
        None => page.of([public(call, id)?]).collect(),
    };
    Ok(Content::ok(json!({"model_versions": versions})))
}

pub(super) fn get(call: &Call<'_>, id: &str, version: &str) -> RouteResult {
    let missing = || Refusal::missing("version_id", version);
    let mut locked = call.lock();
    let json = match locked.app().models.get(id) {
        Some(model) => model.version(version).ok_or_else(missing)?.json(call.now),
        None => Some(public(call, id)?).filter(|json| json["id"] == version).ok_or_else(missing)?,
    };
    Ok(Content::ok(json!({"model_version": json})))
}

/// Returns the only version of a public model.
fn public(call: &Call<'_>, id: &str) -> Result<Value, Refusal> {
    let model: &PublicModel = call.public_model(id).ok_or_else(|| Refusal::no_model(id))?;
    Ok(model.json(None, false)["model_version"].take())
}

pub(super) fn delete(call: &Call<'_>, id: &str, version: &str) -> RouteResult {
    let gone = call.now.saturating_add(call.world.rules.delays.deleting);
    let mut locked = call.lock();
    let model = locked.app().models.get_mut(id).ok_or_else(|| not_own(call, id))?;
    let found = model.versions.iter_mut().find(|one| one.id == version);
    let found = found.ok_or_else(|| Refusal::missing("version_id", version))?;
    if found.gone.is_none() {
        found.gone = Some(gone);
        locked.record(call.now, "delete", "version", version, &Value::Null, 0);
    }
    Ok(Content::ok(json!({})))
}
