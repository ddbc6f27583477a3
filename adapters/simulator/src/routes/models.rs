//! `models`: the application's own, and the public ones beside them.

use http::StatusCode;
use serde_json::{Value, json};

use crate::answer::{Answer, Content, Refusal};
use crate::call::{Call, Held, text};
use crate::catalog::{CATALOG, matches};
use crate::state::App;
use crate::state::model::Model;

/// One under `model`, as it always was, or several under `models`.
pub(super) fn create(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let one = body.get("model").map(|model| json!({"models": [model]}));
    let items = call.items(one.as_ref().unwrap_or(&body), "models", Refusal::bad_model)?;
    let mut held = call.hold();
    for (index, item) in items.iter().enumerate() {
        check(item)?;
        let Some(id) = text(item, "id") else { continue };
        let twice = items[..index].iter().any(|other| text(other, "id") == Some(id));
        if twice || held.app().models.contains_key(id) || call.public_model(id).is_some() {
            held.note(call.now, "create", "model", id, item, 21202);
            return Err(Refusal::bad_model(format!("There is a model with the ID '{id}' already.")));
        }
    }
    let mut models = Vec::with_capacity(items.len());
    for item in items {
        let (id, version) = (text(item, "id").map_or_else(|| held.new_id(), str::to_owned), held.new_id());
        let app = held.app();
        let info = &item["output_info"];
        let mut config = json!({"concepts_mutually_exclusive": false, "closed_environment": false});
        configure(&mut config, &info["output_config"]);
        let mut model = Model {
            serial: app.next_serial(),
            name: text(item, "name").unwrap_or(&id).to_owned(),
            type_id: text(item, "model_type_id").unwrap_or("embedding-classifier").to_owned(),
            concepts: named(app, call, &info["data"]["concepts"]),
            output_config: config,
            created: call.now,
            modified: call.now,
            versions: Vec::new(),
            gone: None,
            id,
        };
        model.untrain(|| version, call.now);
        models.push(model.json(&call.app, None, call.now));
        held.note(call.now, "create", "model", &model.id, item, 0);
        held.app().models.insert(model.id.clone(), model);
    }
    let first = models.first().cloned();
    Ok(Content::ok(if one.is_some() { json!({"model": first}) } else { json!({"model": first, "models": models}) }))
}

/// Refuses what is wrong in itself, before anything is done.
fn check(item: &Value) -> Result<(), Refusal> {
    let mut concepts = item["output_info"]["data"]["concepts"].as_array().into_iter().flatten();
    match concepts.all(|concept| text(concept, "id").is_some()) {
        true => Ok(()),
        false => Err(Refusal::bad_model("A concept needs an id.")),
    }
}

/// The ids of a list of concepts, which come into being by being named.
fn named(app: &mut App, call: &Call<'_>, concepts: &Value) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for concept in concepts.as_array().into_iter().flatten() {
        let Some(id) = text(concept, "id") else { continue };
        app.meet(id, text(concept, "name"), call.now);
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

/// The application's own, the newest first, and then the public ones.
fn in_sight(call: &Call<'_>, held: &mut Held<'_>, wanted: impl Fn(&dyn Names) -> bool) -> Vec<Value> {
    let mut own: Vec<_> = held.app().models.values().filter(|model| wanted(*model)).collect();
    own.sort_by_key(|model| std::cmp::Reverse(model.serial));
    let own = own.into_iter().map(|model| model.json(&call.app, None, call.now));
    let public = CATALOG.iter().filter(|entry| call.public && wanted(*entry)).map(|entry| entry.json(None, false));
    own.chain(public).collect()
}

/// What a model can be searched for.
trait Names {
    fn has_name(&self, pattern: &str) -> bool;
    fn has_type(&self, wanted: &str) -> bool;
}

impl Names for Model {
    fn has_name(&self, pattern: &str) -> bool {
        matches(pattern, &self.name) || matches(pattern, &self.id)
    }

    fn has_type(&self, wanted: &str) -> bool {
        Model::has_type(self, wanted)
    }
}

impl Names for crate::catalog::Entry {
    fn has_name(&self, pattern: &str) -> bool {
        crate::catalog::Entry::has_name(self, pattern)
    }

    fn has_type(&self, wanted: &str) -> bool {
        crate::catalog::Entry::has_type(self, wanted)
    }
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let models = in_sight(call, &mut call.hold(), |_| true);
    Ok(Content::ok(json!({"models": page.of(models).collect::<Vec<_>>()})))
}

pub(super) fn search(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let page = call.page_in(&body)?;
    let query = &body["model_query"];
    let fits = |model: &dyn Names| {
        text(query, "name").is_none_or(|name| model.has_name(name))
            && ["type", "model_type_id"].iter().all(|member| text(query, member).is_none_or(|one| model.has_type(one)))
    };
    let models = in_sight(call, &mut call.hold(), fits);
    Ok(Content::ok(json!({"models": page.of(models).collect::<Vec<_>>()})))
}

pub(super) fn get(call: &Call<'_>, id: &str, version: Option<&str>, verbose: bool) -> Answer {
    exists(call, id, version)?;
    let mut held = call.hold();
    let app = held.app();
    let json = match app.models.get(id) {
        Some(model) => {
            let version = version.and_then(|version| model.version(version));
            match verbose {
                false => model.json(&call.app, version, call.now),
                true => model.verbose(app, &call.app, version, call.now),
            }
        }
        None => call.public_model(id).ok_or_else(|| Refusal::no_model(id))?.json(Some(id), verbose),
    };
    Ok(Content::ok(json!({"model": json})))
}

/// Refuses what is not there: a model, or a version of it.
pub(super) fn exists(call: &Call<'_>, id: &str, version: Option<&str>) -> Result<(), Refusal> {
    let mut held = call.hold();
    let known =
        |known: bool| if known { Ok(()) } else { Err(Refusal::missing("version_id", version.unwrap_or_default())) };
    if let Some(model) = held.app().models.get(id) {
        return known(version.is_none_or(|version| model.version(version).is_some()));
    }
    let entry = call.public_model(id).ok_or_else(|| Refusal::no_model(id))?;
    known(version.is_none_or(|version| entry.version == version))
}

/// What is there but belongs to all cannot be changed.
pub(super) fn not_own(call: &Call<'_>, id: &str) -> Refusal {
    if call.public_model(id).is_none() {
        return Refusal::no_model(id);
    }
    let details = format!("The model '{id}' is public.");
    Refusal::new(StatusCode::FORBIDDEN, 21201, "Model permission denied", details)
}

pub(super) fn patch(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let items = call.items(&body, "models", Refusal::bad_model)?;
    let action = body["action"].as_str().unwrap_or("merge");
    if !["merge", "overwrite", "remove"].contains(&action) {
        return Err(Refusal::bad_model(format!("The action '{action}' is none for models.")));
    }
    let mut held = call.hold();
    for item in items {
        let id = text(item, "id").ok_or_else(|| Refusal::bad_model("A model needs an id."))?;
        check(item)?;
        if !held.app().models.contains_key(id) {
            return Err(not_own(call, id));
        }
    }
    let mut models = Vec::with_capacity(items.len());
    for (item, id) in items.iter().filter_map(|item| Some((item, text(item, "id")?))) {
        let version = held.new_id();
        let app = held.app();
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
                let new = named(app, call, concepts);
                let new: Vec<_> = new.into_iter().filter(|id| !model.concepts.contains(id)).collect();
                model.concepts.extend(new);
            }
            (_, concepts) => model.concepts = named(app, call, concepts),
        }
        if action != "remove" {
            configure(&mut model.output_config, &info["output_config"]);
            if let Some(name) = text(item, "name") {
                name.clone_into(&mut model.name);
            }
        }
        model.untrain(|| version, call.now);
        model.modified = call.now;
        models.push(model.json(&call.app, None, call.now));
        app.models.insert(id.to_owned(), model);
        held.note(call.now, "patch", "model", id, item, 0);
    }
    Ok(Content::ok(json!({"models": models})))
}

pub(super) fn delete(call: &Call<'_>, id: &str) -> Answer {
    let mut held = call.hold();
    if !held.app().models.contains_key(id) {
        return Err(not_own(call, id));
    }
    end(call, &mut held, id);
    Ok(Content::ok(json!({})))
}

/// Ids that nothing has are passed over: what shall be gone is gone.
pub(super) fn delete_many(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let ids = call.ids_to_delete(&body, Refusal::bad_model)?;
    let mut held = call.hold();
    let ids = ids.unwrap_or_else(|| held.app().models.keys().cloned().collect());
    for id in ids {
        end(call, &mut held, &id);
    }
    Ok(if call.scoped { Content::accepted(json!({})) } else { Content::ok(json!({})) })
}

fn end(call: &Call<'_>, held: &mut Held<'_>, id: &str) {
    let gone = call.now.saturating_add(call.simulator.delays.deleting);
    if let Some(model) = held.app().models.get_mut(id).filter(|model| model.gone.is_none()) {
        model.gone = Some(gone);
        held.note(call.now, "delete", "model", id, &Value::Null, 0);
    }
}
