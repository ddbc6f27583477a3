//! `inputs/{id}/outputs`: what the general model says of an input, and what people said of that.

use serde_json::{Value, json};

use crate::answer::{Answer, Content, Refusal, status};
use crate::call::{Call, text};
use crate::catalog::CATALOG;
use crate::predict::{Subject, number, output};
use crate::state::App;
use crate::state::concept::{degree, value};
use crate::state::input::Input;
use crate::vision;

/// How many concepts it shows.
const MOST_CONCEPTS: usize = 20;

pub(super) fn get(call: &Call<'_>, id: &str) -> Answer {
    let mut held = call.hold();
    let app = held.app();
    let input = app.inputs.get(id).ok_or_else(|| Refusal::no_input(id))?;
    let (json, data) = (input.json(app, &call.app, call.now), seen(app, input, call));
    // Making an output takes an id, and that takes the state.
    drop(held);
    let subject = Subject::public(&CATALOG[0], CATALOG[0].old_id);
    let output = output(call, &subject, &status(10000, "Ok", ""), &data);
    Ok(Content::ok(json!({"input": json, "outputs": [output]})))
}

/// Adds concepts to what is said of an input, or takes them away.
pub(super) fn patch(call: &Call<'_>, id: &str) -> Answer {
    let body = call.json()?;
    let outputs = body["outputs"].as_array().ok_or_else(|| Refusal::bad_format("Must supply the 'outputs' field."))?;
    let removes = match body["action"].as_str() {
        None | Some("merge" | "overwrite") => false,
        Some("remove") => true,
        Some(other) => return Err(Refusal::bad_input(format!("The action '{other}' is none for outputs."))),
    };
    let mut held = call.hold();
    let app = held.app();
    let mut input = app.inputs.get(id).cloned().ok_or_else(|| Refusal::no_input(id))?;
    for concept in outputs.iter().filter_map(|output| output["data"]["concepts"].as_array()).flatten() {
        let id = text(concept, "id").ok_or_else(|| Refusal::bad_concept("A concept needs an id."))?;
        if !app.concepts.contains_key(id) && !vision::vocabulary().iter().any(|known| known.id == id) {
            return Err(Refusal::bad_concept(format!("There is no concept with the ID '{id}' in this app.")));
        }
        input.corrections.insert(id.to_owned(), (!removes).then(|| value(concept)));
    }
    input.modified = call.now;
    let json = input.json(app, &call.app, call.now);
    app.inputs.insert(input);
    held.note(call.now, "patch", "input", id, &body, 0);
    drop(held);
    get(call, id).map(|content| content.with_member("input", json))
}

fn seen(app: &App, input: &Input, call: &Call<'_>) -> Value {
    let mut concepts = Vec::new();
    for (id, corrected) in input.corrections.iter().filter_map(|(id, value)| Some((id, (*value)?))) {
        let name = app.concepts.get(id).map_or(id.as_str(), |concept| concept.name.as_str());
        concepts.push(json!({"id": id, "name": name, "value": degree(corrected), "app_id": call.app.app}));
    }
    let seen = input.seen.iter().filter(|_| input.is_processed(call.now)).flat_map(|seen| &seen.concepts);
    let seen = seen.filter(|(id, _)| !input.corrections.contains_key(*id)).take(MOST_CONCEPTS);
    concepts.extend(seen.map(
        |(id, value)| json!({"id": id, "name": vision::name_in(id, "en"), "value": number(*value), "app_id": "main"}),
    ));
    json!({"concepts": concepts})
}
