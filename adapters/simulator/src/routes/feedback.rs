//! `models/{id}/feedback` and `searches/feedback`: stored as sent, without any effect.

use serde_json::{Value, json};

use crate::call::Call;
use crate::response::{Content, Refusal, RouteResult};
use crate::routes::models::require;

pub(super) fn of_model(call: &Call<'_>, id: &str, version: Option<&str>) -> RouteResult {
    require(call, id, version)?;
    store(call, "model", id)
}

pub(super) fn of_search(call: &Call<'_>) -> RouteResult {
    let body = call.json()?;
    let search = body["input"]["feedback_info"]["search_id"].as_str().unwrap_or_default();
    store(call, "search", search)
}

fn store(call: &Call<'_>, kind: &str, id: &str) -> RouteResult {
    let body = call.json()?;
    let input = body.get("input").filter(|input| Value::is_object(input));
    input.ok_or_else(|| Refusal::bad_format("Must supply the 'input' field. Check the JSON body of your request."))?;
    let mut locked = call.lock();
    locked.record(call.now, "feedback", kind, id, &body, 0);
    locked.app().feedback.push(body);
    Ok(Content::ok(json!({})))
}
