//! `models/{id}/outputs`: what a model says of inputs, public or the application's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::StatusCode;

use crate::answer::{Answer, Refusal};
use crate::call::Call;
use crate::predict::{Eye, Subject, predict};

pub(super) fn create(call: &Call<'_>, id: &str, version: Option<&str>) -> Answer {
    let subject = subject(call, id, version)?;
    predict(call, &subject)
}

/// The model that is meant: the application's own before a public one. Its latest trained version unless one is named.
pub(super) fn subject(call: &Call<'_>, id: &str, version: Option<&str>) -> Result<Subject, Refusal> {
    let no_version = |version| Refusal::missing("version_id", version);
    let mut held = call.hold();
    let app = held.app();
    let Some(model) = app.models.get(id) else {
        let entry = call.public_model(id).ok_or_else(|| Refusal::no_model(id))?;
        return match version {
            Some(version) if version != entry.version => Err(no_version(version)),
            _ => Ok(Subject::public(entry, id)),
        };
    };
    let chosen = match version {
        Some(version) => model.version(version).ok_or_else(|| no_version(version))?,
        None => model.trained(call.now).or(model.versions.last()).ok_or_else(|| no_version(""))?,
    };
    let Some(classifier) = chosen.classifier(call.now) else {
        let (code, description) = chosen.status(call.now);
        let details = format!("The version '{}' of the model '{id}' is not trained.", chosen.id);
        return Err(Refusal::new(StatusCode::BAD_REQUEST, code, description, details));
    };
    let name = |id: &String| app.concepts.get(id).map_or_else(|| id.clone(), |concept| concept.name.clone());
    let names: BTreeMap<_, _> = chosen.concepts.iter().map(|id| (id.clone(), name(id))).collect();
    let eye = Eye::Taught { classifier: Arc::clone(classifier), names, app: call.app.app.clone() };
    Ok(Subject { eye, json: model.json(&call.app, Some(chosen), call.now) })
}
