//! `inputs`: pictures and videos, taken at once, processed and deleted a while later.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Content, Refusal, status, timestamp};
use crate::call::{Call, Held, PICTURES, text};
use crate::geo::Point;
use crate::media::{Unusable, decode};
use crate::rules::Duplicates;
use crate::state::App;
use crate::state::concept::value;
use crate::state::input::{Input, Seen};

/// The code for an input that is there already.
const DUPLICATE: u32 = 30100;

/// What is known of an item before the state is looked at: its bytes and what is seen in them, or what is wrong.
struct Looked {
    bytes: Bytes,
    seen: Result<Arc<Seen>, Unusable>,
}

pub(super) fn create(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let items = call.items(&body, "inputs", Refusal::bad_input)?;
    // Looking takes time, which others need not wait for.
    let looked: Vec<_> = items.iter().map(|item| look(call, &item["data"])).collect();
    let mut held = call.hold();
    let mut failed = 0;
    let mut answers = Vec::with_capacity(items.len());
    for (item, looked) in items.iter().zip(looked) {
        let id = text(item, "id").map_or_else(|| held.new_id(), str::to_owned);
        // A double is an input of its own, and has an id of its own.
        let doubles = call.simulator.duplicates == Duplicates::Double && held.app().inputs.contains(&id);
        let own = doubles.then(|| held.new_id());
        let stored = own.as_deref().unwrap_or(&id);
        let refused = match looked.and_then(|looked| add(call, held.app(), stored, item, looked, doubles)) {
            Ok((input, there)) => {
                answers.push(input);
                there
            }
            Err(Unusable(code, description, details)) => {
                failed += 1;
                answers.push(json!({
                    "id": id,
                    "data": answered(&item["data"], None),
                    "created_at": timestamp(call.now),
                    "status": status(code, description, &details),
                }));
                code
            }
        };
        // Items that are wrong in themselves were never near the state.
        if refused == 0 || refused == DUPLICATE {
            held.note(call.now, "create", "input", &id, item, refused);
        }
    }
    Ok(Content::by_item(failed, items.len(), json!({"inputs": answers})))
}

/// Fetches and looks. What is wrong with the request itself is an error, what is wrong with the medium comes later.
fn look(call: &Call<'_>, data: &Value) -> Result<Looked, Unusable> {
    let later = |failure: Unusable| match failure.0 {
        30002 | 30101 => Ok(failure),
        _ => Err(failure),
    };
    let bytes = match call.fetch(data) {
        Ok(bytes) => bytes,
        Err(failure) => return Ok(Looked { bytes: Bytes::new(), seen: Err(later(failure)?) }),
    };
    let seen = match decode(data, &bytes, &call.simulator.limits.picture) {
        Ok(medium) => Seen::of(&medium)
            .map(Arc::new)
            .ok_or_else(|| Unusable(30101, "Input has an unsupported format", "There is no frame.".to_owned())),
        Err(failure) => Err(later(failure)?),
    };
    Ok(Looked { bytes, seen })
}

/// Adds an input. Gives it as JSON, and the code it was not added for: 0, or that of an id that is there already.
fn add(
    call: &Call<'_>,
    app: &mut App,
    id: &str,
    item: &Value,
    looked: Looked,
    doubles: bool,
) -> Result<(Value, u32), Unusable> {
    let data = &item["data"];
    if let Some(there) = app.inputs.get(id) {
        return match call.simulator.duplicates {
            Duplicates::Ignore => Ok((there.json(app, &call.app, call.now), DUPLICATE)),
            _ => Err(Unusable(DUPLICATE, "Duplicate ID in this app", "An input has a duplicate ID".to_owned())),
        };
    }
    let medium = &data[if data.get("image").is_some() { "image" } else { "video" }];
    let url = text(medium, "url").map(str::trim).filter(|_| !doubles && medium["allow_duplicate_url"] != true);
    // An address that failed may be tried again.
    let holds = |input: &&Input| input.is_pending(call.now) || input.failure.is_none();
    if let Some(other) = url.and_then(|url| app.inputs.with_url(url).find(holds)) {
        let details = format!("The input '{}' has the same URL; allow_duplicate_url would allow it.", other.id);
        return Err(Unusable(DUPLICATE, "Duplicate URL in this app", details));
    }
    let concepts = concepts(data)?;
    check(data)?;
    meet(app, data, call);
    let (seen, failure) = match looked.seen {
        Ok(seen) => (Some(seen), None),
        Err(failure) => (None, Some(failure.into())),
    };
    let input = Input {
        id: id.to_owned(),
        serial: app.next_serial(),
        data: answered(data, Some(id)),
        concepts,
        corrections: std::collections::BTreeMap::new(),
        created: call.now,
        modified: call.now,
        ready: call.now.saturating_add(call.simulator.delays.processing),
        failure,
        gone: None,
        bytes: looked.bytes,
        seen,
    };
    let json = input.json(app, &call.app, call.now);
    app.inputs.insert(input);
    Ok((json, 0))
}

/// Refuses what cannot be kept: a place that is none, and lists and objects that are something else.
fn check(data: &Value) -> Result<(), Unusable> {
    let bad = |details: &str| Err(Unusable(30104, "Input has invalid argument", details.to_owned()));
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

/// The data of an input as it is kept and answered: bytes become an address.
fn answered(data: &Value, id: Option<&str>) -> Value {
    let mut kept = Map::new();
    for name in ["image", "video"] {
        let Some(medium) = data[name].as_object() else { continue };
        let mut medium = medium.clone();
        medium.retain(|_, value| !value.is_null());
        if let (Some(_), Some(id)) = (medium.remove("base64"), id) {
            let id = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
            medium.insert("url".to_owned(), format!("{PICTURES}{id}").into());
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
    // A limit belongs to a search; what has a place is there and nowhere else.
    if let Some(point) = data["geo"].get("geo_point") {
        kept.insert("geo".to_owned(), json!({"geo_point": point}));
    }
    kept.into()
}

/// The concepts of an input's data; the last word counts.
fn concepts(data: &Value) -> Result<Vec<(String, f64)>, Unusable> {
    let mut concepts = Vec::new();
    for concept in data["concepts"].as_array().into_iter().flatten() {
        let id = text(concept, "id")
            .or_else(|| text(concept, "name"))
            .ok_or_else(|| Unusable(30104, "Input has invalid argument", "A concept needs an id.".to_owned()))?;
        say(&mut concepts, id, value(concept));
    }
    Ok(concepts)
}

fn say(concepts: &mut Vec<(String, f64)>, id: &str, value: f64) {
    match concepts.iter_mut().find(|(known, _)| known == id) {
        Some((_, said)) => *said = value,
        None => concepts.push((id.to_owned(), value)),
    }
}

/// Brings the concepts into being that are mentioned in an input's data, or in its regions.
fn meet(app: &mut App, data: &Value, call: &Call<'_>) {
    let list = |data: &Value| data["concepts"].as_array().cloned().unwrap_or_default();
    let regions = data["regions"].as_array().into_iter().flatten();
    for concept in list(data).into_iter().chain(regions.flat_map(|region| list(&region["data"]))) {
        if let Some(id) = text(&concept, "id").or_else(|| text(&concept, "name")) {
            app.meet(id, text(&concept, "name"), call.now);
        }
    }
}

/// The newest first.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let mut held = call.hold();
    let app = held.app();
    let ids = page.of(app.inputs.newest_ids());
    let inputs: Vec<_> =
        ids.filter_map(|(_, id)| app.inputs.get(id)).map(|input| input.json(app, &call.app, call.now)).collect();
    Ok(Content::ok(json!({"inputs": inputs})))
}

pub(super) fn get(call: &Call<'_>, id: &str) -> Answer {
    let mut held = call.hold();
    let app = held.app();
    let input = app.inputs.get(id).ok_or_else(|| Refusal::no_input(id))?;
    Ok(Content::ok(json!({"input": input.json(app, &call.app, call.now)})))
}

/// How many are processed, waiting and failed.
pub(super) fn counts(call: &Call<'_>) -> Content {
    let mut held = call.hold();
    let inputs: Vec<_> = held.app().inputs.iter().collect();
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

pub(super) fn patch(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let items = call.items(&body, "inputs", Refusal::bad_input)?;
    let action = match body["action"].as_str() {
        None | Some("merge") => Action::Merge,
        Some("overwrite") => Action::Overwrite,
        Some("remove") => Action::Remove,
        Some(other) => return Err(Refusal::bad_input(format!("The action '{other}' is none for inputs."))),
    };
    let mut held = call.hold();
    let mut failed = 0;
    let mut answers = Vec::with_capacity(items.len());
    for item in items {
        let id = text(item, "id").unwrap_or_default();
        match patch_one(call, &mut held, id, &item["data"], action) {
            Ok(input) => {
                answers.push(input);
                held.note(call.now, "patch", "input", id, item, 0);
            }
            Err(Unusable(code, description, details)) => {
                failed += 1;
                answers.push(json!({"id": id, "data": {}, "status": status(code, description, &details)}));
            }
        }
    }
    Ok(Content::by_item(failed, items.len(), json!({"inputs": answers})))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Merge,
    Overwrite,
    Remove,
}

fn patch_one(call: &Call<'_>, held: &mut Held<'_>, id: &str, data: &Value, action: Action) -> Result<Value, Unusable> {
    let app = held.app();
    let missing = || Unusable(30102, "Input does not exist", format!("No input '{id}' in this app."));
    let mut input = app.inputs.get(id).cloned().ok_or_else(missing)?;
    let concepts = concepts(data)?;
    if action != Action::Remove {
        check(data)?;
        meet(app, data, call);
    }
    match action {
        Action::Merge => concepts.iter().for_each(|(id, value)| say(&mut input.concepts, id, *value)),
        Action::Remove => input.concepts.retain(|(id, _)| !concepts.iter().any(|(named, _)| named == id)),
        Action::Overwrite if data["concepts"].is_array() => input.concepts = concepts,
        Action::Overwrite => {}
    }
    for name in ["metadata", "geo", "regions"] {
        let Some(new) = data.get(name).filter(|new| !new.is_null()) else { continue };
        let Some(kept) = input.data.as_object_mut() else { continue };
        match action {
            // A limit belongs to a search; what has a place is there and nowhere else.
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
    let mut json = input.json(app, &call.app, call.now);
    json["status"] = status(30200, "Input modified", "");
    app.inputs.insert(input);
    Ok(json)
}

/// Objects are merged member by member, lists grow, items with an id take the place of those with the same one, and
/// anything else is replaced.
fn merge(kept: &mut Value, new: &Value) {
    match (kept, new) {
        (Value::Object(kept), Value::Object(new)) => {
            for (key, new) in new {
                merge(kept.entry(key).or_insert(Value::Null), new);
            }
        }
        (Value::Array(kept), Value::Array(new)) => {
            for item in new {
                let same = |other: &&mut Value| item.get("id").is_some_and(|id| other.get("id") == Some(id));
                match kept.iter_mut().find(same) {
                    Some(known) => merge(known, item),
                    None => kept.push(item.clone()),
                }
            }
        }
        (kept, new) => *kept = new.clone(),
    }
}

/// Takes away what is named: members of objects, and items of lists by id, or else by being equal.
fn remove(kept: &mut Value, named: &Value) {
    match (kept, named) {
        (Value::Object(kept), Value::Object(named)) => {
            for (key, named) in named {
                match kept.get_mut(key) {
                    Some(inner) if inner.is_object() && named.as_object().is_some_and(|named| !named.is_empty()) => {
                        remove(inner, named);
                    }
                    _ => {
                        kept.remove(key);
                    }
                }
            }
        }
        (Value::Array(kept), Value::Array(named)) => kept.retain(|item| {
            let same = |other: &Value| match other.get("id") {
                Some(id) => item.get("id") == Some(id),
                None => item == other,
            };
            !named.iter().any(same)
        }),
        _ => {}
    }
}

pub(super) fn delete(call: &Call<'_>, id: &str) -> Answer {
    let mut held = call.hold();
    if !held.app().inputs.contains(id) {
        return Err(Refusal::no_input(id));
    }
    end(call, &mut held, id);
    Ok(Content::ok(json!({})))
}

/// Ids that nothing has are passed over: what shall be gone is gone.
pub(super) fn delete_many(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let ids = call.ids_to_delete(&body, Refusal::bad_input)?;
    let mut held = call.hold();
    let ids = ids.unwrap_or_else(|| held.app().inputs.iter().map(|input| input.id.clone()).collect());
    for id in ids {
        end(call, &mut held, &id);
    }
    Ok(if call.scoped { Content::accepted(json!({})) } else { Content::ok(json!({})) })
}

fn end(call: &Call<'_>, held: &mut Held<'_>, id: &str) {
    let gone = call.now.saturating_add(call.simulator.delays.deleting);
    if held.app().inputs.delete(id, gone) {
        held.note(call.now, "delete", "input", id, &Value::Null, 0);
    }
}
