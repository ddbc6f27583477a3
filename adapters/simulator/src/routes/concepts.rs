//! `concepts`: create, list, get, patch and search.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::call::{Call, text};
use crate::response::{Content, Refusal, RouteResult};
use crate::state::concept::Concept;
use crate::vocabulary::PublicConcept;
use crate::wildcard::matches;

/// Creates all of the concepts or none: single concepts have no status.
pub(super) fn create(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let items = call.items(&body, "concepts", Refusal::bad_concept)?;
    let mut locked = call.lock();
    let mut new = BTreeSet::new();
    for item in items {
        let id = text(item, "id").ok_or_else(|| Refusal::bad_concept("A concept needs an id."))?;
        if !new.insert(id) || locked.app().concepts.contains_key(id) {
            locked.record(call.now, "create", "concept", id, item, 40003);
            return Err(Refusal::bad_concept(format!("A concept with the ID '{id}' already exists.")));
        }
    }
    let mut concepts = Vec::with_capacity(items.len());
    for (item, id) in items.iter().filter_map(|item| Some((item, text(item, "id")?))) {
        let app = locked.app();
        app.ensure_concept(id, text(item, "name"), call.now);
        concepts.extend(app.concepts.get(id).map(|concept| concept.json(&call.app)));
        locked.record(call.now, "create", "concept", id, item, 0);
    }
    Ok(Content::ok(json!({"concepts": concepts})))
}

/// Oldest first.
pub(super) fn list(call: &Call<'_>) -> RouteResult {
    let page = call.page()?;
    let mut locked = call.lock();
    let mut concepts: Vec<&Concept> = locked.app().concepts.values().collect();
    concepts.sort_by_key(|concept| concept.serial);
    let concepts: Vec<_> = page.of(concepts).map(|concept| concept.json(&call.app)).collect();
    Ok(Content::ok(json!({"concepts": concepts})))
}

pub(super) fn get(call: &Call<'_>, id: &str) -> RouteResult {
    if let Some(concept) = call.lock().app().concepts.get(id) {
        return Ok(Content::ok(json!({"concept": concept.json(&call.app)})));
    }
    let known = call.recognition().vocabulary().get(id).filter(|_| call.public);
    let known = known.ok_or_else(|| Refusal::missing("concept_id", id))?;
    Ok(Content::ok(json!({"concept": public(known, "en")})))
}

/// Renames concepts. Other properties cannot change.
pub(super) fn patch(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let items = call.items(&body, "concepts", Refusal::bad_concept)?;
    let action = body["action"].as_str().unwrap_or("overwrite");
    if action != "overwrite" {
        return Err(Refusal::bad_concept(format!("'{action}' is not a valid action for concepts.")));
    }
    let mut locked = call.lock();
    for item in items {
        let id = text(item, "id").ok_or_else(|| Refusal::bad_concept("A concept needs an id."))?;
        if !locked.app().concepts.contains_key(id) {
            return Err(Refusal::missing("concept_id", id));
        }
    }
    let mut concepts = Vec::with_capacity(items.len());
    for (item, id) in items.iter().filter_map(|item| Some((item, text(item, "id")?))) {
        if let Some(concept) = locked.app().concepts.get_mut(id) {
            if let Some(name) = text(item, "name") {
                name.clone_into(&mut concept.name);
            }
            concepts.push(concept.json(&call.app));
        }
        locked.record(call.now, "patch", "concept", id, item, 0);
    }
    Ok(Content::ok(json!({"concepts": concepts})))
}

/// Searches by name, with `*` for any text: first in the application, then in the public vocabulary.
pub(super) fn search(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let page = call.page_in(&body)?;
    let query = &body["concept_query"];
    let name = text(query, "name").ok_or_else(|| Refusal::bad_concept("concept_query.name is missing."))?;
    let language = text(query, "language").unwrap_or("en");
    let mut locked = call.lock();
    let own =
        locked.app().concepts.values().filter(|concept| concept.language == language && matches(name, &concept.name));
    let mut found: Vec<Value> = own.map(|concept| concept.json(&call.app)).collect();
    let known = call.recognition().vocabulary().concepts.iter();
    let known = known.filter(|concept| concept.name_in(language).is_some_and(|translated| matches(name, translated)));
    found.extend(known.map(|concept| public(concept, language)));
    Ok(Content::ok(json!({"concepts": page.of(found).collect::<Vec<_>>()})))
}

/// Returns a concept of the public vocabulary as JSON.
fn public(concept: &PublicConcept, language: &str) -> Value {
    json!({
        "id": concept.id,
        "name": concept.name_or_english(language),
        "created_at": crate::public_models::CREATED,
        "language": language,
        "app_id": "main",
        "user_id": "clarifai",
    })
}
