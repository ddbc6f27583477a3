//! `models/{id}/inputs`: the inputs annotated with a model's concepts, or those a version was trained with.

use serde_json::json;

use crate::call::Call;
use crate::response::{Content, RouteResult};
use crate::routes::models::require;

pub(super) fn list(call: &Call<'_>, id: &str, version: Option<&str>) -> RouteResult {
    let page = call.page()?;
    require(call, id, version)?;
    let mut locked = call.lock();
    let app = locked.app();
    let Some(model) = app.models.get(id) else {
        return Ok(Content::ok(json!({"inputs": []})));
    };
    let version = version.and_then(|version| model.version(version));
    let inputs = app.inputs.newest().filter(|input| match version {
        Some(version) => version.inputs.contains(&input.id),
        None => model.concepts.iter().any(|concept| input.concept_value(concept).is_some()),
    });
    let inputs: Vec<_> = page.of(inputs).map(|input| input.json(&app.concepts, &call.app, call.now)).collect();
    Ok(Content::ok(json!({"inputs": inputs})))
}
