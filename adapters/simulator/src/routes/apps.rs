//! `apps`: create, list, get, patch and delete.
//!
//! Any application can be used without being created, so that a test need not begin with it. Those that were used are
//! listed as well.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::call::{Call, text};
use crate::json_patch::{Action, merge, remove};
use crate::response::{Content, Refusal, RouteResult};
use crate::state::app_facts::AppFacts;
use crate::state::app_name::AppName;

fn bad_app(details: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, 11102, "Invalid request", details)
}

/// Returns the members of an application besides its id.
fn members(item: &Value) -> Map<String, Value> {
    const KNOWN: [&str; 7] =
        ["description", "notes", "metadata", "visibility", "default_language", "default_workflow", "sample_ms"];
    let known = |(key, value): (&String, &Value)| {
        (KNOWN.contains(&key.as_str()) && !value.is_null()).then(|| (key.clone(), value.clone()))
    };
    item.as_object().into_iter().flatten().filter_map(known).collect()
}

/// Returns the name of an application of a user in the path.
fn name(call: &Call<'_>, user: &str, app: &str) -> AppName {
    let user = if user == "me" { call.caller() } else { user };
    AppName { user: user.to_owned(), app: app.to_owned() }
}

/// Refuses changes to the applications of others.
fn check_owner(call: &Call<'_>, user: &str) -> Result<(), Refusal> {
    match user == "me" || user == call.caller() {
        true => Ok(()),
        false => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            11007,
            "Insufficient scopes",
            format!("The caller does not own the apps of the user '{user}'."),
        )),
    }
}

/// Creates all of the applications or none: single ones have no status.
pub(super) fn create(call: &Call<'_>, user: &str) -> RouteResult {
    check_owner(call, user)?;
    let body = call.json()?;
    let items = call.items(&body, "apps", bad_app)?;
    let mut state = call.world.lock();
    let mut names: Vec<(AppName, &Value)> = Vec::with_capacity(items.len());
    for item in items {
        let id = text(item, "id").ok_or_else(|| bad_app("An app needs an id."))?;
        if id.chars().count() > 48 {
            return Err(bad_app("The id of an app has at most 48 characters."));
        }
        let name = name(call, user, id);
        let exists = state.apps.get(&name.key()).is_some_and(|app| app.facts.is_some());
        if exists || names.iter().any(|(other, _)| *other == name) {
            state.record(call.now, name.key(), ["create", "app", id], item, 11102);
            return Err(bad_app(format!("An app with the ID '{id}' already exists.")));
        }
        names.push((name, item));
    }
    let mut apps = Vec::with_capacity(names.len());
    for (name, item) in names {
        let facts = AppFacts { members: members(item), created: call.now, modified: call.now };
        apps.push(facts.json(&name));
        state.apps.entry(name.key()).or_default().facts = Some(facts);
        state.record(call.now, name.key(), ["create", "app", &name.app], item, 0);
    }
    Ok(Content::ok(json!({"apps": apps})))
}

/// By id. The application of an API key, which has the id of the caller, is not listed.
pub(super) fn list(call: &Call<'_>, user: &str) -> RouteResult {
    let page = call.page()?;
    let wanted = call.query_values("search").into_iter().next().unwrap_or_default().to_lowercase();
    let owner = name(call, user, "").user;
    let state = call.world.lock();
    let of_owner = state.apps.iter().filter_map(|(key, app)| {
        let id = key.strip_prefix(&owner)?.strip_prefix('/')?;
        (id != owner).then(|| (AppName { user: owner.clone(), app: id.to_owned() }, app))
    });
    let none = AppFacts::default();
    let mut apps: Vec<_> = of_owner
        .map(|(name, app)| app.facts.as_ref().unwrap_or(&none).json(&name))
        .filter(|app| {
            ["id", "description", "notes"]
                .iter()
                .any(|key| app[*key].as_str().is_some_and(|text| text.to_lowercase().contains(&wanted)))
        })
        .collect();
    if call.query_flag("sort_by_created_at") {
        apps.sort_by(|one, other| one["created_at"].as_str().cmp(&other["created_at"].as_str()));
    }
    if call.query_values("sort_ascending").iter().any(|value| value == "false") {
        apps.reverse();
    }
    let apps: Vec<_> = page.of(apps).collect();
    Ok(Content::ok(json!({"apps": apps})))
}

pub(super) fn get(call: &Call<'_>) -> RouteResult {
    let state = call.world.lock();
    let app = state.apps.get(&call.app.key()).ok_or_else(|| Refusal::missing("app_id", &call.app.app))?;
    Ok(Content::ok(json!({"app": app.facts.clone().unwrap_or_default().json(&call.app)})))
}

pub(super) fn patch(call: &Call<'_>) -> RouteResult {
    check_owner(call, &call.app.user)?;
    let body = call.json()?;
    let action = Action::read(&body, bad_app)?;
    let mut state = call.world.lock();
    let key = call.app.key();
    let app = state.apps.get_mut(&key).ok_or_else(|| Refusal::missing("app_id", &call.app.app))?;
    let facts = app.facts.get_or_insert_default();
    for (member, new) in members(&body["app"]) {
        match action {
            Action::Merge => merge(facts.members.entry(member).or_insert(Value::Null), &new),
            Action::Overwrite => _ = facts.members.insert(member, new),
            Action::Remove => match facts.members.get_mut(&member) {
                Some(kept) if kept.is_object() => remove(kept, &new),
                _ => _ = facts.members.remove(&member),
            },
        }
    }
    facts.modified = call.now;
    let json = facts.json(&call.app);
    state.record(call.now, key, ["patch", "app", &call.app.app], &body["app"], 0);
    Ok(Content::ok(json!({"app": json})))
}

/// Deletes the application and everything in it.
pub(super) fn delete(call: &Call<'_>) -> RouteResult {
    check_owner(call, &call.app.user)?;
    let mut state = call.world.lock();
    let key = call.app.key();
    state.apps.remove(&key).ok_or_else(|| Refusal::missing("app_id", &call.app.app))?;
    state.record(call.now, key, ["delete", "app", &call.app.app], &Value::Null, 0);
    Ok(Content::ok(json!({})))
}
