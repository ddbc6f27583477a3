//! `inputs`: images and videos. They are stored at once; processing and deletion end after a delay.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::add_jobs;
use crate::call::{Call, text};
use crate::geo::Point;
use crate::json_patch::{Action, merge, remove};
use crate::media::{InputError, decode};
use crate::parallel;
use crate::response::{Content, Refusal, RouteResult, status, timestamp};
use crate::rules::Duplicates;
use crate::state::Config;
use crate::state::concept::{numbers, value};
use crate::state::input::{Analysis, Input, still};
use crate::state::ledger::fnv;
use crate::stored_images;
use crate::world::LockedApp;

/// The code for an input whose id or URL already exists.
const DUPLICATE: u32 = 30100;

/// An input that was fetched and decoded before the state is locked. A failure fails the processing later.
struct Prepared {
    bytes: Bytes,
    failure: Option<InputError>,
}

pub(super) fn create(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let items = call.items(&body, "inputs", Refusal::bad_input)?;
    // Decoding takes time: it must not block other calls, so it comes before the lock.
    let prepared = parallel::map(items, |item| prepare(call, &item["data"]));
    let conflict = body["input_id_conflict_resolution"].as_u64().unwrap_or(0);
    let mut locked = call.lock();
    let mut failed = 0;
    let mut results = Vec::with_capacity(items.len());
    let mut stored_ids = Vec::new();
    for (item, prepared) in items.iter().zip(prepared) {
        let id = text(item, "id").map_or_else(|| locked.new_id(), str::to_owned);
        // With `Duplicates::Double` a repeated input is stored as a new one under a new id.
        let doubles = call.world.rules.duplicates == Duplicates::Double && locked.app().inputs.contains(&id);
        let exists = locked.app().inputs.contains(&id);
        let own = match conflict {
            // The service puts a suffix behind an id that exists already.
            2 if exists => Some(format!("{id}-{}", &locked.new_id()[..8])),
            _ => doubles.then(|| locked.new_id()),
        };
        let stored = own.as_deref().unwrap_or(&id);
        let accepted = check_id(&id).and_then(|()| check_datasets(locked.app(), item)).and(prepared);
        let added = match accepted {
            // An input to skip is returned as it is stored.
            Ok(_) if conflict == 1 && exists => Ok(skipped(call, locked.app(), &id)),
            accepted => accepted.and_then(|prepared| add(call, locked.app(), stored, item, prepared, doubles)),
        };
        let refused = match added {
            Ok((input, refused)) => {
                results.push(input);
                if refused == 0 {
                    add_to_datasets(call, locked.app(), item, stored);
                    stored_ids.push(stored.to_owned());
                }
                refused
            }
            Err(InputError(code, description, details)) => {
                failed += 1;
                results.push(json!({
                    "id": id,
                    "data": stored_data(call, &item["data"], None),
                    "created_at": timestamp(call.now),
                    "status": status(code, description, &details),
                }));
                code
            }
        };
        // The ledger records only created inputs and refused duplicates, not invalid items.
        if refused == 0 || refused == DUPLICATE {
            locked.record(call.now, "create", "input", &id, item, refused);
        }
    }
    let mut members = json!({"inputs": results});
    if let Some(id) = text(&body, "inputs_add_job_id") {
        let refused = items.len() - stored_ids.len();
        members["inputs_add_job"] = add_jobs::add(call, locked.app(), id, stored_ids, refused);
    }
    Ok(Content::by_item(failed, items.len(), members))
}

/// Checks the length of an id. The service refuses longer ones.
fn check_id(id: &str) -> Result<(), InputError> {
    match id.chars().count() {
        0..=48 => Ok(()),
        count => Err(InputError(
            39999,
            "Invalid request for inputs",
            format!("The id has {count} characters, the maximum is 48."),
        )),
    }
}

/// Checks that the datasets of an input exist.
fn check_datasets(app: &Config, item: &Value) -> Result<(), InputError> {
    let ids = item["dataset_ids"].as_array().into_iter().flatten().filter_map(Value::as_str);
    match ids.into_iter().find(|id| !app.datasets.contains_key(*id)) {
        None => Ok(()),
        Some(id) => Err(InputError(30104, "Input has invalid argument", format!("There is no dataset '{id}'."))),
    }
}

fn add_to_datasets(call: &Call<'_>, app: &mut Config, item: &Value, input: &str) {
    for id in item["dataset_ids"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if let Some(dataset) = app.datasets.get_mut(id).filter(|dataset| !dataset.contains(input)) {
            dataset.inputs.push((input.to_owned(), call.now));
        }
    }
}

/// Returns the stored input in the place of one that is skipped.
fn skipped(call: &Call<'_>, app: &Config, id: &str) -> (Value, u32) {
    let stored = app.inputs.get(id).map(|input| input.json(&app.concepts, &call.app, call.now));
    (stored.unwrap_or_default(), DUPLICATE)
}

/// Fetches and decodes an input. An invalid request is an error at once; a failed download or an unsupported format
/// fails the processing later.
fn prepare(call: &Call<'_>, data: &Value) -> Result<Prepared, InputError> {
    let later = |failure: InputError| match failure.0 {
        30002 | 30101 => Ok(failure),
        _ => Err(failure),
    };
    let bytes = match call.fetch(data) {
        Ok(bytes) => bytes,
        Err(failure) => return Ok(Prepared { bytes: Bytes::new(), failure: Some(later(failure)?) }),
    };
    let failure = match decode(data, &bytes, &call.world.rules.limits.image) {
        Ok(medium) if still(&medium).is_some() => None,
        Ok(_) => Some(InputError(30101, "Input has an unsupported format", "The video has no frames.".to_owned())),
        Err(failure) => Some(later(failure)?),
    };
    Ok(Prepared { bytes, failure })
}

/// Adds an input. Returns it as JSON, and 0 or, if it was ignored as a duplicate, the code for that.
fn add(
    call: &Call<'_>,
    app: &mut Config,
    id: &str,
    item: &Value,
    prepared: Prepared,
    doubles: bool,
) -> Result<(Value, u32), InputError> {
    let data = &item["data"];
    if let Some(existing) = app.inputs.get(id) {
        return match call.world.rules.duplicates {
            Duplicates::Ignore => Ok((existing.json(&app.concepts, &call.app, call.now), DUPLICATE)),
            _ => Err(InputError(DUPLICATE, "Duplicate ID in this app", "An input has a duplicate ID".to_owned())),
        };
    }
    let medium = &data[if data.get("image").is_some() { "image" } else { "video" }];
    let url = text(medium, "url").map(str::trim).filter(|_| !doubles && medium["allow_duplicate_url"] != true);
    // A URL whose processing failed may be sent again.
    let holds = |input: &&Input| input.is_pending(call.now) || input.failure.is_none();
    if let Some(other) = url.and_then(|url| app.inputs.with_url(url).find(holds)) {
        let details = format!("The input '{}' has the same URL; allow_duplicate_url would allow it.", other.id);
        return Err(InputError(DUPLICATE, "Duplicate URL in this app", details));
    }
    let concepts = concepts(data)?;
    check(data)?;
    ensure_concepts(app, data, call);
    let input = Input {
        id: id.to_owned(),
        serial: app.next_serial(),
        data: stored_data(call, &with_region_ids(app, id, data), Some(id)),
        concepts,
        corrections: std::collections::BTreeMap::new(),
        created: call.now,
        modified: call.now,
        ready: call.now.saturating_add(call.world.rules.delays.processing),
        failure: prepared.failure.map(Into::into),
        gone: None,
        bytes: prepared.bytes,
        analysis: Arc::new(Analysis::default()),
    };
    let json = input.json(&app.concepts, &call.app, call.now);
    app.inputs.insert(input);
    Ok((json, 0))
}

/// Checks the types and ranges of `geo`, `metadata`, `concepts` and `regions`.
fn check(data: &Value) -> Result<(), InputError> {
    let bad = |details: &str| Err(InputError(30104, "Input has invalid argument", details.to_owned()));
    if !data["geo"].is_null() && Point::read(&data["geo"]).is_none() {
        return bad("geo needs a point on the globe.");
    }
    if !data["metadata"].is_null() && !data["metadata"].is_object() {
        return bad("metadata must be an object.");
    }
    if ["concepts", "regions"].iter().any(|name| !data[name].is_null() && !data[name].is_array()) {
        return bad("concepts and regions must be lists.");
    }
    Ok(())
}

/// Returns the data of an input as it is stored and returned: a URL replaces the bytes.
fn stored_data(call: &Call<'_>, data: &Value, id: Option<&str>) -> Value {
    let mut kept = Map::new();
    for name in ["image", "video"] {
        let Some(medium) = data[name].as_object() else { continue };
        let mut medium = medium.clone();
        medium.retain(|_, value| !value.is_null());
        if let (Some(_), Some(id)) = (medium.remove("base64"), id) {
            medium.insert("url".to_owned(), stored_images::url(&call.app, id).into());
        } else if let Some(url) = medium.get("url").and_then(Value::as_str).map(|url| url.trim().to_owned()) {
            medium.insert("url".to_owned(), url.into());
        }
        kept.insert(name.to_owned(), medium.into());
    }
    for name in ["metadata", "regions"] {
        if !data[name].is_null() {
            kept.insert(name.to_owned(), data[name].clone());
        }
    }
    if let Some(regions) = kept.get_mut("regions") {
        numbers(regions);
    }
    // A distance limit belongs to a search term; an input has only a point.
    if let Some(point) = data["geo"].get("geo_point") {
        kept.insert("geo".to_owned(), json!({"geo_point": point}));
    }
    kept.into()
}

/// Returns the data of an input, in which each region has an id.
fn with_region_ids(app: &mut Config, input: &str, data: &Value) -> Value {
    let mut data = data.clone();
    for region in data.get_mut("regions").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(region) = region.as_object_mut().filter(|region| !region.contains_key("id")) {
            let serial = app.next_serial();
            let half = |salt: &str| fnv(format!("{salt}{input}/{serial}").as_bytes());
            region.insert("id".to_owned(), format!("{:016x}{:016x}", half("region"), half("id")).into());
        }
    }
    data
}

/// Reads the concepts of an input's data. Of several values for one concept the last one counts.
fn concepts(data: &Value) -> Result<Vec<(String, f64)>, InputError> {
    let mut concepts = Vec::new();
    for concept in data["concepts"].as_array().into_iter().flatten() {
        let id = text(concept, "id")
            .or_else(|| text(concept, "name"))
            .ok_or_else(|| InputError(30104, "Input has invalid argument", "A concept needs an id.".to_owned()))?;
        set_concept(&mut concepts, id, value(concept));
    }
    Ok(concepts)
}

fn set_concept(concepts: &mut Vec<(String, f64)>, id: &str, value: f64) {
    match concepts.iter_mut().find(|(known, _)| known == id) {
        Some((_, old)) => *old = value,
        None => concepts.push((id.to_owned(), value)),
    }
}

/// Creates the concepts in an input's data and in its regions that do not exist.
fn ensure_concepts(app: &mut Config, data: &Value, call: &Call<'_>) {
    let list = |data: &Value| data["concepts"].as_array().cloned().unwrap_or_default();
    let regions = data["regions"].as_array().into_iter().flatten();
    for concept in list(data).into_iter().chain(regions.flat_map(|region| list(&region["data"]))) {
        if let Some(id) = text(&concept, "id").or_else(|| text(&concept, "name")) {
            app.ensure_concept(id, text(&concept, "name"), call.now);
        }
    }
}

/// Newest first.
pub(super) fn list(call: &Call<'_>) -> RouteResult {
    let page = call.page()?;
    let mut locked = call.lock();
    let app = locked.app();
    let ids = page.of(app.inputs.newest_ids());
    let inputs: Vec<_> = ids
        .filter_map(|(_, id)| app.inputs.get(id))
        .map(|input| input.json(&app.concepts, &call.app, call.now))
        .collect();
    Ok(Content::ok(json!({"inputs": inputs})))
}

/// Lists inputs after a cursor: oldest first, or by id.
pub(super) fn stream(call: &Call<'_>) -> RouteResult {
    let size = call.page()?.size;
    let after = call.query_values("last_id").into_iter().next();
    let mut locked = call.lock();
    let app = locked.app();
    let mut inputs: Vec<&Input> = app.inputs.newest().collect();
    match call.query_flag("order_by_id") {
        true => inputs.sort_by(|one, other| one.id.cmp(&other.id)),
        false => inputs.reverse(),
    }
    if call.query_flag("descending") {
        inputs.reverse();
    }
    let start = match &after {
        None => 0,
        Some(id) => {
            let place = inputs.iter().position(|input| input.id == *id);
            place.ok_or_else(|| Refusal::missing("last_id", id))? + 1
        }
    };
    let inputs = inputs.into_iter().skip(start).take(size);
    let inputs: Vec<_> = inputs.map(|input| input.json(&app.concepts, &call.app, call.now)).collect();
    Ok(Content::ok(json!({"inputs": inputs})))
}

pub(super) fn get(call: &Call<'_>, id: &str) -> RouteResult {
    let mut locked = call.lock();
    let app = locked.app();
    let input = app.inputs.get(id).ok_or_else(|| Refusal::no_input(id))?;
    Ok(Content::ok(json!({"input": input.json(&app.concepts, &call.app, call.now)})))
}

/// Counts the processed, pending and failed inputs.
pub(super) fn counts(call: &Call<'_>) -> Content {
    let mut locked = call.lock();
    let inputs: Vec<_> = locked.app().inputs.iter().collect();
    let count =
        |counts: fn(&Input, std::time::Duration) -> bool| inputs.iter().filter(|input| counts(input, call.now)).count();
    Content::ok(json!({"counts": {
        "processed": count(Input::is_processed),
        "to_process": count(Input::is_pending),
        "errors": count(|input, now| !input.is_pending(now) && input.failure.is_some()),
        "processing": 0,
        "reindexed": 0,
        "to_reindex": 0,
        "reindex_errors": 0,
        "reindexing": 0,
    }}))
}

pub(super) fn patch(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let items = call.items(&body, "inputs", Refusal::bad_input)?;
    let action = Action::read(&body, Refusal::bad_input)?;
    let mut locked = call.lock();
    let mut failed = 0;
    let mut results = Vec::with_capacity(items.len());
    for item in items {
        let id = text(item, "id").unwrap_or_default();
        match patch_one(call, &mut locked, id, &item["data"], action) {
            Ok(input) => {
                results.push(input);
                locked.record(call.now, "patch", "input", id, item, 0);
            }
            Err(InputError(code, description, details)) => {
                failed += 1;
                results.push(json!({"id": id, "data": {}, "status": status(code, description, &details)}));
            }
        }
    }
    Ok(Content::by_item(failed, items.len(), json!({"inputs": results})))
}

fn patch_one(
    call: &Call<'_>,
    locked: &mut LockedApp<'_>,
    id: &str,
    data: &Value,
    action: Action,
) -> Result<Value, InputError> {
    let app = locked.app();
    let missing = || InputError(30102, "Input does not exist", format!("No input '{id}' in this app."));
    let mut input = app.inputs.get(id).cloned().ok_or_else(missing)?;
    let concepts = concepts(data)?;
    if action != Action::Remove {
        check(data)?;
        ensure_concepts(app, data, call);
    }
    let mut data = if action == Action::Remove { data.clone() } else { with_region_ids(app, id, data) };
    if let Some(regions) = data.get_mut("regions") {
        numbers(regions);
    }
    match action {
        Action::Merge => concepts.iter().for_each(|(id, value)| set_concept(&mut input.concepts, id, *value)),
        Action::Remove => input.concepts.retain(|(id, _)| !concepts.iter().any(|(named, _)| named == id)),
        Action::Overwrite if data["concepts"].is_array() => input.concepts = concepts,
        Action::Overwrite => {}
    }
    for name in ["metadata", "geo", "regions"] {
        let Some(new) = data.get(name).filter(|new| !new.is_null()) else { continue };
        let Some(kept) = input.data.as_object_mut() else { continue };
        match action {
            // A distance limit belongs to a search term; an input has only a point.
            _ if name == "geo" && action != Action::Remove => {
                kept.insert(name.to_owned(), json!({"geo_point": new["geo_point"]}));
            }
            Action::Overwrite => {
                kept.insert(name.to_owned(), new.clone());
            }
            Action::Merge => merge(kept.entry(name).or_insert(Value::Null), new),
            Action::Remove if name == "geo" => {
                kept.remove(name);
            }
            Action::Remove => {
                if let Some(kept) = kept.get_mut(name) {
                    remove(kept, new);
                }
            }
        }
    }
    input.modified = call.now;
    let mut json = input.json(&app.concepts, &call.app, call.now);
    json["status"] = status(30200, "Input modified", "");
    app.inputs.insert(input);
    Ok(json)
}

pub(super) fn delete(call: &Call<'_>, id: &str) -> RouteResult {
    let mut locked = call.lock();
    if !locked.app().inputs.contains(id) {
        return Err(Refusal::no_input(id));
    }
    delete_one(call, &mut locked, id);
    Ok(Content::ok(json!({})))
}

/// Ids that do not exist are ignored, because the result is the same.
pub(super) fn delete_many(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let ids = call.ids_to_delete(&body, Refusal::bad_input)?;
    let mut locked = call.lock();
    let ids = ids.unwrap_or_else(|| locked.app().inputs.iter().map(|input| input.id.clone()).collect());
    for id in ids {
        delete_one(call, &mut locked, &id);
    }
    Ok(if call.scoped { Content::accepted(json!({})) } else { Content::ok(json!({})) })
}

fn delete_one(call: &Call<'_>, locked: &mut LockedApp<'_>, id: &str) {
    let gone = call.now.saturating_add(call.world.rules.delays.deleting);
    if locked.app().inputs.delete(id, gone) {
        locked.record(call.now, "delete", "input", id, &Value::Null, 0);
    }
}
