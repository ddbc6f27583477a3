//! `inputs/{id}/outputs`: the general model's output for an input, with the user's corrections.

use serde_json::{Value, json};

use crate::call::{Call, text};
use crate::output_options::number;
use crate::predict::{ResolvedModel, output};
use crate::public_models;
use crate::recognition::Recognition;
use crate::response::{Content, Refusal, RouteResult, status};
use crate::state::Config;
use crate::state::concept::{value, value_json};
use crate::state::input::Input;
use crate::vocabulary::PublicConcept;

/// Maximum number of predicted concepts in an output.
const MAX_CONCEPTS: usize = 20;

pub(super) fn get(call: &Call<'_>, id: &str) -> RouteResult {
    // Recognition takes time: it must not block other calls.
    let known = call.lock().app().inputs.get(id).cloned();
    known.as_ref().map(|input| input.predicted(&call.world.rules));
    let mut locked = call.lock();
    let app = locked.app();
    let input = app.inputs.get(id).ok_or_else(|| Refusal::no_input(id))?;
    let (json, data) = (input.json(&app.concepts, &call.app, call.now), corrected_concepts(app, input, call));
    // `output` locks the state again for a new id.
    drop(locked);
    let general = &public_models::all(call.recognition())[0];
    let model = ResolvedModel::public(general, general.old_id, call.recognition());
    let output = output(call, &model, &status(10000, "Ok", ""), &data);
    Ok(Content::ok(json!({"input": json, "outputs": [output]})))
}

/// Adds concepts to the output for an input, or removes them.
pub(super) fn patch(call: &Call<'_>, id: &str) -> RouteResult {
    let body = call.json()?;
    let outputs = body["outputs"].as_array().ok_or_else(|| Refusal::bad_format("Must supply the 'outputs' field."))?;
    let removes = match body["action"].as_str() {
        None | Some("merge" | "overwrite") => false,
        Some("remove") => true,
        Some(other) => return Err(Refusal::bad_input(format!("'{other}' is not a valid action for outputs."))),
    };
    let mut locked = call.lock();
    let app = locked.app();
    let mut input = app.inputs.get(id).cloned().ok_or_else(|| Refusal::no_input(id))?;
    for concept in outputs.iter().filter_map(|output| output["data"]["concepts"].as_array()).flatten() {
        let id = text(concept, "id").ok_or_else(|| Refusal::bad_concept("A concept needs an id."))?;
        if !app.concepts.contains_key(id) && call.recognition().vocabulary().get(id).is_none() {
            return Err(Refusal::bad_concept(format!("There is no concept with the ID '{id}' in this app.")));
        }
        input.corrections.insert(id.to_owned(), (!removes).then(|| value(concept)));
    }
    input.modified = call.now;
    let json = input.json(&app.concepts, &call.app, call.now);
    app.inputs.insert(input);
    locked.record(call.now, "patch", "input", id, &body, 0);
    drop(locked);
    get(call, id).map(|content| content.with_member("input", json))
}

/// Returns the corrections, followed by the predicted concepts that are not corrected.
fn corrected_concepts(app: &Config, input: &Input, call: &Call<'_>) -> Value {
    let mut concepts = Vec::new();
    for (id, corrected) in input.corrections.iter().filter_map(|(id, value)| Some((id, (*value)?))) {
        let name = app.concepts.get(id).map_or(id.as_str(), |concept| concept.name.as_str());
        concepts.push(json!({"id": id, "name": name, "value": value_json(corrected), "app_id": call.app.app}));
    }
    let predicted = Some(input).filter(|input| input.is_processed(call.now));
    let predicted = predicted.and_then(|input| input.predicted(&call.world.rules)).unwrap_or_default();
    let general = |concept: &PublicConcept| call.recognition() == Recognition::Pixels || !concept.is_measured();
    let predicted = predicted.iter().filter(|(concept, _)| general(concept));
    let predicted = predicted.filter(|(concept, _)| !input.corrections.contains_key(&concept.id)).take(MAX_CONCEPTS);
    concepts.extend(predicted.map(
        |(concept, value)| json!({"id": concept.id, "name": concept.name, "value": number(*value), "app_id": "main"}),
    ));
    json!({"concepts": concepts})
}
