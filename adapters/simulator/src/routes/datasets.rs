//! `datasets`: create, list, get, patch, delete, and their inputs.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::call::{Call, text};
use crate::json_patch::{Action, merge, remove};
use crate::response::{Content, Refusal, RouteResult, status, timestamp};
use crate::state::dataset::Dataset;

fn bad_dataset(details: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, 11102, "Invalid request", details)
}

/// Returns the members of a dataset besides its id.
fn members(item: &Value) -> Map<String, Value> {
    const KNOWN: [&str; 7] = [
        "description",
        "notes",
        "metadata",
        "visibility",
        "default_annotation_filter",
        "image",
        "default_processing_info",
    ];
    let known = |(key, value): (&String, &Value)| {
        (KNOWN.contains(&key.as_str()) && !value.is_null()).then(|| (key.clone(), value.clone()))
    };
    item.as_object().into_iter().flatten().filter_map(known).collect()
}

/// Creates all of the datasets or none: single datasets have no status.
pub(super) fn create(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let items = call.items(&body, "datasets", bad_dataset)?;
    let mut locked = call.lock();
    let mut new = BTreeSet::new();
    for item in items {
        let id = text(item, "id").ok_or_else(|| bad_dataset("A dataset needs an id."))?;
        if id.chars().count() > 48 {
            return Err(bad_dataset("The id of a dataset has at most 48 characters."));
        }
        if !new.insert(id) || locked.app().datasets.contains_key(id) {
            locked.record(call.now, "create", "dataset", id, item, 11102);
            return Err(bad_dataset(format!("A dataset with the ID '{id}' already exists.")));
        }
    }
    let mut datasets = Vec::with_capacity(items.len());
    for (item, id) in items.iter().filter_map(|item| Some((item, text(item, "id")?))) {
        let app = locked.app();
        let dataset = Dataset {
            id: id.to_owned(),
            serial: app.next_serial(),
            members: members(item),
            created: call.now,
            modified: call.now,
            inputs: Vec::new(),
        };
        datasets.push(dataset.json(&call.app));
        app.datasets.insert(id.to_owned(), dataset);
        locked.record(call.now, "create", "dataset", id, item, 0);
    }
    Ok(Content::ok(json!({"datasets": datasets})))
}

/// Newest first, or by id.
pub(super) fn list(call: &Call<'_>) -> RouteResult {
    let page = call.page()?;
    let wanted = call.query_values("search").into_iter().next().unwrap_or_default().to_lowercase();
    let (by_id, ascending) = (call.query_flag("sort_by_id"), call.query_flag("sort_ascending"));
    let mut locked = call.lock();
    let holds = |text: &str| text.to_lowercase().contains(&wanted);
    let is_found = |dataset: &&Dataset| {
        holds(&dataset.id)
            || ["description", "notes"]
                .iter()
                .any(|key| dataset.members.get(*key).and_then(Value::as_str).is_some_and(holds))
    };
    let mut datasets: Vec<&Dataset> = locked.app().datasets.values().filter(is_found).collect();
    if !by_id {
        datasets.sort_by_key(|dataset| dataset.serial);
    }
    if !ascending {
        datasets.reverse();
    }
    let datasets: Vec<_> = page.of(datasets).map(|dataset| dataset.json(&call.app)).collect();
    Ok(Content::ok(json!({"datasets": datasets})))
}

pub(super) fn get(call: &Call<'_>, id: &str) -> RouteResult {
    let mut locked = call.lock();
    let dataset = locked.app().datasets.get(id).ok_or_else(|| Refusal::missing("dataset_id", id))?;
    Ok(Content::ok(json!({"dataset": dataset.json(&call.app)})))
}

pub(super) fn patch(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let items = call.items(&body, "datasets", bad_dataset)?;
    let action = Action::read(&body, bad_dataset)?;
    let mut locked = call.lock();
    for item in items {
        let id = text(item, "id").unwrap_or_default();
        if !locked.app().datasets.contains_key(id) {
            return Err(Refusal::missing("dataset_id", id));
        }
    }
    let mut datasets = Vec::with_capacity(items.len());
    for (item, id) in items.iter().filter_map(|item| Some((item, text(item, "id")?))) {
        if let Some(dataset) = locked.app().datasets.get_mut(id) {
            for (key, new) in members(item) {
                match action {
                    Action::Merge => merge(dataset.members.entry(key).or_insert(Value::Null), &new),
                    Action::Overwrite => _ = dataset.members.insert(key, new),
                    Action::Remove => match dataset.members.get_mut(&key) {
                        Some(kept) if kept.is_object() => remove(kept, &new),
                        _ => _ = dataset.members.remove(&key),
                    },
                }
            }
            dataset.modified = call.now;
            datasets.push(dataset.json(&call.app));
        }
        locked.record(call.now, "patch", "dataset", id, item, 0);
    }
    Ok(Content::ok(json!({"datasets": datasets})))
}

/// Ids that do not exist are ignored, because the result is the same. The inputs remain.
pub(super) fn delete_many(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let ids = call.items(&body, "dataset_ids", bad_dataset)?;
    let mut locked = call.lock();
    for id in ids.iter().filter_map(Value::as_str) {
        if locked.app().datasets.remove(id).is_some() {
            locked.record(call.now, "delete", "dataset", id, &Value::Null, 0);
        }
    }
    Ok(Content::ok(json!({})))
}

pub(super) fn add_inputs(call: &Call<'_>, id: &str) -> RouteResult {
    let body = call.json()?;
    let items = call.items(&body, "dataset_inputs", bad_dataset)?;
    let mut locked = call.lock();
    let mut failed = 0;
    let mut results = Vec::with_capacity(items.len());
    for item in items {
        let input = text(&item["input"], "id").unwrap_or_default();
        let app = locked.app();
        let exists = app.inputs.contains(input);
        let dataset = app.datasets.get_mut(id).ok_or_else(|| Refusal::missing("dataset_id", id))?;
        let outcome = if !exists {
            status(30102, "Input does not exist", "")
        } else if dataset.contains(input) {
            status(64101, "Dataset input already exists", "")
        } else {
            dataset.inputs.push((input.to_owned(), call.now));
            status(64100, "Dataset input added", "")
        };
        failed += usize::from(outcome["code"] != 64100);
        results.push(json!({"created_at": timestamp(call.now), "input": {"id": input, "status": outcome}}));
    }
    Ok(Content::by_item(failed, items.len(), json!({"dataset_inputs": results})))
}

/// Newest first.
pub(super) fn list_inputs(call: &Call<'_>, id: &str) -> RouteResult {
    let page = call.page()?;
    let mut locked = call.lock();
    let app = locked.app();
    let dataset = app.datasets.get(id).ok_or_else(|| Refusal::missing("dataset_id", id))?;
    let inputs = dataset.inputs.iter().rev().filter_map(|(input, added)| Some((app.inputs.get(input)?, added)));
    let one = |(input, added): (&crate::state::input::Input, &std::time::Duration)| json!({"created_at": timestamp(*added), "input": input.json(&app.concepts, &call.app, call.now)});
    Ok(Content::ok(json!({"dataset_inputs": page.of(inputs).map(one).collect::<Vec<_>>()})))
}

/// Inputs that are not in the dataset are ignored, because the result is the same.
pub(super) fn remove_inputs(call: &Call<'_>, id: &str) -> RouteResult {
    let body = call.json()?;
    let ids = call.items(&body, "input_ids", bad_dataset)?;
    let mut locked = call.lock();
    let dataset = locked.app().datasets.get_mut(id).ok_or_else(|| Refusal::missing("dataset_id", id))?;
    dataset.inputs.retain(|(input, _)| !ids.iter().any(|id| id == input.as_str()));
    Ok(Content::ok(json!({})))
}
