//! `models/{id}/outputs`: predictions of a public model or one of the application's.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::StatusCode;

use crate::call::Call;
use crate::predict::{Predictor, ResolvedModel, predict};
use crate::response::{Refusal, RouteResult};

pub(super) fn create(call: &Call<'_>, id: &str, version: Option<&str>) -> RouteResult {
    let model = resolve(call, id, version)?;
    predict(call, &model)
}

/// Finds a model, first in the application and then among the public ones. The default version is the latest trained
/// one.
pub(super) fn resolve(call: &Call<'_>, id: &str, version: Option<&str>) -> Result<ResolvedModel, Refusal> {
    let no_version = |version| Refusal::missing("version_id", version);
    let mut locked = call.lock();
    let app = locked.app();
    let Some(model) = app.models.get(id) else {
        let public = call.public_model(id).ok_or_else(|| Refusal::no_model(id))?;
        return match version {
            Some(version) if version != public.version(call.recognition()) => Err(no_version(version)),
            _ => Ok(ResolvedModel::public(public, id, call.recognition())),
        };
    };
    let chosen = match version {
        Some(version) => model.version(version).ok_or_else(|| no_version(version))?,
        None => model.latest_trained(call.now).or(model.versions.last()).ok_or_else(|| no_version(""))?,
    };
    let Some(classifier) = chosen.classifier(call.now) else {
        let (code, description) = chosen.status(call.now);
        let details = format!("The version '{}' of the model '{id}' is not trained.", chosen.id);
        return Err(Refusal::new(StatusCode::BAD_REQUEST, code, description, details));
    };
    let name = |id: &String| app.concepts.get(id).map_or_else(|| id.clone(), |concept| concept.name.clone());
    let names: BTreeMap<_, _> = chosen.concepts.iter().map(|id| (id.clone(), name(id))).collect();
    let predictor = Predictor::Trained { classifier: Arc::clone(classifier), names, app: call.app.app.clone() };
    Ok(ResolvedModel { predictor, json: model.json(&call.app, Some(chosen), call.now) })
}
