//! `models/{id}/inputs`: what a model can learn from, or what a version of it did learn from.

use serde_json::json;

use crate::answer::{Answer, Content};
use crate::call::Call;
use crate::routes::models::exists;

pub(super) fn list(call: &Call<'_>, id: &str, version: Option<&str>) -> Answer {
    let page = call.page()?;
    exists(call, id, version)?;
    let mut held = call.hold();
    let app = held.app();
    let Some(model) = app.models.get(id) else {
        return Ok(Content::ok(json!({"inputs": []})));
    };
    let version = version.and_then(|version| model.version(version));
    let inputs = app.inputs.newest().filter(|input| match version {
        Some(version) => version.inputs.contains(&input.id),
        None => model.concepts.iter().any(|concept| input.said(concept).is_some()),
    });
    let inputs: Vec<_> = page.of(inputs).map(|input| input.json(app, &call.app, call.now)).collect();
    Ok(Content::ok(json!({"inputs": inputs})))
}
