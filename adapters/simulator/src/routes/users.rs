//! `users`: who the caller is.

use serde_json::json;

use crate::call::Call;
use crate::response::{Content, Refusal, RouteResult, timestamp};

/// The caller, or Clarifai, which owns the public models. Other users do not exist.
pub(super) fn get(call: &Call<'_>, id: &str) -> RouteResult {
    let caller = call.caller();
    if id == "clarifai" {
        let user = json!({"id": id, "company_name": "Clarifai (simulated)", "visibility": {"gettable": 50}});
        return Ok(Content::ok(json!({"user": user})));
    }
    if id != "me" && id != caller {
        return Err(Refusal::missing("user_id", id));
    }
    let user = json!({
        "id": caller,
        "first_name": "Simulated",
        "last_name": "User",
        "created_at": timestamp(call.now),
        "visibility": {"gettable": 10},
        "user_detail": {"primary_email": "user@simulator.invalid"},
    });
    Ok(Content::ok(json!({"user": user})))
}
