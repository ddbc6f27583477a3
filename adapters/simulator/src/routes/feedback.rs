//! `models/{id}/feedback` and `searches/feedback`: taken and remembered.

use serde_json::{Value, json};

use crate::answer::{Answer, Content, Refusal};
use crate::call::Call;
use crate::routes::models::exists;

pub(super) fn of_model(call: &Call<'_>, id: &str, version: Option<&str>) -> Answer {
    exists(call, id, version)?;
    remember(call, "model", id)
}

pub(super) fn of_search(call: &Call<'_>) -> Answer {
    let body = call.json()?;
    let search = body["input"]["feedback_info"]["search_id"].as_str().unwrap_or_default();
    remember(call, "search", search)
}

fn remember(call: &Call<'_>, kind: &str, id: &str) -> Answer {
    let body = call.json()?;
    let input = body.get("input").filter(|input| Value::is_object(input));
    input.ok_or_else(|| Refusal::bad_format("Must supply the 'input' field. Check the JSON body of your request."))?;
    let mut held = call.hold();
    held.note(call.now, "feedback", kind, id, &body, 0);
    held.app().feedback.push(body);
    Ok(Content::ok(json!({})))
}
