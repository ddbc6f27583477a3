//! `models`: those of the application and the public ones.

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::{Call, text};
use crate::public_models::{self, PublicModel};
use crate::response::{Content, Refusal, RouteResult};
use crate::state::Config;
use crate::state::model::Model;
use crate::wildcard::matches;
use crate::world::LockedApp;

/// Creates one model from `model` (the legacy form), or several from `models`.
pub(super) fn create(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let one = body.get("model").map(|model| json!({"models": [model]}));
    let items = call.items(one.as_ref().unwrap_or(&body), "models", Refusal::bad_model)?;
    let mut locked = call.lock();
    for (index, item) in items.iter().enumerate() {
        check(item)?;
        let Some(id) = text(item, "id") else { continue };
        let twice = items[..index].iter().any(|other| text(other, "id") == Some(id));
        if twice || locked.app().models.contains_key(id) || call.public_model(id).is_some() {
            locked.record(call.now, "create", "model", id, item, 21202);
            return Err(Refusal::bad_model(format!("A model with the ID '{id}' already exists.")));
        }
    }
    let mut models = Vec::with_capacity(items.len());
    for item in items {
        let (id, version) = (text(item, "id").map_or_else(|| locked.new_id(), str::to_owned), locked.new_id());
        let app = locked.app();
        let info = &item["output_info"];
        // The old Python client requires both members.
        let mut config = json!({"concepts_mutually_exclusive": false, "closed_environment": false});
        configure(&mut config, &info["output_config"]);
        let mut model = Model {
            serial: app.next_serial(),
            name: text(item, "name").unwrap_or(&id).to_owned(),
            type_id: text(item, "model_type_id").unwrap_or("embedding-classifier").to_owned(),
            concepts: concept_ids(app, call, &info["data"]["concepts"]),
            output_config: config,
            created: call.now,
            modified: call.now,
            versions: Vec::new(),
            gone: None,
            id,
        };
        model.add_untrained_version(|| version, call.now);
        models.push(model.json(&call.app, None, call.now));
        locked.record(call.now, "create", "model", &model.id, item, 0);
        locked.app().models.insert(model.id.clone(), model);
    }
    // The response describes one model, however many were created.
    Ok(Content::ok(json!({"model": models.first()})))
}

/// Checks an item before anything is changed.
pub(super) fn check(item: &Value) -> Result<(), Refusal> {
    let mut concepts = item["output_info"]["data"]["concepts"].as_array().into_iter().flatten();
    match concepts.all(|concept| text(concept, "id").is_some()) {
        true => Ok(()),
        false => Err(Refusal::bad_model("A concept needs an id.")),
    }
}

/// Returns the ids of a list of concepts without repetitions. Creates concepts that do not exist.
pub(super) fn concept_ids(app: &mut Config, call: &Call<'_>, concepts: &Value) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for concept in concepts.as_array().into_iter().flatten() {
        let Some(id) = text(concept, "id") else { continue };
        app.ensure_concept(id, text(concept, "name"), call.now);
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }
    ids
}

fn configure(config: &mut Value, new: &Value) {
    for (name, value) in new.as_object().into_iter().flatten() {
        config[name] = value.clone();
    }
}

/// Returns the application's models, newest first, followed by the public ones.
fn visible_models(call: &Call<'_>, locked: &mut LockedApp<'_>, wanted: impl Fn(&dyn Searchable) -> bool) -> Vec<Value> {
    let mut own: Vec<_> = locked.app().models.values().filter(|model| wanted(*model)).collect();
    own.sort_by_key(|model| std::cmp::Reverse(model.serial));
    let own = own.into_iter().map(|model| model.json(&call.app, None, call.now));
    let public = public_models::all(call.recognition()).iter().filter(|entry| call.public && wanted(*entry));
    let public = public.map(|entry| entry.json(None, call.recognition(), false));
    own.chain(public).collect()
}

/// The properties that models are searched by.
trait Searchable {
    fn has_name(&self, pattern: &str) -> bool;
    fn has_type(&self, wanted: &str) -> bool;
}

impl Searchable for Model {
    fn has_name(&self, pattern: &str) -> bool {
        matches(pattern, &self.name) || matches(pattern, &self.id)
    }

    fn has_type(&self, wanted: &str) -> bool {
        Model::has_type(self, wanted)
    }
}

impl Searchable for PublicModel {
    fn has_name(&self, pattern: &str) -> bool {
        PublicModel::has_name(self, pattern)
    }

    fn has_type(&self, wanted: &str) -> bool {
        PublicModel::has_type(self, wanted)
    }
}

pub(super) fn list(call: &Call<'_>) -> RouteResult {
    let page = call.page()?;
    let models = visible_models(call, &mut call.lock(), |_| true);
    Ok(Content::ok(json!({"models": page.of(models).collect::<Vec<_>>()})))
}

pub(super) fn search(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let page = call.page_in(&body)?;
    let query = &body["model_query"];
    let fits = |model: &dyn Searchable| {
        text(query, "name").is_none_or(|name| model.has_name(name))
            && ["type", "model_type_id"].iter().all(|member| text(query, member).is_none_or(|one| model.has_type(one)))
    };
    let models = visible_models(call, &mut call.lock(), fits);
    Ok(Content::ok(json!({"models": page.of(models).collect::<Vec<_>>()})))
}

pub(super) fn get(call: &Call<'_>, id: &str, version: Option<&str>, verbose: bool) -> RouteResult {
    require(call, id, version)?;
    let mut locked = call.lock();
    let app = locked.app();
    let json = match app.models.get(id) {
        Some(model) => {
            let version = version.and_then(|version| model.version(version));
            match verbose {
                false => model.json(&call.app, version, call.now),
                true => model.verbose(&app.concepts, &call.app, version, call.now),
            }
        }
        None => call.public_model(id).ok_or_else(|| Refusal::no_model(id))?.json(Some(id), call.recognition(), verbose),
    };
    Ok(Content::ok(json!({"model": json})))
}

/// Returns an error unless the model, and its version if given, exists.
pub(super) fn require(call: &Call<'_>, id: &str, version: Option<&str>) -> Result<(), Refusal> {
    let mut locked = call.lock();
    let known =
        |known: bool| if known { Ok(()) } else { Err(Refusal::missing("version_id", version.unwrap_or_default())) };
    if let Some(model) = locked.app().models.get(id) {
        return known(version.is_none_or(|version| model.version(version).is_some()));
    }
    let entry = call.public_model(id).ok_or_else(|| Refusal::no_model(id))?;
    known(version.is_none_or(|version| entry.version(call.recognition()) == version))
}

/// Returns the error for changing a model that is public or does not exist.
pub(super) fn not_own(call: &Call<'_>, id: &str) -> Refusal {
    if call.public_model(id).is_none() {
        return Refusal::no_model(id);
    }
    let details = format!("The model '{id}' is public.");
    Refusal::new(StatusCode::FORBIDDEN, 21201, "Model permission denied", details)
}

pub(super) fn patch(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let items = call.items(&body, "models", Refusal::bad_model)?;
    let action = body["action"].as_str().unwrap_or("merge");
    if !["merge", "overwrite", "remove"].contains(&action) {
        return Err(Refusal::bad_model(format!("'{action}' is not a valid action for models.")));
    }
    let mut locked = call.lock();
    for item in items {
        let id = text(item, "id").ok_or_else(|| Refusal::bad_model("A model needs an id."))?;
        check(item)?;
        if !locked.app().models.contains_key(id) {
            return Err(not_own(call, id));
        }
    }
    let mut models = Vec::with_capacity(items.len());
    for (item, id) in items.iter().filter_map(|item| Some((item, text(item, "id")?))) {
        let version = locked.new_id();
        let app = locked.app();
        let info = &item["output_info"];
        let Some(mut model) = app.models.get(id).cloned() else { continue };
        match (action, &info["data"]["concepts"]) {
            (_, concepts) if !concepts.is_array() => {}
            ("remove", concepts) => {
                let named = concepts.as_array().into_iter().flatten().filter_map(|concept| text(concept, "id"));
                let named: Vec<_> = named.collect();
                model.concepts.retain(|id| !named.contains(&id.as_str()));
            }
            ("merge", concepts) => {
                let new = concept_ids(app, call, concepts);
                let new: Vec<_> = new.into_iter().filter(|id| !model.concepts.contains(id)).collect();
                model.concepts.extend(new);
            }
            (_, concepts) => model.concepts = concept_ids(app, call, concepts),
        }
        if action != "remove" {
            configure(&mut model.output_config, &info["output_config"]);
            if let Some(name) = text(item, "name") {
                name.clone_into(&mut model.name);
            }
        }
        model.add_untrained_version(|| version, call.now);
        model.modified = call.now;
        models.push(model.json(&call.app, None, call.now));
        app.models.insert(id.to_owned(), model);
        locked.record(call.now, "patch", "model", id, item, 0);
    }
    Ok(Content::ok(json!({"models": models})))
}

pub(super) fn delete(call: &Call<'_>, id: &str) -> RouteResult {
    let mut locked = call.lock();
    if !locked.app().models.contains_key(id) {
        return Err(not_own(call, id));
    }
    delete_one(call, &mut locked, id);
    Ok(Content::ok(json!({})))
}

/// Ids that do not exist are ignored, because the result is the same.
pub(super) fn delete_many(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let ids = call.ids_to_delete(&body, Refusal::bad_model)?;
    let mut locked = call.lock();
    let ids = ids.unwrap_or_else(|| locked.app().models.keys().cloned().collect());
    for id in ids {
        delete_one(call, &mut locked, &id);
    }
    Ok(if call.scoped { Content::accepted(json!({})) } else { Content::ok(json!({})) })
}

fn delete_one(call: &Call<'_>, locked: &mut LockedApp<'_>, id: &str) {
    let gone = call.now.saturating_add(call.world.rules.delays.deleting);
    if let Some(model) = locked.app().models.get_mut(id).filter(|model| model.gone.is_none()) {
        model.gone = Some(gone);
        locked.record(call.now, "delete", "model", id, &Value::Null, 0);
    }
}
