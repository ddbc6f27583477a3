//! `annotations`: create, list, get, patch and delete. Each one of a call succeeds or fails by itself.

use clarifai_core::types::StatusCode as Code;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::call::{Call, text};
use crate::json_patch::{Action, merge, remove};
use crate::response::{Content, Refusal, RouteResult, status, timestamp};
use crate::state::Config;
use crate::state::annotation::{ACCEPTED, Annotation};
use crate::state::app_name::AppName;
use crate::state::input::Input;
use crate::state::ledger::fnv;

const INVALID: u32 = 24155;

fn bad_annotation(details: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, INVALID, "Annotation has invalid argument", details)
}

/// Returns the annotations of an input as JSON: its own labels if it has some, then the others, oldest first.
pub(super) fn of_input(app: &Config, input: &Input, name: &AppName, now: std::time::Duration) -> Vec<Value> {
    let whole = input.json(&app.concepts, name, now);
    let labels = ["concepts", "regions", "metadata", "geo"];
    let labels: Map<_, _> =
        labels.iter().filter_map(|key| Some(((*key).to_owned(), whole["data"].get(*key)?.clone()))).collect();
    let own = (!labels.is_empty()).then(|| {
        json!({
            "id": format!("{:016x}", fnv(input.id.as_bytes())),
            "input_id": input.id,
            "data": labels,
            "user_id": name.user,
            "worker": {"user": {"id": name.user}},
            "trusted": true,
            "input_level": true,
            "created_at": timestamp(input.created),
            "modified_at": timestamp(input.modified),
            "status": status(ACCEPTED, "Annotation success", ""),
        })
    });
    let others = app.annotations.get(&input.id).into_iter().flatten().map(Annotation::json);
    own.into_iter().chain(others).collect()
}

/// Returns the status code that an annotation is to have. Requests contain numbers or names.
fn code(item: &Value) -> Result<Option<u32>, String> {
    let code = &item["status"]["code"];
    if code.is_null() {
        return Ok(None);
    }
    let read: Option<Code> = serde_json::from_value(code.clone()).ok();
    let number = read.and_then(|code| code.number()).filter(|number| (24150..=24159).contains(number));
    number.map(Some).ok_or_else(|| format!("{code} is not the status of an annotation."))
}

/// Returns the members that are stored as they were sent.
fn members(item: &Value) -> Map<String, Value> {
    let known = ["annotation_info", "task_id"].iter();
    known.filter_map(|key| Some(((*key).to_owned(), item.get(*key)?.clone()))).collect()
}

/// Checks the data of an annotation: its boxes lie within the image.
fn check(data: &Value) -> Result<(), String> {
    if !data.is_object() {
        return Err("An annotation needs data.".to_owned());
    }
    for region in data["regions"].as_array().into_iter().flatten() {
        let place = &region["region_info"]["bounding_box"];
        let edges = ["top_row", "left_col", "bottom_row", "right_col"].map(|edge| place[edge].as_f64().unwrap_or(0.0));
        let is_inside = edges.iter().all(|edge| (0.0..=1.0).contains(edge));
        if place.is_object() && !(is_inside && edges[0] < edges[2] && edges[1] < edges[3]) {
            return Err(format!("The bounding box {edges:?} is not inside the image."));
        }
    }
    Ok(())
}

/// Creates the concepts of an annotation that do not exist, and gives each concept an id.
fn ensure_concepts(app: &mut Config, data: &mut Value, call: &Call<'_>) {
    let mut concepts = |data: &mut Value| {
        for concept in data.get_mut("concepts").and_then(Value::as_array_mut).into_iter().flatten() {
            let (id, name) = (text(concept, "id"), text(concept, "name"));
            let Some(id) = app.concept_id(id, name).or_else(|| id.or(name).map(str::to_owned)) else { continue };
            app.ensure_concept(&id, name, call.now);
            concept["id"] = id.into();
        }
    };
    concepts(data);
    for parts in ["regions", "frames", "time_segments"] {
        for part in data.get_mut(parts).and_then(Value::as_array_mut).into_iter().flatten() {
            part.get_mut("data").map(&mut concepts);
        }
    }
}

/// Gives an id to each part without one.
fn name_parts(data: &mut Value, mut new_id: impl FnMut() -> String) {
    for parts in ["regions", "frames", "time_segments"] {
        for part in data.get_mut(parts).and_then(Value::as_array_mut).into_iter().flatten() {
            if text(part, "id").is_none() && part.is_object() {
                part["id"] = new_id().into();
            }
        }
    }
}

/// Returns the response with an outcome for each item: the annotation, or the code and details of its failure.
fn by_item(items: &[Value], mut run: impl FnMut(&Value) -> Result<Value, (u32, String)>) -> Content {
    let mut failed = 0;
    let results: Vec<_> = items
        .iter()
        .map(|item| {
            run(item).unwrap_or_else(|(code, details)| {
                failed += 1;
                let mut json = json!({"status": status(code, "Annotation has invalid argument", &details)});
                for key in ["id", "input_id"] {
                    if let Some(value) = text(item, key) {
                        json[key] = value.into();
                    }
                }
                json
            })
        })
        .collect();
    Content::by_item(failed, items.len(), json!({"annotations": results}))
}

pub(super) fn create(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let items = call.items(&body, "annotations", bad_annotation)?;
    let mut locked = call.lock();
    Ok(by_item(items, |item| {
        let invalid = |details: String| (INVALID, details);
        let input = text(item, "input_id").unwrap_or_default().to_owned();
        if !locked.app().inputs.contains(&input) {
            return Err((30102, format!("No input '{input}' in this app.")));
        }
        check(&item["data"]).map_err(invalid)?;
        let code = code(item).map_err(invalid)?.unwrap_or(ACCEPTED);
        let id = text(item, "id").map_or_else(|| locked.new_id(), str::to_owned);
        let mut data = item["data"].clone();
        name_parts(&mut data, || locked.new_id());
        let app = locked.app();
        ensure_concepts(app, &mut data, call);
        let of_input = app.annotations.entry(input.clone()).or_default();
        if of_input.iter().any(|one| one.id == id) {
            locked.record(call.now, "create", "annotation", &id, item, INVALID);
            return Err(invalid(format!("The input has an annotation with the ID '{id}' already.")));
        }
        let annotation = Annotation {
            id: id.clone(),
            input,
            data,
            code,
            members: members(item),
            user: call.app.user.clone(),
            created: call.now,
            modified: call.now,
        };
        let json = annotation.json();
        of_input.push(annotation);
        locked.record(call.now, "create", "annotation", &id, item, 0);
        Ok(json)
    }))
}

pub(super) fn patch(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let items = call.items(&body, "annotations", bad_annotation)?;
    let action = Action::read(&body, bad_annotation)?;
    let delete_if_empty = body["delete_if_empty_data"] == true;
    let mut locked = call.lock();
    Ok(by_item(items, |item| {
        let invalid = |details: String| (INVALID, details);
        let (input, id) = (text(item, "input_id").unwrap_or_default(), text(item, "id").unwrap_or_default());
        let mut new = item["data"].clone();
        if action != Action::Remove && !new.is_null() {
            check(&new).map_err(invalid)?;
            ensure_concepts(locked.app(), &mut new, call);
        }
        let code = code(item).map_err(invalid)?;
        let of_input = locked.app().annotations.entry(input.to_owned()).or_default();
        let found = of_input.iter_mut().find(|one| one.id == id);
        let annotation = found.ok_or_else(|| (11101, format!("The input '{input}' has no annotation '{id}'.")))?;
        match (action, new.as_object()) {
            (_, None) => {}
            (Action::Merge, Some(_)) => merge(&mut annotation.data, &new),
            (Action::Remove, Some(_)) => remove_data(&mut annotation.data, &new),
            (Action::Overwrite, Some(new)) => {
                for (key, value) in new {
                    annotation.data[key] = value.clone();
                }
            }
        }
        annotation.code = code.unwrap_or(annotation.code);
        annotation.members.extend(members(item));
        annotation.modified = call.now;
        let json = annotation.json();
        let is_empty = annotation.data.as_object().is_none_or(|data| data.values().all(is_empty));
        if delete_if_empty && is_empty {
            of_input.retain(|one| one.id != id);
        }
        locked.record(call.now, "patch", "annotation", id, item, 0);
        Ok(json)
    }))
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

/// Removes from each list the items that are named by their id, and removes other members as a whole.
fn remove_data(kept: &mut Value, named: &Value) {
    for (key, named) in named.as_object().into_iter().flatten() {
        match kept.get_mut(key) {
            Some(list) if list.is_array() => remove(list, named),
            Some(_) => _ = kept.as_object_mut().and_then(|kept| kept.remove(key)),
            None => {}
        }
    }
}

/// By default only those of people that are accepted; those of the newest input first.
pub(super) fn list(call: &Call<'_>) -> RouteResult {
    let page = call.page()?;
    let [ids, inputs, users, models] =
        ["ids", "input_ids", "user_ids", "model_version_ids"].map(|key| call.query_values(key));
    let (all, task) = (call.query_flag("list_all_annotations"), call.query_values("task_id").into_iter().next());
    let wanted = |list: &[String], value: &Value| list.is_empty() || list.iter().any(|one| value == one.as_str());
    let mut locked = call.lock();
    let app = locked.app();
    let found = app
        .inputs
        .newest()
        .filter(|input| inputs.is_empty() || inputs.contains(&input.id))
        .flat_map(|input| of_input(app, input, &call.app, call.now))
        .filter(|one| all || one["status"]["code"] == ACCEPTED)
        .filter(|one| wanted(&ids, &one["id"]) && wanted(&users, &one["user_id"]))
        .filter(|one| wanted(&models, &one["model_version_id"]))
        .filter(|one| task.as_ref().is_none_or(|task| one["task_id"] == task.as_str()));
    Ok(Content::ok(json!({"annotations": page.of(found).collect::<Vec<_>>()})))
}

pub(super) fn get(call: &Call<'_>, input: &str, id: &str) -> RouteResult {
    let mut locked = call.lock();
    let app = locked.app();
    let input = app.inputs.get(input).ok_or_else(|| Refusal::no_input(input))?;
    let found = of_input(app, input, &call.app, call.now).into_iter().find(|one| one["id"] == id);
    Ok(Content::ok(json!({"annotation": found.ok_or_else(|| Refusal::missing("annotation_id", id))?})))
}

pub(super) fn delete(call: &Call<'_>, input: &str, id: &str) -> RouteResult {
    let mut locked = call.lock();
    let of_input = locked.app().annotations.get_mut(input);
    let found = of_input.and_then(|list| Some((list.iter().position(|one| one.id == id)?, list)));
    let (place, list) = found.ok_or_else(|| Refusal::missing("annotation_id", id))?;
    list.remove(place);
    locked.record(call.now, "delete", "annotation", id, &Value::Null, 0);
    Ok(Content::ok(json!({})))
}

/// With ids, the pairs of both lists; without, all annotations of the inputs. What does not exist is ignored.
pub(super) fn delete_many(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let inputs = call.items(&body, "input_ids", bad_annotation)?;
    let ids = body["ids"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !ids.is_empty() && ids.len() != inputs.len() {
        return Err(bad_annotation("ids and input_ids must have the same length."));
    }
    let mut locked = call.lock();
    for (index, input) in inputs.iter().enumerate() {
        let Some(list) = input.as_str().and_then(|input| locked.app().annotations.get_mut(input)) else { continue };
        let is_named = |one: &Annotation| ids.is_empty() || ids[index] == one.id.as_str();
        let deleted: Vec<_> = list.iter().filter(|one| is_named(one)).map(|one| one.id.clone()).collect();
        list.retain(|one| !is_named(one));
        for id in deleted {
            locked.record(call.now, "delete", "annotation", &id, &Value::Null, 0);
        }
    }
    Ok(Content::ok(json!({})))
}
