//! `models/{id}/versions`: training, which creates a version, and the versions of a model.

use serde_json::{Value, json};

use crate::call::Call;
use crate::public_models::PublicModel;
use crate::response::{Content, Refusal, RouteResult};
use crate::routes::models::{check, concept_ids, not_own};
use crate::state::model::{Training, Version};
use crate::training::{self, TrainingOptions, training_inputs};

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
    let (concepts, options) = (model.concepts.clone(), TrainingOptions::of(model));
    let inputs = training_inputs(app, &concepts);
    let processed = app.inputs.iter().map(|input| input.ready).max().unwrap_or_default().max(call.now);
    let version = locked.new_id();
    // Training takes time: it must not block other calls, so the lock is released.
    drop(locked);
    let outcome = training::train(&concepts, &inputs, options, &call.world.rules);
    let start = processed.saturating_add(call.world.rules.delays.queueing);
    let training = Training::Planned { start, end: start.saturating_add(call.world.rules.delays.training), outcome };
    let inputs = inputs.into_iter().map(|input| input.input.id).collect();
    let mut locked = call.lock();
    let model = locked.app().models.get_mut(id).ok_or_else(|| Refusal::no_model(id))?;
    let (id_of_version, evaluation, gone) = (version.clone(), None, None);
    model.versions.push(Version { id: id_of_version, created: call.now, concepts, inputs, training, evaluation, gone });
    let json = model.json(&call.app, None, call.now);
    locked.record(call.now, "train", "version", &version, &json!({"model": id}), 0);
    Ok(Content::ok(json!({"model": json})))
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
    Ok(model.json(None, call.recognition(), false)["model_version"].take())
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
