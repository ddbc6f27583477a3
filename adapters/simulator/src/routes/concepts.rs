//! `concepts`: made by name, or by being mentioned.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::answer::{Answer, Content, Refusal};
use crate::call::{Call, text};
use crate::catalog::matches;
use crate::state::concept::Concept;
use crate::vision;

/// All or none of them: concepts have no status of their own.
pub(super) fn create(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let items = call.items(&body, "concepts", Refusal::bad_concept)?;
    let mut held = call.hold();
    let mut new = BTreeSet::new();
    for item in items {
        let id = text(item, "id").ok_or_else(|| Refusal::bad_concept("A concept needs an id."))?;
        if !new.insert(id) || held.app().concepts.contains_key(id) {
            held.note(call.now, "create", "concept", id, item, 40003);
            return Err(Refusal::bad_concept(format!("There is a concept with the ID '{id}' already.")));
        }
    }
    let mut concepts = Vec::with_capacity(items.len());
    for (item, id) in items.iter().filter_map(|item| Some((item, text(item, "id")?))) {
        let app = held.app();
        app.meet(id, text(item, "name"), call.now);
        concepts.extend(app.concepts.get(id).map(|concept| concept.json(&call.app)));
        held.note(call.now, "create", "concept", id, item, 0);
    }
    Ok(Content::ok(json!({"concepts": concepts})))
}

/// The oldest first.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let mut held = call.hold();
    let mut concepts: Vec<&Concept> = held.app().concepts.values().collect();
    concepts.sort_by_key(|concept| concept.serial);
    let concepts: Vec<_> = page.of(concepts).map(|concept| concept.json(&call.app)).collect();
    Ok(Content::ok(json!({"concepts": concepts})))
}

pub(super) fn get(call: &Call<'_>, id: &str) -> Answer {
    if let Some(concept) = call.hold().app().concepts.get(id) {
        return Ok(Content::ok(json!({"concept": concept.json(&call.app)})));
    }
    let known = vision::vocabulary().iter().find(|concept| call.public && concept.id == id);
    let known = known.ok_or_else(|| Refusal::missing("concept_id", id))?;
    Ok(Content::ok(json!({"concept": public(known, "en")})))
}

/// New names; nothing else of a concept can change.
pub(super) fn patch(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let items = call.items(&body, "concepts", Refusal::bad_concept)?;
    let action = body["action"].as_str().unwrap_or("overwrite");
    if action != "overwrite" {
        return Err(Refusal::bad_concept(format!("The action '{action}' is none for concepts.")));
    }
    let mut held = call.hold();
    for item in items {
        let id = text(item, "id").ok_or_else(|| Refusal::bad_concept("A concept needs an id."))?;
        if !held.app().concepts.contains_key(id) {
            return Err(Refusal::missing("concept_id", id));
        }
    }
    let mut concepts = Vec::with_capacity(items.len());
    for (item, id) in items.iter().filter_map(|item| Some((item, text(item, "id")?))) {
        if let Some(concept) = held.app().concepts.get_mut(id) {
            if let Some(name) = text(item, "name") {
                name.clone_into(&mut concept.name);
            }
            concepts.push(concept.json(&call.app));
        }
        held.note(call.now, "patch", "concept", id, item, 0);
    }
    Ok(Content::ok(json!({"concepts": concepts})))
}

/// By name, with `*` for any text: the application's own first, then the public vocabulary in its languages.
pub(super) fn search(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let page = call.page_in(&body)?;
    let query = &body["concept_query"];
    let name = text(query, "name").ok_or_else(|| Refusal::bad_concept("concept_query.name is missing."))?;
    let language = text(query, "language").unwrap_or("en");
    let mut held = call.hold();
    let own =
        held.app().concepts.values().filter(|concept| concept.language == language && matches(name, &concept.name));
    let mut found: Vec<Value> = own.map(|concept| concept.json(&call.app)).collect();
    let known = vision::vocabulary().iter();
    let known = known.filter(|concept| concept.name_in(language).is_some_and(|translated| matches(name, translated)));
    found.extend(known.map(|concept| public(concept, language)));
    Ok(Content::ok(json!({"concepts": page.of(found).collect::<Vec<_>>()})))
}

/// A concept of the public vocabulary.
fn public(concept: &vision::Concept, language: &str) -> Value {
    json!({
        "id": concept.id,
        "name": concept.name_in(language).unwrap_or(concept.name()),
        "created_at": crate::catalog::CREATED,
        "language": language,
        "app_id": "main",
        "user_id": "clarifai",
    })
}
